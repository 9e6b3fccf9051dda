"""`pixcycle study` as a user runs it: the server until Ctrl-C, and the table of results."""

import csv
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from pixcycle.base.file_lock import in_use
from pixcycle.study import storage
from pixcycle.study.files import study_file
from pixcycle.study.protocol import CHECKS, Protocol
from pixcycle.study.storage import Study
from tests.support.results import NAMES, ROOT, Results

EXPERIMENT = "kaist-maps"
OF_HORSES = "kaist-horse2zebra"
OPTIONS = ("--experiment", EXPERIMENT, "--scale", "rehearsal")
OTHER = {"left": "right", "right": "left"}


@pytest.fixture
def project(tmp_path, monkeypatch) -> Results:
    results = Results(tmp_path / "project", [EXPERIMENT, OF_HORSES], scale="rehearsal")
    shutil.copy(ROOT / "params.yaml", results.root)
    monkeypatch.chdir(results.root)
    return results


def test_study_serve_prints_its_address_and_ends_quietly_on_ctrl_c(project):
    interruptible = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # even in the background
    program = [sys.executable, "-c", f"{interruptible}; from pixcycle.cli.app import main; main()"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*program, "study", "serve", *OPTIONS, "--port", "0"], **pipes) as serving:
        try:
            (address,) = re.findall(r"The study is at (http://127\.0\.0\.1:\d+/)", serving.stdout.readline())
            with urlopen(address, timeout=20) as page:
                assert "I agree: begin" in page.read().decode()
            run = project.plan.runs[f"{EXPERIMENT}/0"]
            shown = [Path(run.prepared), Path(run.translated)]
            assert all(map(in_use, shown))  # so `pixcycle gc` keeps them
            serving.send_signal(signal.SIGINT)
            assert serving.communicate(timeout=20) == ("", "")
            assert serving.returncode == 0
            assert not any(map(in_use, shown))
        finally:
            serving.kill()


def test_study_result_prints_the_result_and_writes_every_answer(project, pixcycle, monkeypatch):
    monkeypatch.setattr(storage, "SHOWN_MS", 0)
    study = Study(study_file(project.plan.runs[f"{EXPERIMENT}/0"], "a_to_b", Path()), len(NAMES))
    participant, tests = study.begin(), 0
    while turn := study.turn(participant):
        tests += turn.trial.kind == "test"
        fooled = turn.trial.kind == "test" and tests <= 2
        study.show(participant, turn.token)
        study.answer(participant, turn.token, OTHER[turn.trial.real] if fooled else turn.trial.real, 0.0)
    code, out, err = pixcycle("study", "result", *OPTIONS, "--direction", "a_to_b", "--csv", "answers.csv")
    assert (code, err) == (0, "")
    assert tests == 8 and re.search(r"^all +8 +25\.0%", out, re.M)
    rows = list(csv.DictReader(Path("answers.csv").read_text().splitlines()))
    assert out.endswith(f"answers.csv: {len(rows)} answers\n")
    assert sorted(row["took_generated_for_real"] for row in rows if row["kind"] == "test") == ["0"] * 6 + ["1"] * 2
    Path("answers.csv").write_text("mine")
    command = ("study", "result", *OPTIONS, "--direction", "a_to_b", "--csv", "answers.csv")
    code, out, err = pixcycle(*command)
    assert code == 2 and "answers.csv exists already" in err and "--overwrite" in err
    assert Path("answers.csv").read_text() == "mine" and pixcycle(*command, "--overwrite")[0] == 0


def served(project, pixcycle, monkeypatch, *options) -> dict[str, Protocol]:
    """Return the protocol of each experiment that `study serve` serves."""
    studies = {}
    monkeypatch.setattr("pixcycle.study.server.serve", lambda served, *_: studies.update(served))
    code, _, err = pixcycle("study", "serve", "--scale", "rehearsal", *options)
    assert (code, err) == (0, "")
    return {study.of.rpartition("-0-")[0]: study.protocol for study in studies}


def test_study_serve_takes_pairing_of_maps_from_params_and_options(project, pixcycle, monkeypatch):
    options = ("--experiment", EXPERIMENT)
    assert served(project, pixcycle, monkeypatch, *options) == {EXPERIMENT: Protocol("other_input", CHECKS)}
    direction = ("--direction", "a_to_b")
    chosen = served(project, pixcycle, monkeypatch, *options, *direction, "--pairing", "same_input", "--no-checks")
    assert chosen == {EXPERIMENT: Protocol("same_input", 0)}
    code, out, err = pixcycle("study", "serve", *OPTIONS, "--no-checks")
    assert (code, out, err.count("\n")) == (2, "", 1) and "continue it with --pairing other_input, or" in err


def test_study_serve_of_several_experiments_asks_for_one_pairing(project, pixcycle, monkeypatch):
    both = ("--experiment", EXPERIMENT, "--experiment", OF_HORSES, "--direction", "a_to_b")
    code, out, err = pixcycle("study", "serve", "--scale", "rehearsal", *both)
    assert (code, out, err.count("\n")) == (2, "", 1) and "choose one with --pairing" in err
    assert EXPERIMENT in err and OF_HORSES in err
    protocols = served(project, pixcycle, monkeypatch, *both, "--pairing", "other_input")
    assert protocols == dict.fromkeys((EXPERIMENT, OF_HORSES), Protocol("other_input", CHECKS))


@pytest.mark.parametrize("command", ["serve", "result"])
def test_study_commands_report_errors_in_one_line(project, pixcycle, command):
    code, out, err = pixcycle("study", command, "--experiment", "kaist-map", "--scale", "rehearsal")
    assert (code, out, err.count("\n")) == (2, "", 1) and "kaist-maps" in err
    shutil.rmtree(project.plan.runs[f"{EXPERIMENT}/0"].translated)
    code, out, err = pixcycle("study", command, *OPTIONS)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.endswith(f": snakemake {EXPERIMENT} --cores all --config scale=rehearsal\n")


def suggested(err: str) -> dict[str, str]:
    """Return the options of the command that an error message suggests."""
    options = shlex.split(err.rpartition("start it: pixcycle study serve ")[2])
    return dict(zip(options[::2], options[1::2], strict=True))


def test_study_result_without_a_study_suggests_serve_with_the_same_options(project, pixcycle):
    code, out, err = pixcycle("study", "result", *OPTIONS)
    assert (code, out) == (2, "")
    same = {"--experiment": EXPERIMENT, "--scale": "rehearsal"}
    assert suggested(err) == same | {"--direction": "b_to_a"}
    shutil.move("params.yaml", "my params.yaml")
    more = {"--direction": "a_to_b", "--seed": "0", "--params": "my params.yaml"}
    code, out, err = pixcycle("study", "result", *OPTIONS, *(word for option in more.items() for word in option))
    assert (code, out, suggested(err)) == (2, "", same | more)


def test_study_serve_on_a_taken_port_or_unknown_host_says_so_in_one_line(project, pixcycle):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, out, err = pixcycle("study", "serve", *OPTIONS, "--port", port)
        assert (code, out, err.count("\n")) == (2, "", 1) and port in err
    code, out, err = pixcycle("study", "serve", *OPTIONS, "--host", "no such host", "--port", "0")
    assert (code, out, err.count("\n")) == (2, "", 1) and "no such host" in err


@pytest.mark.parametrize("command", ["serve", "result"])
@pytest.mark.parametrize("content", [b"", b"no database" * 100])
def test_study_commands_name_a_file_that_is_not_a_study(project, pixcycle, command, content):
    file = study_file(project.plan.runs[f"{EXPERIMENT}/0"], "a_to_b", Path())
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    code, out, err = pixcycle("study", command, *OPTIONS, "--direction", "a_to_b")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"pixcycle: {file}: is not a study file")
