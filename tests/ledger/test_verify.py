"""A byte changed anywhere in a node is told by `pixcycle verify`, and by the job that would read it."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from pixcycle.base.checksums import write_checksums
from tests.support.answers import answer
from tests.support.edited import edited_json

DAMAGED = {
    "train images": ("prepare", "train_B.npy", "train"),
    "test images": ("prepare", "test_A.npy", "translate"),
    "manifest": ("prepare", "manifest.json", "train"),
    "features": ("features", "A.npy", "evaluate"),
    "weights": ("train", "final.safetensors", "translate"),
    "history": ("train", "history.csv", "report"),
    "run record": ("train", "run.json", "report"),
    "sample": ("train", "samples/*/fake_A/**/*.png", "evaluate"),
    "segmenter": ("train-segmenter", "model.safetensors", "evaluate"),
    "translation": ("translate", "fake_A/**/*.png", "evaluate"),
    "metrics": ("evaluate", "", "report"),
}
"""What is damaged -> the node, the pattern of a file in its folder, and a job that reads the file."""


@pytest.fixture
def project(nodes, tmp_path) -> Path:
    """Copy of the project with all nodes, and its params.yaml."""
    copy = shutil.copytree(nodes.made, tmp_path / "project")
    (copy / "params.yaml").write_text(json.dumps(nodes.tree))
    return copy


def one_file(project: Path, node: str, pattern: str) -> Path:
    """Return the path, relative to the project, of the last file of a node that matches."""
    return max((project / node).glob(pattern)).relative_to(project) if pattern else Path(node)


def verify(project: Path) -> tuple[int, str]:
    result = answer("verify", folder=project)
    return result.exit_code, result.text


def last_digit_changed(file: Path) -> None:
    content = file.read_bytes()
    digit = max(match.start() for match in re.finditer(rb"[0-9]", content))
    file.write_bytes(content[:digit] + (b"1" if content[digit : digit + 1] != b"1" else b"2") + content[digit + 1 :])


def last_byte_changed(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def test_verify_accepts_a_project_as_it_was_made(project):
    code, text = verify(project)
    assert code == 0, text
    assert "Older versions" not in text


@pytest.mark.parametrize("what", DAMAGED)
def test_verify_and_the_next_job_name_a_damaged_file(nodes, project, what):
    node, name, reader = DAMAGED[what]
    file = one_file(project, nodes.outs[node], name)
    (last_digit_changed if file.suffix in (".json", ".csv") else last_byte_changed)(project / file)
    code, text = verify(project)
    assert (code, str(file) in text) == (2, True), text
    refusal = answer(*nodes.command(reader, project / "again" / Path(nodes.outs[reader]).name), folder=project).refusal
    assert str(file) in refusal and "rebuilt" in refusal


def test_verify_names_a_file_that_is_gone(nodes, project):
    file = one_file(project, nodes.outs["translate"], "fake_A/**/*.png")
    (project / file).unlink()
    code, text = verify(project)
    assert (code, str(file) in text) == (2, True), text


def test_verify_names_a_downloaded_image_that_changed(nodes, project):
    file = next((project / nodes.outs["fetch"]).rglob("*.png"))
    last_byte_changed(file)
    code, text = verify(project)
    assert (code, nodes.outs["fetch"] in text) == (2, True), text


def test_checksums_are_readable_by_sha256sum(nodes):
    lines = (nodes.made / nodes.outs["train"] / "SHA256SUMS").read_text().splitlines()
    assert {line[66:].partition("/")[0] for line in lines} == {
        "config.json",
        "final.safetensors",
        "history.csv",
        "samples",
    }
    assert all(re.fullmatch("[0-9a-f]{64}  .+", line) for line in lines)


def trained_with_other_digits(nodes, project: Path) -> None:
    """Replace the run by one whose weights differ in the last digits, as another machine would train it."""
    run = project / nodes.outs["train"]
    weights = load_file(run / "final.safetensors")
    first = next(name for name, values in weights.items() if values.ndim)
    original = (run / "final.safetensors").read_bytes()
    header = json.loads(original[8 : 8 + int.from_bytes(original[:8], "little")])
    weights[first] = weights[first] * np.float32(1.000001)
    save_file(weights, run / "final.safetensors", header["__metadata__"])
    write_checksums(run, "run.json")


@pytest.mark.parametrize("reader", ["evaluate", "report"])
def test_job_refuses_translations_made_with_other_weights(nodes, project, reader):
    trained_with_other_digits(nodes, project)
    refusal = answer(*nodes.command(reader, project / "again" / Path(nodes.outs[reader]).name), folder=project).refusal
    assert nodes.outs["translate"] in refusal and "other weights" in refusal
    code, text = verify(project)
    assert (code, nodes.outs["translate"] in text, nodes.outs["evaluate"] in text) == (2, True, True)


def test_report_refuses_metrics_of_other_translations(nodes, project):
    """As if an evaluation had been killed after images were translated anew."""
    with edited_json(project / nodes.outs["evaluate"]) as measured:
        measured["made_from"]["translated_sha256"] = "0" * 64
    refusal = answer(*nodes.command("report", project / "again"), folder=project).refusal
    assert nodes.outs["evaluate"] in refusal and nodes.outs["translate"] in refusal


def test_job_refuses_a_run_with_other_settings_than_its_plan(nodes, project):
    run = project / nodes.outs["train"]
    with edited_json(run / "config.json") as config:
        config["config"]["lr"] = 0.5
    for command in ("translate", "evaluate", "report"):
        refusal = answer(*nodes.command(command, project / "again"), folder=project).refusal
        assert nodes.outs["train"] in refusal and "lr" in refusal


def test_job_refuses_a_plan_of_another_recipe(nodes, project):
    with edited_json(project / "plan.json") as plan:
        plan["recipe"]["train"] += 1
    assert "did train otherwise" in answer(*nodes.command("train", project / "again"), folder=project).refusal
