"""Read weights from files, and check that they are finite and fit their network."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from pixcycle.base.checksums import verified
from pixcycle.base.errors import UserError


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file, on the CPU; raise UserError if it is missing, damaged or not in this format."""
    try:
        return load_file(verified(path))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (SafetensorError, ValueError, KeyError, RuntimeError, MemoryError) as error:
        raise UserError(f"{path}: is damaged, or not a safetensors file ({error!s:.200})") from None


def refuse_misfits(path: Path, weights: dict[str, Tensor], network: nn.Module) -> None:
    """Raise UserError if the weights differ from the network's in name, shape or type."""
    tensors = network.state_dict()
    for key in [*tensors, *weights]:
        actual, expected = _described(weights.get(key)), _described(tensors.get(key))
        if actual != expected:
            raise UserError(f"{path}: not the weights of this network: {key:.80}: expected {expected}, found {actual}")


def refuse_not_finite(path: Path, weights: dict[str, Tensor]) -> None:
    """Raise UserError if the weights contain NaN or infinity, which make a network output NaN."""
    for key, value in weights.items():
        if not torch.isfinite(value).all():
            raise UserError(f"{path}: {key:.80} contains NaN or infinity; it was broken when it was written")


def _described(tensor: Tensor | None) -> str:
    return "none" if tensor is None else f"{tuple(tensor.shape)} {tensor.dtype}"
