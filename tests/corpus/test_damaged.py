"""What the nodes of the workflow read, damaged or replaced: each tells the file in one line, and none runs code."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pixcycle.errors import UserError
from tests.answers import answer
from tests.corpus.damaged import DAMAGES, NOTES, SAFETENSORS, a_list, binary, half, rewritten
from tests.corpus.form import each, one_line
from tests.workflow.conftest import params_yaml


@contextmanager
def replaced(file: Path, content: bytes) -> Iterator[None]:
    before = file.read_bytes()
    file.write_bytes(content)
    try:
        yield
    finally:
        file.write_bytes(before)


@each(NOTES)
def test_a_damaged_file_of_ours_is_told_by_its_name(nodes, tmp_path, given):
    command, node, name, damage = given.make
    out = tmp_path / "again"
    file = nodes.made / nodes.outs[node] / name
    with replaced(file, damage(file.read_bytes())):
        told = answer(*nodes.command(command, out), folder=nodes.made)
    one_line(told.refusal, file.name)
    assert not out.exists() and not (nodes.made / "ran").exists()


@pytest.mark.parametrize("damage", DAMAGES["json"])
def test_a_damaged_record_of_a_run_is_told_by_its_name_when_runs_are_listed(nodes, damage):
    params_yaml().dump(nodes.tree, nodes.made / "params.yaml")
    file = nodes.made / nodes.outs["train"] / "run.json"
    with replaced(file, damage(file.read_bytes())):
        one_line(answer("runs", folder=nodes.made).refusal, f"{nodes.outs['train']}/run.json")


@pytest.mark.parametrize("damage", [half, binary, a_list])
def test_a_damaged_plan_is_told_by_its_name(nodes, tmp_path, damage):
    file = nodes.made / "plan.json"
    with replaced(file, damage(file.read_bytes())):
        told = answer(*nodes.command("translate", tmp_path / "again"), folder=nodes.made)
    one_line(told.refusal, "plan.json: is not a plan as Snakemake writes it")


@each(SAFETENSORS)
def test_weights_of_a_run_that_are_damaged_or_others_are_told_by_their_file(nodes, tmp_path, given):
    file, out = nodes.made / nodes.outs["train"] / "final.safetensors", tmp_path / "again"
    finished = b'{"status": "finished"}'  # of a collapsed run, NaN is what was recorded
    with replaced(file, given.make(file.read_bytes())), replaced(file.with_name("run.json"), finished):
        told = answer(*nodes.command("translate", out), folder=nodes.made)
    one_line(told.refusal, file.name, given.expected)
    assert not out.exists() and not (nodes.made / "ran").exists()


@each(SAFETENSORS)
def test_weights_of_the_segmenter_that_are_damaged_or_others_are_told_by_their_file(nodes, given):
    from pixcycle.metrics.segmenter import load_segmenter

    folder = nodes.made / nodes.outs["train-segmenter"]
    file = folder / "model.safetensors"
    with replaced(file, given.make(file.read_bytes())), pytest.raises(UserError) as refused:
        load_segmenter(folder)
    one_line(str(refused.value), file.name, given.expected)
    assert not Path("ran").exists()


def test_what_the_metadata_of_weights_say_decides_nothing(nodes, tmp_path):
    file, out = nodes.made / nodes.outs["train"] / "final.safetensors", tmp_path / "again"
    with replaced(file, rewritten(lambda s: s, {"experiment": '{"method": "os.system"'})(file.read_bytes())):
        assert answer(*nodes.command("translate", out), folder=nodes.made).exit_code == 0
    made = {p.relative_to(out): p.read_bytes() for p in out.rglob("*.png")}
    right = nodes.made / nodes.outs["translate"]
    assert made == {p.relative_to(right): p.read_bytes() for p in right.rglob("*.png")}
