"""A sample of each chapter for the first screen: input, truth and our output of one test image."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from pixcycle.report.content import Thumbnails
from pixcycle.report.draft import Draft
from pixcycle.report.drawing.style import JPEG

SIDE = 256
"""Pixels of an image's longer side."""


def thumbnails(draft: Draft, chapters: Iterable[str]) -> list[Thumbnails]:
    """Return a sample of each chapter's first experiment, and write overview/KEY.jpg."""
    return [_sample(draft, key) for key in chapters]


def _sample(draft: Draft, chapter: str) -> Thumbnails:
    first = next(id for id, (run, *_) in draft.runs.items() if run.chapter == chapter)
    album = draft.album(first)
    places = album.spread_out(3)
    place = [places[len(places) // 2]]
    parts = {"input": album.inputs(place)[0]}
    if album.paired:
        parts["truth"] = album.truths(place)[0]
    parts["ours"] = album.outputs(place)[0]
    file = Path("overview") / f"{chapter}.jpg"
    (draft.out / file).parent.mkdir(parents=True, exist_ok=True)
    side_by_side([image for image in parts.values() if image is not None]).save(draft.out / file, **JPEG)
    return Thumbnails(chapter, file, list(parts), album.run.key)


def side_by_side(images: list[np.ndarray]) -> Image.Image:
    """Return images, uint8 (H, W, 3) of one shape, in a row without gaps, at most SIDE pixels a side each."""
    scale = min(1, SIDE / max(images[0].shape[:2]))
    size = tuple(max(1, round(scale * n)) for n in images[0].shape[1::-1])
    row = [Image.fromarray(image).resize(size, Image.Resampling.LANCZOS) for image in images]
    return Image.fromarray(np.hstack([np.asarray(image) for image in row]))
