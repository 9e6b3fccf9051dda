"""Commands that apply trained generators to the user's images, and that measure folders of images."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pixcycle import paths
from pixcycle.base.errors import UserError
from pixcycle.cli import completion
from pixcycle.cli.options import Overwrite

if TYPE_CHECKING:  # each command imports only what it needs, to start quickly
    from pixcycle.inference.generator import Trained

Run = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the run, results/.../SEED-FINGERPRINT, or a copy of it anywhere.",
        autocompletion=completion.run_folders,
    ),
]
Direction = Annotated[
    paths.Direction | None,
    typer.Option(help="Pix2pix has only one; CycleGAN has both, and the default is the one that is scored."),
]
WeightsFile = Annotated[
    Path | None,
    typer.Option("--weights", help="Instead of a run: weights of the authors' code, such as latest_net_G.pth."),
]
GeneratorName = Annotated[
    str | None,
    typer.Option(
        "--generator",
        help="Network of the weights, which is checked: unet_128, unet_256, resnet_6blocks or resnet_9blocks.",
        autocompletion=lambda: ["unet_128", "unet_256", "resnet_6blocks", "resnet_9blocks"],
    ),
]


def translate(
    source: Annotated[Path, typer.Option("--input", help="Image, or folder of images and subfolders.")],
    output: Annotated[Path, typer.Option(help="New .png file, or new folder.")],
    run: Run = None,
    direction: Direction = None,
    weights: WeightsFile = None,
    generator: GeneratorName = None,
    overwrite: Overwrite = False,
) -> None:
    """Translate your own images, of any size, with the generator of a finished run, or with published weights.

    Only the run's folder is needed. Images are translated exactly as the test images were: with the same normalization
    statistics, noise and precision. JPEG and PNG with 8 bits per channel can be read. Files in a folder keep their
    names, with the suffix .png; images that cannot be translated are listed at the end.

    In place of --run, --weights horse2zebra.pth takes a generator that was trained with the authors' PyTorch code
    (*_net_G*.pth), and translates without noise, with running statistics. The network, its normalization and its number
    of filters are recognised from the file.

    Height and width should be multiples of 4 for a ResNet, and of 256 (or the training size, if smaller) for a U-Net.
    Images of other sizes are padded by reflection, and the result is cropped. Padding changes a ResNet's output near
    the right and lower borders. It changes a U-Net's output everywhere, because a U-Net sees the image as a whole;
    instance norm does so too, slightly.

    Example: pixcycle translate --run results/demo/ucsd/facades-l1/0-* --input photos --output translated
    """
    from pixcycle.inference.translate import translate as translate_images
    from pixcycle.machine.gpu import lease

    with lease():
        trained = _trained(run, direction, weights, generator)
        outcome = translate_images(trained, source, output, overwrite)
    padded = f", {outcome.padded} of them padded to multiples of {trained.sides[0]}" if outcome.padded else ""
    print(f"{output}: {outcome.translated} translated {trained.words}{padded}")
    if outcome.failed:
        for line in outcome.failed:
            print(f"pixcycle: {line}", file=sys.stderr)
        raise typer.Exit(2)


def export(
    format: Annotated[Literal["onnx", "torchscript"], typer.Option(help="Format of the file.")],
    output: Annotated[Path, typer.Option(help="New file.")],
    run: Run = None,
    direction: Direction = None,
    weights: WeightsFile = None,
    generator: GeneratorName = None,
    height: Annotated[int | None, typer.Option(min=1, help="Image height; default: as in training.")] = None,
    width: Annotated[int | None, typer.Option(min=1, help="Image width; default: as in training.")] = None,
    dynamic: Annotated[
        bool,
        typer.Option("--dynamic", help="Accept any height, width and batch size; TorchScript files always do."),
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Export the generator of a finished run, or published weights, to one file, for programs without pixcycle.

    The file maps float32 images (N, 3, H, W) in [-1, 1] to images of the same shape and range, without dropout noise.
    Before it is written, it is run on random images (ONNX with onnxruntime); its output must agree with PyTorch's to
    within 0.0001. In place of --run, --weights horse2zebra.pth takes a generator that was trained with the authors'
    PyTorch code (*_net_G*.pth).

    Example: pixcycle export --run results/demo/ucsd/facades-l1/0-* --format onnx --output facades.onnx
    """
    if dynamic and (height or width):
        raise UserError("--dynamic leaves height and width open: give either --dynamic, or --height and --width")
    from pixcycle.inference.export import export as export_generator

    trained = _trained(run, direction, weights, generator)
    difference = export_generator(trained, format, output, height, width, dynamic, overwrite)
    multiple, minimum = trained.sides
    sides = "" if format == "onnx" and not dynamic else f", sides are multiples of {multiple}, at least {minimum}"
    print(f"{output}: {trained.words}{sides}; differs from PyTorch by at most {difference:.1g}")


def _trained(
    run: Path | None, direction: paths.Direction | None, weights: Path | None, generator: str | None
) -> "Trained":
    """Load the generator that the options name: that of a run, or that of a file of weights."""
    if weights:
        if run or direction:
            raise UserError(f"--weights takes the place of a run: leave out {'--run' if run else '--direction'}")
        from pixcycle.inference.published import load_published

        return load_published(weights, generator)
    if not run:
        raise UserError("which generator? Give --run FOLDER of a finished run, or --weights FILE")
    if generator:
        raise UserError("--generator names the network of --weights; a run knows its own: leave it out")
    from pixcycle.inference.generator import load

    return load(run, direction)


def import_weights(
    file: Annotated[Path, typer.Argument(help="Downloaded checkpoint, such as latest_net_G.pth.")],
    generator: GeneratorName = None,
    out: Annotated[Path, typer.Option(help="Safetensors file to write.")] = Path("imported.safetensors"),
    overwrite: Overwrite = False,
) -> None:
    """Convert a generator published for the authors' PyTorch code (*_net_G*.pth) to safetensors.

    `pixcycle translate --weights` and `pixcycle export --weights` take either file.

    Example: pixcycle import-weights latest_net_G.pth --out sat2map.safetensors
    """
    from safetensors.torch import save

    from pixcycle.base.user_output import refuse_existing, write_new
    from pixcycle.models.foreign import load_foreign

    refuse_existing(out, overwrite)
    foreign = load_foreign(file, generator)
    weights = foreign.network.state_dict()
    write_new(out, save({key: value.contiguous() for key, value in weights.items()}), overwrite)
    count = sum(parameter.numel() for parameter in foreign.network.parameters())
    print(f"{out}: {foreign}, {count / 1e6:.3f} million parameters")


def metrics(
    real: Annotated[Path, typer.Argument(help="Folder of real images and subfolders, PNG or JPEG.")],
    fake: Annotated[Path, typer.Argument(help="Folder of generated images and subfolders, likewise.")],
    extractor: Annotated[
        str, typer.Option(help="Feature extractor: inception-v3, or efficientnet-lite0 as a stand-in.")
    ] = "inception-v3",
    weights: Annotated[Path | None, typer.Option(help="Weights file of inception-v3.")] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Images per batch.")] = 16,
    mixed_file_types: Annotated[
        bool, typer.Option("--mixed-file-types", help="Allow comparing PNG files with JPEG files.")
    ] = False,
) -> None:
    """Compute FID, KID, precision and recall of any two folders of images, as JSON.

    Subfolders are measured as well, as `pixcycle translate` writes them; `n_real` and `n_fake` count the images.

    Example: pixcycle metrics real/ generated/ --extractor efficientnet-lite0
    """
    from pixcycle.evaluation.folders import compare_folders
    from pixcycle.machine.gpu import lease

    with lease():
        values = compare_folders(real, fake, extractor, weights, batch_size, mixed_file_types)
    print(json.dumps(values, indent=1))
