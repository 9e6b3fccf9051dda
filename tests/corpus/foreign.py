"""Foreign weights that are damaged, of another network, or code, and the messages that refuse them."""

import io
import pickle
import zipfile
from collections.abc import Callable

import torch
from safetensors.torch import save

from tests.corpus.damaged import NAN, Runs, first, half, torch_saved
from tests.corpus.form import Input


def foreign(change: Callable[[dict], object] = dict, legacy: bool = False) -> Callable[[dict], bytes]:
    def write(state: dict) -> bytes:
        file = io.BytesIO()
        torch.save(change(state), file, _use_new_zipfile_serialization=not legacy)
        return file.getvalue()

    return write


def with_a_compressed_record(state: dict) -> bytes:
    """torch.save compresses nothing, but torch.load decompresses records, even gigabytes of zeros."""
    file = io.BytesIO(torch_saved({"a": torch.zeros(4)}))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("archive/data/1", bytes(1 << 20))
    return file.getvalue()


def code_beside_tensors(state: dict) -> dict:
    return state | {"hook": Runs()}


WANT = "expected only tensors"
FLAT = "expected a flat dict of tensors"
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
    Input(
        "complex numbers", foreign(lambda s: s | {"a": torch.zeros(3, dtype=torch.complex64)}), "floating-point tensors"
    ),
    Input("integers", foreign(lambda s: {k: v.int() for k, v in s.items()}), "expected floating-point tensors"),
    Input("a sparse tensor", foreign(lambda s: s | {"a": torch.zeros(3, 3).to_sparse()}), "floating-point tensors"),
    Input("with NaN", foreign(lambda s: first(s, lambda v: v * float("nan"))), NAN),
    Input("with infinity", foreign(lambda s: first(s, lambda v: v + float("inf"))), NAN),
    Input("in float64", foreign(lambda s: {k: v.double() for k, v in s.items()}), None),
    Input("in the old format", foreign(legacy=True), None),
]
