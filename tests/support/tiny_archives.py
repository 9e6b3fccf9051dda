"""A tiny dataset: its entry in the params, its fetched.json and its preparation settings."""

import json
from pathlib import Path

from pixcycle.data.prepare import PrepareSpec
from pixcycle.params.dataset import Dataset


def spec(load_size: int = 16, crop_size: int = 16, preprocess="jitter", resize="nearest", **limits) -> PrepareSpec:
    return PrepareSpec(load_size=load_size, crop_size=crop_size, preprocess=preprocess, resize=resize, **limits)


def dataset(**fields) -> Dataset:
    tree = {
        "title": "Tiny pairs",
        "layout": "side_by_side",
        "sources": [{"locations": ["one"]}],
        "splits": {"train": ["train"], "test": ["val"]},
        "published": {"train": 5},
        "licence": "free",
    }
    return Dataset(**(tree | fields))


def record(raw: Path, *roots: Path) -> Path:
    """Write a fetched.json with sources at the given roots, and return its folder."""
    raw.mkdir(exist_ok=True)
    sources = [{"root": str(root)} for root in roots]
    (raw / "fetched.json").write_text(json.dumps({"dataset": "tiny", "sources": sources}))
    return raw
