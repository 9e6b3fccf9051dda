"""Trained generators for images of one's own, and folders of images for the metrics."""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from pixcycle import translations
from pixcycle.commands import names
from pixcycle.errors import UserError

Run = Annotated[
    Path,
    typer.Option(
        help="Its folder, as it was made or copied anywhere: results/.../SEED-FINGERPRINT.",
        autocompletion=names.run_folders,
    ),
]
Direction = Annotated[
    translations.Direction | None,
    typer.Option(help="CycleGAN goes both ways, and without this the scored one; pix2pix only its own."),
]


def translate(
    run: Run,
    source: Annotated[Path, typer.Option("--input", help="An image, or a folder of images and of folders.")],
    output: Annotated[Path, typer.Option(help="A .png that is not there yet, or such a folder.")],
    direction: Direction = None,
) -> None:
    """Send images of your own, of any size, through the generator of a finished run.

    It takes no more than the run's folder, and translates as the test images were: with the same statistics, noise and
    precision. It reads JPEG and PNG of 8 bits a channel. What a folder holds keeps its names, as .png; what could not
    be translated is told at the end.

    Sides must be multiples of 4 for a ResNet, of 256 (or the smaller size that it was trained at) for a U-Net. Images
    of other sizes are extended by reflection and cut back. That changes what a ResNet makes near their right and lower
    borders, and what a U-Net makes everywhere, as it sees the image as a whole; so does instance norm, a little.

    Example: pixcycle translate --run results/demo/ucsd/facades-l1/0-* --input photos --output translated
    """
    from pixcycle.engine.gpu import lease
    from pixcycle.trained.generator import load
    from pixcycle.trained.translate import translate as translate_images

    with lease():
        trained = load(run, direction)
        told = translate_images(trained, source, output)
    padded = f", {told.padded} of them padded to multiples of {trained.sides[0]}" if told.padded else ""
    print(f"{output}: {told.translated} translated {trained.direction}{padded}")
    if told.failed:
        for line in told.failed:
            print(f"pixcycle: {line}", file=sys.stderr)
        raise typer.Exit(2)


def export(
    run: Run,
    format: Annotated[Literal["onnx", "torchscript"], typer.Option(help="What the other program reads.")],
    output: Annotated[Path, typer.Option(help="A file that is not there yet.")],
    direction: Direction = None,
    height: Annotated[int | None, typer.Option(min=1, help="Of the images; without it, that of the training.")] = None,
    width: Annotated[int | None, typer.Option(min=1, help="The same.")] = None,
    dynamic: Annotated[
        bool, typer.Option("--dynamic", help="Any height, width and number of images, as TorchScript always takes.")
    ] = False,
) -> None:
    """Write the generator of a finished run to one file for programs without pixcycle, or without Python.

    It maps float32 images (N, 3, H, W) in [-1, 1] to the same, without the noise of dropout. Before the file appears it
    is run on random images, ONNX by onnxruntime, and must give what PyTorch gives, but for 0.0001.

    Example: pixcycle export --run results/demo/ucsd/facades-l1/0-* --format onnx --output facades.onnx
    """
    if dynamic and (height or width):
        raise UserError("--dynamic leaves height and width open: give it, or --height and --width")
    from pixcycle.trained.export import export as export_generator
    from pixcycle.trained.generator import load

    trained = load(run, direction)
    difference = export_generator(trained, format, output, height, width, dynamic)
    multiple, least = trained.sides
    sides = "" if format == "onnx" and not dynamic else f", sides are multiples of {multiple} from {least} on"
    print(f"{output}: {trained.direction}{sides}; differs from PyTorch by {difference:.1g} at most")


def import_weights(
    file: Annotated[Path, typer.Argument(help="As it was downloaded, such as latest_net_G.pth.")],
    generator: Annotated[str, typer.Option(help="unet_128, unet_256, resnet_6blocks or resnet_9blocks.")],
    out: Annotated[Path, typer.Option(help="A safetensors file.")] = Path("imported.safetensors"),
) -> None:
    """Read a generator that was published for the authors' PyTorch code (`*_net_G.pth`).

    Example: pixcycle import-weights latest_net_G.pth --generator unet_256 --out sat2map.safetensors
    """
    from safetensors.torch import save

    from pixcycle.files import write_bytes
    from pixcycle.models.foreign import load_foreign

    network = load_foreign(file, generator)
    write_bytes(out, save({key: value.contiguous() for key, value in network.state_dict().items()}))
    count = sum(parameter.numel() for parameter in network.parameters())
    print(f"{out}: {generator} with {count / 1e6:.3f} million parameters")


def metrics(
    real: Annotated[Path, typer.Argument(help="A folder of PNG or JPEG files.")],
    fake: Annotated[Path, typer.Argument(help="The same, generated.")],
    extractor: Annotated[str, typer.Option(help="Or efficientnet-lite0, a stand-in.")] = "inception-v3",
    weights: Annotated[Path | None, typer.Option(help="The weights file of inception-v3.")] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Images at a time.")] = 16,
    mixed_file_types: Annotated[bool, typer.Option("--mixed-file-types", help="Set PNG against JPEG.")] = False,
) -> None:
    """Measure any two folders of images: FID, KID, precision and recall, as JSON.

    Example: pixcycle metrics real/ generated/ --extractor efficientnet-lite0
    """
    from pixcycle.engine.gpu import lease
    from pixcycle.metrics.folders import compare_folders

    with lease():
        found = compare_folders(real, fake, extractor, weights, batch_size, mixed_file_types)
    print(json.dumps(found, indent=1))
