"""Checks of an experiment's settings against its networks, before anything starts."""

from collections.abc import Iterator

from pixcycle.params.network_sizes import smallest_input
from pixcycle.params.schema import Experiment


def unbuildable(e: Experiment) -> Iterator[tuple[str, str]]:
    """Yield (field, what is wrong and what would be right) for each mistake in a resolved experiment."""
    if e.load_size < e.crop_size:
        yield "load_size", f"must be at least crop_size ({e.crop_size}); is {e.load_size}"
    if e.crop_size < smallest_input(e.patch):
        yield (
            "patch",
            f"PatchGAN {e.patch} needs images of at least {smallest_input(e.patch)} pixels; crop_size is {e.crop_size}",
        )
    if e.patch == 46 and e.layers not in ("authors", "wustl"):
        yield "layers", f"PatchGAN 46 has layers authors or wustl; got {e.layers}"
    if e.patch != 46 and e.layers == "wustl":
        yield "patch", f"report 001's discriminator, as layers: wustl has it, judges 46 pixels; got {e.patch}"
    if e.patch == 46 and e.layers == "authors" and e.norm == "batch" and e.batch_size == 1 and e.crop_size < 32:
        yield "batch_size", "PatchGAN 46 ends in batch norm of one number at this crop_size; set 2 or more"
    authors = ("pix2pix", "unet", "authors", "batch", True, 64, 256)
    if e.published_weights and (e.method, e.generator, e.layers, e.norm, e.skips, e.filters, e.crop_size) != authors:
        yield (
            "published_weights",
            "only fit pix2pix at 256 pixels with a U-Net of 64 filters; a smaller scale sets published_weights: false",
        )
    if e.published_weights and e.first_dropout_block != 2:
        yield "first_dropout_block", "the authors' published weights go with dropout in blocks 2 to 4; set it to 2"
    if too_late := [epoch for epoch in e.sample_epochs if epoch > e.epochs]:
        yield "sample_epochs", f"there is no epoch {too_late[0]}; the last is {e.epochs}"
