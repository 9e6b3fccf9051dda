"""What the nodes of the workflow read, damaged or replaced: each tells the file in one line, and none runs code."""

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save

from pixcycle.errors import UserError
from tests.answers import answer
from tests.corpus.form import Input, each, one_line
from tests.workflow.conftest import params_yaml


@contextmanager
def replaced(file: Path, content: bytes) -> Iterator[None]:
    before = file.read_bytes()
    file.write_bytes(content)
    try:
        yield
    finally:
        file.write_bytes(before)


class Runs:
    """What runs a command where it is unpickled."""

    def __init__(self, command: str = "touch ran"):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def none(content: bytes) -> bytes:
    return b""


def binary(content: bytes) -> bytes:
    return bytes(range(256)) * 4


def pickled(content: bytes) -> bytes:
    return pickle.dumps(Runs())


def a_list(content: bytes) -> bytes:
    return b"[1, 2]"


def nested(content: bytes) -> bytes:
    return b"[" * 100_000


def object_array(content: bytes) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([Runs()], object), allow_pickle=True)
    return file.getvalue()


def claiming_array(content: bytes) -> bytes:
    return content.replace(b"'shape': (", b"'shape': (9999999", 1)


def other_columns(content: bytes) -> bytes:
    return b"epoch,step,loss\n1,2,many\n"


DAMAGES = {
    "json": [half, none, binary, a_list, nested],
    "npy": [half, pickled, object_array, claiming_array],
    "csv": [none, binary, other_columns],
}
READS = {
    ("prepare", "fetch", "fetched.json"): "json",
    ("train-segmenter", "prepare", "manifest.json"): "json",
    ("translate", "prepare", "manifest.json"): "json",
    ("evaluate", "train-segmenter", "segmenter.json"): "json",
    ("report", "evaluate", ""): "json",
    ("report", "train", "run.json"): "json",
    ("report", "train", "history.csv"): "csv",
    ("translate", "prepare", "test_B.npy"): "npy",
    ("evaluate", "features", "A.npy"): "npy",
}
NOTES = [
    Input(f"{Path(name or 'metrics.json').name} {damage.__name__} for {command}", (command, node, name, damage), name)
    for (command, node, name), kind in READS.items()
    for damage in DAMAGES[kind]
]


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


def rewritten(change: Callable[[dict], dict], metadata: dict | None = None) -> Callable[[bytes], bytes]:
    """A safetensors file of other tensors."""

    def write(content: bytes) -> bytes:
        from safetensors.torch import load

        return save(change(load(content)), metadata)

    return write


def first(state: dict, make: Callable[[torch.Tensor], torch.Tensor]) -> dict:
    """The weights with another first convolution, of the generator where there are several networks."""
    key = min((k for k, v in state.items() if v.ndim == 4), key=lambda k: not k.startswith("g."))
    return state | {key: make(state[key]).contiguous()}


def with_value(number: float) -> Callable[[bytes], bytes]:
    return rewritten(lambda state: first(state, lambda v: v.index_fill(0, torch.tensor([0]), number)))


def header_of(length: int, text: bytes = b"{}") -> Callable[[bytes], bytes]:
    return lambda content: struct.pack("<Q", length) + text


def claiming(shape: list[int], end: int) -> Callable[[bytes], bytes]:
    header = json.dumps({"g.a": {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}}).encode()
    return lambda content: struct.pack("<Q", len(header)) + header + bytes(64)


def torch_saved(value) -> bytes:
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


UNREADABLE, MISFIT, NAN = (
    "damaged, or not a safetensors file",
    "not the weights of this network",
    "holds NaN or infinity",
)
SAFETENSORS = [
    Input("cut off", half, UNREADABLE),
    Input("empty", none, UNREADABLE),
    Input("of other bytes", binary, UNREADABLE),
    Input("a pickle that runs a command", pickled, UNREADABLE),
    Input("a torch file that runs a command", lambda content: torch_saved(Runs()), UNREADABLE),
    Input("with a flipped bit in its header", lambda c: c[:20] + bytes([c[20] ^ 128]) + c[21:], UNREADABLE),
    Input("with a flipped bit in its header's length", lambda c: c[:3] + bytes([c[3] ^ 64]) + c[4:], UNREADABLE),
    Input("with a header of an exabyte", header_of(1 << 60), UNREADABLE),
    Input("with a header of no JSON", header_of(8, b"nonsense"), UNREADABLE),
    Input("without tensors", header_of(2), MISFIT),
    Input("of a tensor of 2 GB that is not there", claiming([1 << 29], 1 << 31), UNREADABLE),
    Input("of a tensor of other bytes than its shape", claiming([1 << 40], 64), UNREADABLE),
    Input("of another network", lambda c: save({"g.a": torch.zeros(3)}), MISFIT),
    Input("of another width", rewritten(lambda s: first(s, lambda v: v[:1])), MISFIT),
    Input("in float64", rewritten(lambda s: first(s, torch.Tensor.double)), MISFIT),
    Input("in float16", rewritten(lambda s: first(s, torch.Tensor.half)), MISFIT),
    Input("in whole numbers", rewritten(lambda s: first(s, torch.Tensor.int)), MISFIT),
    Input("with NaN", with_value(float("nan")), NAN),
    Input("with infinity", with_value(float("inf")), NAN),
]


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


def foreign(change: Callable[[dict], object] = dict, legacy: bool = False) -> Callable[[dict], bytes]:
    def write(state: dict) -> bytes:
        file = io.BytesIO()
        torch.save(change(state), file, _use_new_zipfile_serialization=not legacy)
        return file.getvalue()

    return write


def with_a_compressed_record(state: dict) -> bytes:
    """torch.save compresses nothing, but torch.load unpacks what is: gigabytes, if they are zeros."""
    file = io.BytesIO(torch_saved({"a": torch.zeros(4)}))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("archive/data/1", bytes(1 << 20))
    return file.getvalue()


def code_beside_tensors(state: dict) -> dict:
    return state | {"hook": Runs()}


WANT = "want only tensors"
FLAT = "want a flat dict of tensors"
FOREIGN = [
    Input("a pickle that runs a command", lambda s: pickle.dumps(Runs()), WANT),
    Input("a torch file that runs a command", foreign(lambda s: Runs()), WANT),
    Input("tensors beside a command", foreign(code_beside_tensors), WANT),
    Input("tensors beside a command, in the old format", foreign(code_beside_tensors, legacy=True), WANT),
    Input("a module, which is code", foreign(lambda s: torch.nn.Linear(2, 2)), WANT),
    Input("cut off", lambda s: half(foreign()(s)), WANT),
    Input("cut off, in the old format", lambda s: half(foreign(legacy=True)(s)), WANT),
    Input("empty", lambda s: b"", WANT),
    Input("a text", lambda s: b"not found\n", WANT),
    Input("of compressed records", with_a_compressed_record, WANT),
    Input("safetensors", lambda s: save(s), WANT),
    Input("a list", foreign(lambda s: list(s.values())), FLAT),
    Input("a tensor", foreign(lambda s: torch.zeros(3)), FLAT),
    Input("nothing", foreign(lambda s: {}), FLAT),
    Input("a training state", foreign(lambda s: {"nets": s, "epoch": 3}), FLAT),
    Input("keys that are numbers", foreign(lambda s: {1: torch.zeros(3)}), FLAT),
    Input("scalars", foreign(lambda s: {"a": torch.tensor(1.0)}), "not the weights of unet_128"),
    Input("another network", foreign(lambda s: {"a": torch.zeros(3, 3, 3, 3)}), "not the weights of unet_128"),
    Input("complex numbers", foreign(lambda s: s | {"a": torch.zeros(3, dtype=torch.complex64)}), "floating point"),
    Input("whole numbers", foreign(lambda s: {k: v.int() for k, v in s.items()}), "want tensors of floating point"),
    Input("a sparse tensor", foreign(lambda s: s | {"a": torch.zeros(3, 3).to_sparse()}), "floating point"),
    Input("with NaN", foreign(lambda s: first(s, lambda v: v * float("nan"))), NAN),
    Input("with infinity", foreign(lambda s: first(s, lambda v: v + float("inf"))), NAN),
    Input("in float64", foreign(lambda s: {k: v.double() for k, v in s.items()}), None),
    Input("in the old format", foreign(legacy=True), None),
]


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    """A U-Net's weights as the authors' code names them, all one half."""
    from pixcycle.models.foreign import GENERATORS, build_generator

    network = build_generator(**GENERATORS["unet_128"], filters=64)
    return {key: torch.full_like(value, 0.5) if value.ndim else value for key, value in network.state_dict().items()}


@each(FOREIGN)
def test_weights_from_elsewhere_run_nothing_and_are_told_by_their_file(tmp_path, state, given):
    (tmp_path / "latest_net_G.pth").write_bytes(given.make(state))
    told = answer("import-weights", "latest_net_G.pth", "--generator", "unet_128", folder=tmp_path)
    assert not (tmp_path / "ran").exists()
    if given.expected is None:
        assert told.exit_code == 0, told.text
        with safe_open(tmp_path / "imported.safetensors", "pt") as imported:
            for key in imported.keys():  # noqa: SIM118, it is no dict
                assert torch.equal(imported.get_tensor(key).float(), state[key].float())
    else:
        one_line(told.refusal, "latest_net_G.pth", given.expected)
        assert not (tmp_path / "imported.safetensors").exists()


def test_a_pickle_in_place_of_the_extractor_s_weights_is_refused_by_its_checksum(tmp_path):
    from pixcycle.metrics.features import load_extractor

    (tmp_path / "inception.pth").write_bytes(pickle.dumps(Runs(f"touch {tmp_path}/ran")))
    with pytest.raises(UserError) as refused:
        load_extractor("inception-v3", tmp_path / "inception.pth")
    one_line(str(refused.value), "inception.pth is not", "its sha256 is")
    assert not (tmp_path / "ran").exists()
