"""Which generators the authors of pix2pix and CycleGAN published weights for. Does not import torch."""

from collections.abc import Iterator
from typing import Any

from pixcycle.params.experiment import Experiment

GENERATORS: dict[str, dict[str, Any]] = {
    "unet_128": {"name": "unet", "crop_size": 128, "norm": "batch", "dropout": True},
    "unet_256": {"name": "unet", "crop_size": 256, "norm": "batch", "dropout": True},
    "resnet_6blocks": {"name": "resnet6", "crop_size": 128, "norm": "instance", "dropout": False},
    "resnet_9blocks": {"name": "resnet9", "crop_size": 256, "norm": "instance", "dropout": False},
}
"""Arguments of `build_generator` that fit the published pix2pix and CycleGAN weights, by the authors' names."""
FILTERS = 64
"""Channels of the first layer of all published generators."""


def authors_generator(e: Experiment) -> str | None:
    """Return the authors' name of an experiment's generator; None if their code has none like it.

    A ResNet's weights do not depend on the size of the images; a U-Net for more than 256 pixels is `unet_256`.
    """
    if e.generator == "unet":
        return "unet_128" if e.crop_size == 128 else "unet_256" if e.crop_size % 256 == 0 else None
    return {"resnet6": "resnet_6blocks", "resnet9": "resnet_9blocks"}.get(e.generator)


def unfit_for_published(e: Experiment) -> Iterator[tuple[str, str]]:
    """Yield (field, what is wrong and what would be right) for each mistake of an experiment with published weights."""
    if not e.published_weights:
        if e.published_weights_back:
            yield (
                "published_weights_back",
                "are those of the second generator; name the first one's in published_weights",
            )
        return
    name = authors_generator(e)
    unlike = not name or (e.norm, e.filters, e.skips, e.layers) != (GENERATORS[name]["norm"], FILTERS, True, "authors")
    if unlike or e.upsampling != "deconvolution" or (e.generator != "unet" and e.dropout):
        yield (
            "published_weights",
            f"only fit generators of {FILTERS} filters: unet with batch norm for 128 or 256 pixels, or resnet6 or "
            "resnet9 with instance norm and without dropout; a smaller scale sets published_weights: false",
        )
    if e.first_dropout_block != 2:
        yield "first_dropout_block", "the authors' published weights go with dropout in blocks 2 to 4; set it to 2"
