from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from pixcycle.data.card import card, facts
from pixcycle.records.manifest import Manifest
from pixcycle.report.content import Bullets
from pixcycle.report.dataset_cards import cards


def remarks(orientations: list[int]) -> dict[str, str]:
    """Return the remarks of a card on images of these EXIF orientations in domain A, and an upright one in B."""
    images = []
    for domain, turns in (("A", orientations), ("B", [1])):
        for i, orientation in enumerate(turns):
            image = Image.fromarray(np.full((4, 4, 3), i, np.uint8))
            image.info["orientation"] = orientation
            images.append(facts(image, "train", domain, f"train/{i}"))
    dataset = SimpleNamespace(title="Tiny", domains=("A", "B"), published={}, licence="free")
    values = SimpleNamespace(
        manifests={"tiny-1": Manifest(dataset="tiny", paired=True, splits={}, card=card(images, {}))},
        all_runs=[],
        plan=SimpleNamespace(params=SimpleNamespace(datasets={"tiny": dataset})),
    )
    [bullets] = [block for block in cards(values) if isinstance(block, Bullets)]
    return dict(bullets.items)


@pytest.mark.parametrize(("orientations", "remark"), [([1, 6, 3, 1], "A 2 (train/1, train/2); B 0"), ([1, 1], None)])
def test_cards_list_images_that_viewers_turn_by_exif(orientations, remark):
    assert remarks(orientations).get("Turned by EXIF in viewers, here as stored") == remark
