"""Which experiments can be run: settings that no network or method has are refused before anything starts."""

from collections.abc import Iterator

from pixcycle.errors import UserError
from pixcycle.models.sizes import downsamplings, smallest_input
from pixcycle.schema import Experiment


def unbuildable(e: Experiment) -> Iterator[tuple[str, str]]:
    """(field, what is wrong with it and what would be right) for each mistake in a resolved experiment."""
    if e.load_size < e.crop_size:
        yield "load_size", f"must be at least crop_size ({e.crop_size}); is {e.load_size}"
    try:
        if e.generator == "unet":
            downsamplings(e.crop_size)
        elif e.crop_size % 4 or e.crop_size < 8:
            yield "crop_size", f"a ResNet generator needs a multiple of 4, at least 8; is {e.crop_size}"
    except UserError as error:
        yield "crop_size", str(error)
    if e.crop_size < smallest_input(e.patch):
        yield (
            "patch",
            f"PatchGAN {e.patch} needs images of at least {smallest_input(e.patch)}; crop_size is {e.crop_size}",
        )
    if e.generator != "unet" and not e.skips:
        yield "skips", "a ResNet generator has no skip connections to remove"
    if e.generator == "unet" and e.upsampling != "deconvolution":
        yield "upsampling", "a U-Net doubles by deconvolution only; set generator: resnet9"
    theirs = ("pix2pix", "unet", "batch", True, 64, 256)
    if e.published_weights and (e.method, e.generator, e.norm, e.skips, e.filters, e.crop_size) != theirs:
        yield (
            "published_weights",
            "are those of pix2pix at 256 pixels, a U-Net of 64 filters; a smaller scale sets published_weights: false",
        )
    if late := [epoch for epoch in e.sample_epochs if epoch > e.epochs]:
        yield "sample_epochs", f"there is no epoch {late[0]}; the last is {e.epochs}"
    if e.method == "cyclegan" and e.conditional:
        yield "conditional", "CycleGAN has no pairs to condition on; set conditional: false"
    for field in ("pool_size", "lambda_identity"):
        if e.method == "pix2pix" and getattr(e, field):
            yield field, "pix2pix has none; remove it, or use method: cyclegan"
