"""Claim h of report 000: what a smaller patch does to contrast and edges of the generated images."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

import numpy as np

from pixcycle.metrics.appearance import contrast, sharpness
from pixcycle.report.content import Claim
from pixcycle.report.dot_plot import Dot, DotPlot
from pixcycle.report.draft import Draft
from pixcycle.report.drawing.samples import Album
from pixcycle.report.verdicts import Order, compare_images, verdict
from pixcycle.report.wording import listed

DATASETS = ("cityscapes", "maps", "facades")
SMALL, LARGE = "patch16", "patch286"
LOOKED_AT = 200
"""Test images at most, at even distances, that are measured."""


@dataclass(frozen=True)
class Look:
    """A measured property of images.

    Attributes
    ----------
    measure
        Function from uint8 images (N, H, W, 3) to (N,) values.
    digits
        Digits that its mean is written with.
    words
        What the images of patch 16 have, by how they compare with those of patch 286.
    """

    title: str
    measure: Callable[[np.ndarray], np.ndarray]
    digits: int
    words: dict[Order, str]


LOOKS = [
    Look(
        "Contrast, of 255",
        contrast,
        1,
        {"better": "more contrast", "worse": "less contrast", "unclear": "about the same contrast"},
    ),
    Look(
        "Sharpness of edges",
        sharpness,
        3,
        {"better": "sharper edges", "worse": "softer edges", "unclear": "about equally sharp edges"},
    ),
]
RULE = (
    "Contrast is the standard deviation of the luminance. Sharpness is the size of its steps as a share of that, "
    "without periods of 2 and 4 pixels; it does not tell edges from noise. Both are means over at most "
    f"{LOOKED_AT} test images."
)


def patch_claim(draft: Draft) -> Claim:
    """Return claim h, which holds if patch 16 has both more contrast and sharper edges on each dataset that was run."""
    id, text = "ucsd-claim-h", "Patch 16 makes images with more contrast and sharper edges than patch 286."
    pairs = {dataset: [f"ucsd-{dataset}-{name}" for name in (SMALL, LARGE)] for dataset in DATASETS}
    judged = {dataset: pair for dataset, pair in pairs.items() if not draft.missing(pair)}
    if not judged:
        return draft.claim(id, text, "not run")
    orders: list[Order] = []
    sentences = []
    dots: dict[str, list[Dot]] = {look.title: [] for look in LOOKS}
    for dataset, pair in judged.items():
        words = []
        for look in LOOKS:
            small, large = (_measured(draft, experiment, look) for experiment in pair)
            orders.append(compare_images(small, large, among=len(LOOKS) * len(judged)))
            words.append(look.words[orders[-1]])
            ours, other = float(np.mean(small)), float(np.mean(large))
            shown = [f"{value:.{look.digits}f}" for value in (ours, other)]
            dots[look.title].append(Dot(draft.title_of(dataset), ours, shown[0], None, other, shown[1]))
        sentences.append(f"On {draft.title_of(dataset)}, patch 16 makes images with {listed(words)}.")
    unjudged = [dataset for dataset in DATASETS if dataset not in judged]
    plots = [DotPlot(title, rows, ("patch 16", "patch 286")) for title, rows in dots.items()]
    outcome, experiments = verdict(orders, complete=True), [*chain(*judged.values())]
    return draft.claim(id, text, outcome, sentences, experiments, unjudged, plots=plots, rule=RULE)


def _measured(draft: Draft, experiment: str, look: Look) -> list[np.ndarray]:
    """Return a property of an experiment's outputs, (N,) for each seed."""
    albums = [Album(draft, experiment, run=run) for run in draft.runs[experiment]]
    return [look.measure(np.stack(album.outputs(album.spread_out(LOOKED_AT)))) for album in albums]
