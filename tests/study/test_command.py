"""`pixcycle study` as a person runs it: a server until Ctrl-C, and the table of what was answered."""

import csv
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from pixcycle.study import storage
from pixcycle.study.files import study_file
from pixcycle.study.storage import Study
from tests.report.results import NAMES, ROOT, Results

EXPERIMENT = "kaist-maps"
ASKED = ("--experiment", EXPERIMENT, "--scale", "rehearsal")
OTHER = {"left": "right", "right": "left"}


@pytest.fixture
def project(tmp_path, monkeypatch) -> Results:
    results = Results(tmp_path / "project", [EXPERIMENT], scale="rehearsal")
    shutil.copy(ROOT / "params.yaml", results.root)
    monkeypatch.chdir(results.root)
    return results


def test_a_study_is_served_at_the_address_that_is_printed_until_ctrl_c_ends_it_without_a_word(project):
    interruptible = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # in the background, too
    program = [sys.executable, "-c", f"{interruptible}; from pixcycle.cli import main; main()"]
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*program, "study", "serve", *ASKED, "--port", "0"], **told) as serving:
        try:
            (address,) = re.findall(r"The study is at (http://127\.0\.0\.1:\d+/)", serving.stdout.readline())
            with urlopen(address, timeout=20) as page:
                assert "I agree: begin" in page.read().decode()
            serving.send_signal(signal.SIGINT)
            assert serving.communicate(timeout=20) == ("", "")
            assert serving.returncode == 0
        finally:
            serving.kill()


def test_the_result_is_printed_and_every_answer_is_written(project, pixcycle, monkeypatch):
    monkeypatch.setattr(storage, "SHOWN_MS", 0)
    study = Study(study_file(project.plan.runs[f"{EXPERIMENT}/0"], "a_to_b", Path()), len(NAMES))
    participant, tests = study.begin(), 0
    while turn := study.turn(participant):
        tests += turn.trial.kind == "test"
        fooled = turn.trial.kind == "test" and tests <= 2
        study.show(participant, turn.token)
        study.answer(participant, turn.token, OTHER[turn.trial.real] if fooled else turn.trial.real, 0.0)
    code, printed, complained = pixcycle("study", "result", *ASKED, "--direction", "a_to_b", "--csv", "answers.csv")
    assert (code, complained) == (0, "")
    assert tests == 8 and re.search(r"^all +8 +25\.0%", printed, re.M)
    rows = list(csv.DictReader(Path("answers.csv").read_text().splitlines()))
    assert printed.endswith(f"answers.csv: {len(rows)} answers\n")
    assert sorted(row["took_generated_for_real"] for row in rows if row["kind"] == "test") == ["0"] * 6 + ["1"] * 2


@pytest.mark.parametrize("command", ["serve", "result"])
def test_what_cannot_be_served_or_counted_is_told_in_a_line(project, pixcycle, command):
    code, printed, complained = pixcycle("study", command, "--experiment", "kaist-map", "--scale", "rehearsal")
    assert (code, printed, complained.count("\n")) == (2, "", 1) and "kaist-maps" in complained
    shutil.rmtree(project.plan.runs[f"{EXPERIMENT}/0"].translated)
    code, printed, complained = pixcycle("study", command, *ASKED)
    assert (code, printed, complained.count("\n")) == (2, "", 1)
    assert complained.endswith(f"make them first: snakemake {EXPERIMENT}\n")


def test_the_result_of_a_study_that_nobody_began_names_the_command_that_serves_it(project, pixcycle):
    code, printed, complained = pixcycle("study", "result", *ASKED)
    assert (code, printed) == (2, "")
    assert complained.endswith(f"nobody was asked yet; pixcycle study serve --experiment {EXPERIMENT}\n")
