"""Shell completion, requested as bash requests it."""

import os
import subprocess
import sys

import pytest

from pixcycle.params.load import load_params
from pixcycle.plan.make import make_plan
from tests.support import ROOT
from tests.support.imports import CHECKS, COMPUTES


@pytest.fixture
def offered(pixcycle, monkeypatch):
    def complete(*words: str) -> list[str]:
        monkeypatch.setenv("_PIXCYCLE_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", " ".join(["pixcycle", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        code, out, err = pixcycle()
        assert (code, err) == (0, "")
        return out.split()

    return complete


def test_completion_offers_experiments_targets_and_scales_of_params_yaml(offered, monkeypatch):
    monkeypatch.chdir(ROOT)
    params = load_params()
    ids = list(params.experiment_ids)
    assert offered("show", "") == offered("compare", "") == ids
    assert offered("show", "kth-horse") == [id for id in ids if id.startswith("kth-horse")]
    assert offered("runs", "") == list(make_plan(params).selections)
    assert offered("plan", "--scale", "") == list(params.scales)
    assert offered("study", "serve", "--experiment", "kaist") == [id for id in ids if id.startswith("kaist")]
    assert offered("plan", "--gpu", "h") == ["h200", "h100"]


def test_completion_reads_the_file_given_with_params_option(offered, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("experiments: {kth: {wolves: {}}}\nscales: {tiny: {}}")
    assert offered("show", "--params", "mine.yaml", "") == ["kth-wolves"]


@pytest.mark.parametrize("content", [None, "experiments: [", "- 1", "experiments: 3", "experiments: {ucsd: }"])
def test_completion_offers_nothing_without_a_readable_params_file(content, offered, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if content:
        (tmp_path / "params.yaml").write_text(content)
    assert offered("show", "") == offered("plan", "--scale", "") == []


def test_completion_offers_run_folders_and_directions(offered, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = tmp_path / "results/demo/ucsd/facades-l1/0-43811e86"
    run.mkdir(parents=True)
    run.with_name("1-43811e86.part").mkdir()
    (tmp_path / "copied").mkdir()
    assert offered("translate", "--run", "") == ["results/demo/ucsd/facades-l1/0-43811e86"]
    assert offered("export", "--run", "cop") == ["copied/"]
    assert offered("translate", "--direction", "") == ["a_to_b", "b_to_a"]


def test_completion_does_not_import_slow_modules():
    environment = {"_PIXCYCLE_COMPLETE": "complete_bash", "COMP_WORDS": "pixcycle show ucsd-f", "COMP_CWORD": "2"}
    program = (
        "import sys; from pixcycle.cli.app import main; sys.argv[0] = 'pixcycle'\n"
        "try: main()\n"
        "except SystemExit: print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "ucsd-facades-l1" in run.stdout
    assert not set(run.stderr.split()) & (
        COMPUTES | CHECKS - {"yaml", "pydantic"}
    )  # Typer imports pydantic to parse options
