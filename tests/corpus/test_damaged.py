"""Nodes of the workflow that read damaged or replaced files name the file in one line, and run no code from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pixcycle.base.checksums import SUMS
from pixcycle.base.errors import UserError
from tests.corpus.damaged import DAMAGES, NOTES, SAFETENSORS, a_list, binary, half, rewritten
from tests.corpus.form import each, one_line
from tests.support.answers import answer
from tests.workflow.conftest import params_yaml


@contextmanager
def replaced(file: Path, content: bytes) -> Iterator[None]:
    """Replace a file of a node, and set its checksums aside, so that what reads the file has to judge it."""
    before, sums = file.read_bytes(), file.with_name(SUMS)
    aside = sums.rename(sums.with_name("aside")) if sums.exists() else None
    file.write_bytes(content)
    try:
        yield
    finally:
        file.write_bytes(before)
        if aside:
            aside.rename(sums)


@each(NOTES)
def test_commands_name_a_damaged_file_of_an_earlier_node(nodes, tmp_path, given):
    command, node, name, damage = given.make
    out = tmp_path / "again"
    file = nodes.made / nodes.outs[node] / name
    with replaced(file, damage(file.read_bytes())):
        result = answer(*nodes.command(command, out), folder=nodes.made)
    one_line(result.refusal, file.name)
    assert not out.exists() and not (nodes.made / "ran").exists()


@pytest.mark.parametrize("damage", DAMAGES["json"])
def test_runs_command_names_a_damaged_run_record(nodes, damage):
    params_yaml().dump(nodes.tree, nodes.made / "params.yaml")
    file = nodes.made / nodes.outs["train"] / "run.json"
    with replaced(file, damage(file.read_bytes())):
        one_line(answer("runs", folder=nodes.made).refusal, f"{nodes.outs['train']}/run.json")


@pytest.mark.parametrize("damage", [half, binary, a_list])
def test_translate_names_a_damaged_plan(nodes, tmp_path, damage):
    file = nodes.made / "plan.json"
    with replaced(file, damage(file.read_bytes())):
        result = answer(*nodes.command("translate", tmp_path / "again"), folder=nodes.made)
    one_line(result.refusal, "plan.json: is not a plan")


@each(SAFETENSORS)
def test_translate_names_damaged_or_mismatched_weights(nodes, tmp_path, given):
    file, out = nodes.made / nodes.outs["train"] / "final.safetensors", tmp_path / "again"
    finished = b'{"status": "finished"}'  # in a collapsed run, NaN would be expected
    with replaced(file, given.make(file.read_bytes())), replaced(file.with_name("run.json"), finished):
        result = answer(*nodes.command("translate", out), folder=nodes.made)
    one_line(result.refusal, file.name, given.expected)
    assert not out.exists() and not (nodes.made / "ran").exists()


@each(SAFETENSORS)
def test_load_segmenter_names_damaged_or_mismatched_weights(nodes, given):
    from pixcycle.evaluation.segmenter import load_segmenter

    folder = nodes.made / nodes.outs["train-segmenter"]
    file = folder / "model.safetensors"
    with replaced(file, given.make(file.read_bytes())), pytest.raises(UserError) as refused:
        load_segmenter(folder)
    one_line(str(refused.value), file.name, given.expected)
    assert not Path("ran").exists()


def test_translate_ignores_the_metadata_of_weights(nodes, tmp_path):
    file, out = nodes.made / nodes.outs["train"] / "final.safetensors", tmp_path / "again"
    with replaced(file, rewritten(lambda s: s, {"experiment": '{"method": "os.system"'})(file.read_bytes())):
        assert answer(*nodes.command("translate", out), folder=nodes.made).exit_code == 0
    images = {p.relative_to(out): p.read_bytes() for p in out.rglob("*.png")}
    expected = nodes.made / nodes.outs["translate"]
    assert images == {p.relative_to(expected): p.read_bytes() for p in expected.rglob("*.png")}
