"""Claim h of report 000: what a smaller patch does to contrast and edges of the generated images."""

from itertools import chain

import numpy as np

from pixcycle.metrics.appearance import contrast, sharpness
from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft
from pixcycle.report.drawing.samples import Album
from pixcycle.report.verdicts import compare_images, verdict

DATASETS = ("cityscapes", "maps", "facades")
SMALL, LARGE = "patch16", "patch286"
LOOKS = {"contrast": (contrast, "contrast {:.1f} of 255"), "sharpness": (sharpness, "sharpness {:.3f}")}
"""Name -> the function that measures it, and how its mean is written."""
LOOKED_AT = 200
"""Test images at most, at even distances, that are measured."""


def patch_claim(draft: Draft) -> Claim:
    """Return claim h, which holds if patch 16 has both more contrast and sharper edges on each dataset that was run."""
    id, text = "ucsd-claim-h", "Patch 16 makes images with more contrast and sharper edges than patch 286."
    pairs = {dataset: [f"ucsd-{dataset}-{name}" for name in (SMALL, LARGE)] for dataset in DATASETS}
    judged = {dataset: pair for dataset, pair in pairs.items() if not draft.missing(pair)}
    if not judged:
        return draft.claim(id, text, "not run")
    orders, sentences = [], []
    for dataset, pair in judged.items():
        looks = [[_looks(draft, experiment, look) for look in LOOKS] for experiment in pair]
        orders += [compare_images(*seeds, among=2 * len(judged)) for seeds in zip(*looks, strict=True)]
        words = [f"{draft.one(e).config.label} {_written(seeds)}" for e, seeds in zip(pair, looks, strict=True)]
        sentences.append(f"On {draft.title_of(dataset)}: {'; '.join(words)}.")
    sentences.append(
        "Contrast is the standard deviation of the luminance, sharpness the size of its steps as a share of that, "
        f"without periods of 2 and 4 pixels, be they edges or noise; means over at most {LOOKED_AT} test images."
    )
    unjudged = [dataset for dataset in DATASETS if dataset not in judged]
    return draft.claim(id, text, verdict(orders, complete=True), sentences, [*chain(*judged.values())], unjudged)


def _looks(draft: Draft, experiment: str, look: str) -> list[np.ndarray]:
    """Return a look of an experiment's outputs, (N,) for each seed."""
    albums = [Album(draft, experiment, run=run) for run in draft.runs[experiment]]
    return [LOOKS[look][0](np.stack(album.outputs(album.spread_out(LOOKED_AT)))) for album in albums]


def _written(looks: list[list[np.ndarray]]) -> str:
    return ", ".join(form.format(np.mean(seeds)) for (_, form), seeds in zip(LOOKS.values(), looks, strict=True))
