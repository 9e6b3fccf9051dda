"""A trained generator as one file for other programs, which is checked before it appears."""

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from pixcycle.errors import UserError
from pixcycle.files import write_bytes
from pixcycle.models.convolution import Conv2d, ConvTranspose2d
from pixcycle.models.norm import InstanceNorm2d
from pixcycle.trained.generator import Trained
from pixcycle.trained.places import refuse_what_is_there
from pixcycle.trained.sides import fitting
from pixcycle.training.translate import at_inference

Format = Literal["onnx", "torchscript"]
Network = Callable[[Tensor], Tensor]

TOLERANCE = 1e-4
"""Of values in [-1, 1]: an eightieth of what tells one level of a pixel from the next."""
PLAIN = {Conv2d: nn.Conv2d, ConvTranspose2d: nn.ConvTranspose2d, InstanceNorm2d: nn.InstanceNorm2d}
"""Layers that take faster ways on a CPU, or treat gradients, and those of torch that compute the same."""
NAMES = {"input_names": ["image"], "output_names": ["translation"]}
FREE = {0: "images", 2: "height", 3: "width"}


def export(
    trained: Trained, format: Format, out: Path, height: int | None = None, width: int | None = None, free: bool = False
) -> float:
    """Write the generator to `out`: float32 (N, 3, H, W) in [-1, 1] to the same, without the noise of dropout.

    Of an ONNX file N is 1, H and W are the given ones, else crop_size; if `free` they are left open, as they always
    are in TorchScript. Whatever the precision of the training, the file computes in float32.
    Returns by how much it differs at most from the generator as it was trained, on random images of each size tried.
    Raises UserError if that is more than TOLERANCE, if H or W does not fit, or for ONNX if its packages are missing.
    """
    refuse_what_is_there(out)
    e = trained.experiment
    sides = [side or e.crop_size for side in (height, width)]
    for side in sides:
        if side != (fits := fitting(side, *trained.sides)):
            multiple, least = trained.sides
            raise UserError(
                f"a side of {side} pixels does not fit: the generator takes multiples of {multiple} from {least} on,"
                f" such as {fits}"
            )
    quiet = e.model_copy(update={"inference_dropout": False})
    reference = at_inference(quiet, trained.weights)
    network = plain(at_inference(quiet, trained.weights))
    free = free or format == "torchscript"
    content, exported = {"onnx": _onnx, "torchscript": _torchscript}[format](trained, network, _random(1, sides), free)
    shapes = [(1, sides), (2, [sides[0], 2 * sides[1]])] if free else [(1, sides)]
    difference = max(_difference(exported, reference, _random(*shape)) for shape in shapes)
    if not difference <= TOLERANCE:  # NaN neither
        raise UserError(f"{out}: not written: it would differ by {difference:.2g} from torch, more than {TOLERANCE:g}")
    write_bytes(out, content)
    return difference


def plain(network: nn.Module) -> nn.Module:
    """The same network, in place, of torch's own layers. Where batch norm goes by the batch, it is of that alone."""
    for layer in network.modules():
        layer.__class__ = PLAIN.get(type(layer), type(layer))
        if isinstance(layer, nn.BatchNorm2d) and layer.training:
            layer.running_mean = layer.running_var = layer.num_batches_tracked = None
    return network.eval()


def _onnx(trained: Trained, network: nn.Module, example: Tensor, free: bool) -> tuple[bytes, Network]:
    """The file, and what it computes when it is run by another program than torch."""
    try:
        import onnxruntime
        import onnxscript  # noqa: F401  torch.onnx needs it
    except ImportError as error:
        raise UserError(f"to write ONNX {error.name} is missing: pip install onnx onnxruntime onnxscript") from None
    # A single image would be taken for all that there will ever be.
    example, shapes = (example.repeat(2, 1, 1, 1), (FREE,)) if free else (example, None)
    with warnings.catch_warnings(action="ignore"):
        program = torch.onnx.export(network, (example,), dynamo=True, dynamic_shapes=shapes, verbose=False, **NAMES)
    program.model.metadata_props.update(_about(trained))
    content = program.model_proto.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return content, lambda images: torch.from_numpy(session.run(None, {"image": images.numpy()})[0])


def _torchscript(trained: Trained, network: nn.Module, example: Tensor, free: bool) -> tuple[bytes, Network]:
    file = io.BytesIO()
    with warnings.catch_warnings(action="ignore"):
        torch.jit.save(torch.jit.trace(network, example), file, _extra_files=_about(trained))
        return file.getvalue(), torch.jit.load(io.BytesIO(file.getvalue()))


def _about(trained: Trained) -> dict[str, str]:
    """What the file says of itself."""
    return {"experiment": trained.experiment.model_dump_json(), "direction": trained.direction}


def _random(images: int, sides: list[int]) -> Tensor:
    return 2 * torch.rand(images, 3, *sides, generator=torch.Generator().manual_seed(0)) - 1


def _difference(exported: Network, reference: Network, images: Tensor) -> float:
    with torch.inference_mode():
        return float((exported(images) - reference(images)).abs().max())
