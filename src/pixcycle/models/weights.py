"""Weights out of files: tensors and nothing else, those of the network that they are for, and finite."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from pixcycle.errors import UserError


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a file, on the CPU. Raises UserError if it is missing, damaged or of another format."""
    try:
        return load_file(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (SafetensorError, ValueError, KeyError, RuntimeError, MemoryError) as error:
        raise UserError(f"{path}: is damaged, or not a safetensors file ({error!s:.200})") from None


def refuse_misfits(path: Path, weights: dict[str, Tensor], network: nn.Module) -> None:
    """Raise UserError if these are not the network's weights, by name, shape and type."""
    wanted = network.state_dict()
    for key in [*wanted, *weights]:
        given, right = (f"{tuple(t[key].shape)} {t[key].dtype}" if key in t else "none" for t in (weights, wanted))
        if given != right:
            raise UserError(f"{path}: not the weights of this network: of {key:.80} it has {given}, wanted is {right}")


def refuse_not_finite(path: Path, weights: dict[str, Tensor]) -> None:
    """Raise UserError for weights with NaN or infinity, with which a network answers nothing but NaN."""
    for key, value in weights.items():
        if not torch.isfinite(value).all():
            raise UserError(f"{path}: {key:.80} holds NaN or infinity; it was broken when it was written")
