"""Damaged or replaced files that nodes of the workflow read, and the messages that refuse them."""

import io
import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load, save

from tests.corpus.form import Input


class Runs:
    """An object that runs a command when it is unpickled."""

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


def empty(content: bytes) -> bytes:
    return b"{}"


def strings(content: bytes) -> bytes:
    """Return a record of which every field is text."""
    return json.dumps(dict.fromkeys(json.loads(content), "text")).encode()


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
    "json": [half, none, binary, a_list, empty, strings, nested],
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


def rewritten(change: Callable[[dict], dict], metadata: dict | None = None) -> Callable[[bytes], bytes]:
    """Return a function that rewrites a safetensors file with changed tensors."""

    def write(content: bytes) -> bytes:
        return save(change(load(content)), metadata)

    return write


def first(state: dict, make: Callable[[torch.Tensor], torch.Tensor]) -> dict:
    """Return the weights with a changed first convolution, that of the generator if there are several networks."""
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


UNREADABLE = "damaged, or not a safetensors file"
MISFIT = "not the weights of this network"
NAN = "contains NaN or infinity"
SAFETENSORS = [
    Input("cut off", half, UNREADABLE),
    Input("empty", none, UNREADABLE),
    Input("arbitrary bytes", binary, UNREADABLE),
    Input("a pickle that runs a command", pickled, UNREADABLE),
    Input("a torch file that runs a command", lambda content: torch_saved(Runs()), UNREADABLE),
    Input("with a flipped bit in its header", lambda c: c[:20] + bytes([c[20] ^ 128]) + c[21:], UNREADABLE),
    Input("with a flipped bit in its header's length", lambda c: c[:3] + bytes([c[3] ^ 64]) + c[4:], UNREADABLE),
    Input("with a header of an exabyte", header_of(1 << 60), UNREADABLE),
    Input("with a header that is not JSON", header_of(8, b"nonsense"), UNREADABLE),
    Input("without tensors", header_of(2), MISFIT),
    Input("claiming a tensor of 2 GB that is missing", claiming([1 << 29], 1 << 31), UNREADABLE),
    Input("with a tensor whose bytes do not match its shape", claiming([1 << 40], 64), UNREADABLE),
    Input("of another network", lambda c: save({"g.a": torch.zeros(3)}), MISFIT),
    Input("of another width", rewritten(lambda s: first(s, lambda v: v[:1])), MISFIT),
    Input("in float64", rewritten(lambda s: first(s, torch.Tensor.double)), MISFIT),
    Input("in float16", rewritten(lambda s: first(s, torch.Tensor.half)), MISFIT),
    Input("in integers", rewritten(lambda s: first(s, torch.Tensor.int)), MISFIT),
    Input("with NaN", with_value(float("nan")), NAN),
    Input("with infinity", with_value(float("inf")), NAN),
]
