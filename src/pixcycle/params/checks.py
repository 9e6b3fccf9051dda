"""Checks of an experiment's settings against its networks, before anything starts."""

from collections.abc import Iterator

from pixcycle.params.experiment import Experiment
from pixcycle.params.network_sizes import smallest_input
from pixcycle.params.published import unfit_for_published


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
    if e.patch == 46 and e.layers == "authors" and e.norm == "batch" and e.crop_size < 32:
        if e.batch_size == 1:
            yield "batch_size", "PatchGAN 46 ends in batch norm of one number at this crop_size; set 2 or more"
        elif e.last_batch != "dropped":
            yield "last_batch", "PatchGAN 46 cannot normalise a last batch of one image at this crop_size; set dropped"
    yield from unfit_for_published(e)
    if too_late := [epoch for epoch in e.sample_epochs if epoch > e.epochs]:
        yield "sample_epochs", f"there is no epoch {too_late[0]}; the last is {e.epochs}"


def undrawable(e: Experiment, pairs: bool, classes: bool) -> Iterator[tuple[str, str]]:
    """Yield (field, what is wrong and what would be right) for settings of the data that contradict each other.

    Parameters
    ----------
    pairs
        Whether the method learns from pairs.
    classes
        Whether domain B of the dataset is a label map.
    """
    if e.pair_jitter == "independent" and not pairs:
        yield "pair_jitter", f"{e.method} has no pairs, so that it always crops independently; remove it"
    if e.flip_draw == "whole_training" and not e.flip:
        yield "flip_draw", "nothing is flipped; set flip: true, or remove flip_draw"
    if e.last_batch == "kept_by_domain" and pairs:
        yield "last_batch", f"{e.method} learns from pairs, of which both domains have as many; set kept"
    elif e.last_batch == "kept_by_domain" and e.epoch_length == "larger":
        yield "last_batch", "the smaller domain starts again and fills every batch; set kept, or epoch_length: smaller"
    if e.intensities == "stretched" and classes:
        yield "intensities", f"stretching changes the colours of the classes of {e.dataset}; set fixed"
