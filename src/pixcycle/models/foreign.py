"""Load generator weights published for junyanz/pytorch-CycleGAN-and-pix2pix."""

import warnings
import zipfile
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pixcycle.base.errors import UserError
from pixcycle.models.build import build_generator
from pixcycle.models.weights import read_safetensors, refuse_not_finite
from pixcycle.params.fields import Norm
from pixcycle.params.published import GENERATORS


@dataclass(frozen=True)
class Foreign:
    """A generator of the authors' code.

    Attributes
    ----------
    generator
        The authors' name of it, a key of `GENERATORS`.
    settings
        Arguments of `build_generator`.
    network
        The generator with its weights, on the CPU.
    """

    generator: str
    settings: dict[str, Any]
    network: nn.Module

    def __str__(self) -> str:
        return _describe(self.generator, self.settings)


def load_foreign(
    path: Path,
    generator: str | None = None,
    *,
    norm: Norm | None = None,
    dropout: bool | None = None,
    filters: int | None = None,
) -> Foreign:
    """Load the generator of a `*_net_G.pth` file, or of the safetensors file that `import-weights` makes of it.

    Only tensors are unpickled. What is not given is recognised from the names and shapes of the weights. These do not
    tell whether a U-Net was trained with dropout: then the published weights' setting is taken.

    Parameters
    ----------
    path
        The file with the weights.
    generator
        The authors' name of the generator, a key of `GENERATORS`.
    norm, dropout
        Normalisation layers, and whether there is dropout.
    filters
        Channels of the first layer.

    Raises
    ------
    UserError
        If the file contains anything but a flat dict of tensors, or the weights of another network. The message names
        the generator that fits, if there is one.
    """
    if generator is not None and generator not in GENERATORS:
        raise UserError(f"unknown generator '{generator}'; known: {', '.join(GENERATORS)}")
    weights = _read_tensors(path)
    given = {"norm": norm, "dropout": dropout, "filters": filters}
    given = {key: value for key, value in given.items() if value is not None}
    fitting = _fitting(weights, generator, given)
    if not fitting:
        raise UserError(f"{path}: {_why_none_fits(weights, generator, given)}")
    refuse_not_finite(path, weights)
    name, settings = fitting
    network = build_generator(**settings)
    network.load_state_dict(_without_unused_statistics(weights, network))
    return Foreign(name, settings, network)


def _read_tensors(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        return read_safetensors(path)
    try:
        if _is_compressed(path):
            raise ValueError  # torch.save never compresses; to decompress a small file could fill the memory
        with warnings.catch_warnings():  # about problems that are reported below
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except Exception:  # damaged and hostile pickles can raise almost anything
        raise UserError(
            f"{path}: damaged, or contains Python objects, which could run code; expected only tensors"
        ) from None
    if not isinstance(content, dict) or not content:
        raise UserError(f"{path}: expected a flat dict of tensors, as from state_dict(); found {_kind(content)}")
    for key, value in content.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise UserError(f"{path}: expected a flat dict of tensors; found {_kind(value)} under {key!r:.80}")
        if (
            value.is_complex()
            or value.is_sparse
            or value.is_quantized
            or (value.ndim and not value.is_floating_point())
        ):
            raise UserError(f"{path}: expected floating-point tensors; found {value.dtype} under {key!r}")
    return {key.removeprefix("module."): value for key, value in content.items()}


def _is_compressed(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(member.compress_type for member in archive.infolist())


def _kind(value: Any) -> str:
    return type(value).__name__ + (f" of {len(value)} entries" if isinstance(value, dict | list) else "")


def _without_unused_statistics(weights: dict[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """Drop the running statistics that instance norm saved before PyTorch 0.4, as the authors' code does."""
    instance_norms = [name for name, layer in network.named_modules() if isinstance(layer, nn.InstanceNorm2d)]
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    unused = {f"{name}.{statistic}" for name in instance_norms for statistic in statistics}
    return {key: value for key, value in weights.items() if key not in unused}


def _misfits(weights: dict[str, Tensor], network: nn.Module) -> str:
    """Describe the keys and shapes in which weights and network differ; empty if they fit."""
    expected, weights = network.state_dict(), _without_unused_statistics(weights, network)
    # Batch norm has counted its batches since PyTorch 0.4.1; load_state_dict gives older weights a counter.
    missing = [key for key in expected if key not in weights and not key.endswith(".num_batches_tracked")]
    unexpected = [key for key in weights if key not in expected]
    reshaped = [
        f"{key} {tuple(weights[key].shape)} instead of {tuple(value.shape)}"
        for key, value in expected.items()
        if key in weights and weights[key].shape != value.shape
    ]
    kinds = {"missing": missing, "unexpected": unexpected, "wrong shape": reshaped}
    return "; ".join(f"{kind}: {_first_few(keys)}" for kind, keys in kinds.items() if keys)


def _first_few(names: list[str]) -> str:
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + rest


def _fitting(
    weights: dict[str, Tensor], generator: str | None, given: dict[str, Any]
) -> tuple[str, dict[str, Any]] | None:
    """Return the first generator with the given settings that the weights fit, and all of its settings, or None."""
    found = {"filters": _filters(weights)} | given
    if not found["filters"]:
        return None
    for name in [generator] if generator else GENERATORS:
        published = GENERATORS[name]
        norms = dict.fromkeys((published["norm"], "batch", "instance"))
        for norm, dropout in product(norms, (published["dropout"], not published["dropout"])):
            settings = published | {"norm": norm, "dropout": dropout} | found
            with torch.device("meta"):
                network = build_generator(**settings)
            if not _misfits(weights, network):
                return name, settings
    return None


def _filters(weights: dict[str, Tensor]) -> int:
    """Return the number of channels of the first convolution; 0 if there is none."""
    return next((len(value) for value in weights.values() if value.ndim == 4), 0)


def _why_none_fits(weights: dict[str, Tensor], generator: str | None, given: dict[str, Any]) -> str:
    if _of_discriminator(weights):
        return "the weights of a discriminator, which translates nothing; those of its generator are in *_net_G*.pth"
    fitting = _fitting(weights, None, {})
    name = generator or (fitting[0] if fitting else "resnet_9blocks")
    settings = GENERATORS[name] | {"filters": _filters(weights) or 64} | given
    with torch.device("meta"):
        hint = f"they fit {_describe(*fitting)}" if fitting else _misfits(weights, build_generator(**settings))
    asked = _describe(name, settings) if generator or given else f"any generator of the authors' code, such as {name}"
    return f"not the weights of {asked}; {hint}"


def _of_discriminator(weights: dict[str, Tensor]) -> bool:
    """Return whether the last convolution makes a single channel of several, as that of a PatchGAN does."""
    kernels = [value for value in weights.values() if value.ndim == 4]
    return len(kernels) > 1 and len(kernels[-1]) == 1 and kernels[-1].shape[1] > 3


def _describe(generator: str, settings: dict[str, Any]) -> str:
    # A U-Net has the same weights with and without dropout.
    dropout = " and dropout" if settings["dropout"] and settings["name"] != "unet" else ""
    return f"{generator} with {settings['norm']} norm, {settings['filters']} filters{dropout}"
