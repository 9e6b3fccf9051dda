"""Export a trained generator as a single file for other programs, verified before it is written."""

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from pixcycle.base.errors import UserError
from pixcycle.base.user_output import refuse_existing, write_new
from pixcycle.inference.generator import Trained
from pixcycle.inference.image_sizes import fitting
from pixcycle.inference.test_split import at_inference
from pixcycle.models.convolution import Conv2d, ConvTranspose2d
from pixcycle.models.norm import AnySizeInstanceNorm2d, InstanceNorm2d
from pixcycle.models.replace import replace_layers

Format = Literal["onnx", "torchscript"]
Network = Callable[[Tensor], Tensor]

TOLERANCE = 1e-4
"""Largest difference allowed between values in [-1, 1]: an eightieth of the step between two pixel levels."""
NAMES = {"input_names": ["image"], "output_names": ["translation"]}
FREE = {0: "images", 2: "height", 3: "width"}


def export(
    trained: Trained,
    format: Format,
    out: Path,
    height: int | None = None,
    width: int | None = None,
    free: bool = False,
    overwrite: bool = False,
) -> float:
    """Write the generator to `out`, as a function from float32 (N, 3, H, W) in [-1, 1] to the same, without dropout.

    The file computes in float32, whatever the precision of the training. Of a run on stretched intensities, it takes
    images that are stretched already.

    Parameters
    ----------
    height, width
        H and W of an ONNX file, whose N is 1. Defaults to crop_size.
    free
        Leave N, H and W of an ONNX file open, as they always are in TorchScript.
    overwrite
        Replace an existing file.

    Returns
    -------
    The largest difference between the output of the file and that of the trained generator, on random images.

    Raises
    ------
    UserError
        If `out` exists, if that difference exceeds TOLERANCE, if H or W does not fit the generator, or if the packages
        that ONNX needs are missing.
    """
    refuse_existing(out, overwrite)
    e = trained.experiment
    sides = [side or e.crop_size for side in (height, width)]
    for side in sides:
        if side != (fits := fitting(side, *trained.sides)):
            multiple, smallest = trained.sides
            raise UserError(
                f"a side of {side} pixels does not fit: the generator takes multiples of {multiple},"
                f" at least {smallest}, such as {fits}"
            )
    quiet = e.model_copy(update={"inference_dropout": False})
    reference = at_inference(quiet, trained.direction, trained.weights)
    network = plain(at_inference(quiet, trained.direction, trained.weights))
    free = free or format == "torchscript"
    content, exported = {"onnx": _onnx, "torchscript": _torchscript}[format](trained, network, _random(1, sides), free)
    shapes = [(1, sides), (2, [sides[0], 2 * sides[1]])] if free else [(1, sides)]
    difference = max(_difference(exported, reference, _random(*shape)) for shape in shapes)
    if not difference <= TOLERANCE:  # also true for NaN
        raise UserError(
            f"{out}: not written: its output would differ from PyTorch's by {difference:.2g}, more than {TOLERANCE:g}"
        )
    write_new(out, content, overwrite)
    return difference


def plain(network: nn.Module) -> nn.Module:
    """Replace a network's layers, in place, by torch's own that compute the same; return the network.

    Ours are faster on a CPU or change gradients. Batch norm in training mode is replaced by one without running
    statistics.
    """
    replace_layers(
        network,
        {
            Conv2d: _plain_convolution,
            ConvTranspose2d: _plain_transposed_convolution,
            InstanceNorm2d: _plain_instance_norm,
            nn.BatchNorm2d: lambda layer: nn.BatchNorm2d(
                layer.num_features, layer.eps, track_running_stats=not layer.training
            ),
        },
    )
    return network.eval()


def _plain_convolution(layer: Conv2d) -> nn.Conv2d:
    return nn.Conv2d(
        layer.in_channels,
        layer.out_channels,
        layer.kernel_size,
        layer.stride,
        layer.padding,
        bias=layer.bias is not None,
        device="meta",  # gets its parameters from the layer
    )


def _plain_transposed_convolution(layer: ConvTranspose2d) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(
        layer.in_channels,
        layer.out_channels,
        layer.kernel_size,
        layer.stride,
        layer.padding,
        layer.output_padding,
        bias=layer.bias is not None,
        device="meta",
    )


def _plain_instance_norm(layer: InstanceNorm2d) -> nn.InstanceNorm2d:
    """Return PyTorch's layer, or one that also takes the single pixel of the bottleneck in report 000's code."""
    kind = AnySizeInstanceNorm2d if layer.affine else nn.InstanceNorm2d
    return kind(layer.num_features, layer.eps, affine=layer.affine)


def _onnx(trained: Trained, network: nn.Module, example: Tensor, free: bool) -> tuple[bytes, Network]:
    """Return the content of the ONNX file, and a function that runs it with onnxruntime."""
    try:
        import onnxruntime
        import onnxscript  # noqa: F401  torch.onnx needs it
    except ImportError as error:
        raise UserError(f"ONNX export: {error.name} is missing: pip install onnx onnxruntime onnxscript") from None
    # With one image as the example, torch would fix N at 1.
    example, shapes = (example.repeat(2, 1, 1, 1), (FREE,)) if free else (example, None)
    with warnings.catch_warnings(action="ignore"):
        program = torch.onnx.export(network, (example,), dynamo=True, dynamic_shapes=shapes, verbose=False, **NAMES)
    program.model.metadata_props.update(trained.metadata)
    content = program.model_proto.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return content, lambda images: torch.from_numpy(session.run(None, {"image": images.numpy()})[0])


def _torchscript(trained: Trained, network: nn.Module, example: Tensor, free: bool) -> tuple[bytes, Network]:
    file = io.BytesIO()
    with warnings.catch_warnings(action="ignore"):
        torch.jit.save(torch.jit.trace(network, example), file, _extra_files=trained.metadata)
        return file.getvalue(), torch.jit.load(io.BytesIO(file.getvalue()))


def _random(images: int, sides: list[int]) -> Tensor:
    return 2 * torch.rand(images, 3, *sides, generator=torch.Generator().manual_seed(0)) - 1


def _difference(exported: Network, reference: Network, images: Tensor) -> float:
    with torch.inference_mode():
        return float((exported(images) - reference(images)).abs().max())
