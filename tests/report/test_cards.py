from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from pixcycle.data.card import card, facts
from pixcycle.report.cards import cards
from pixcycle.report.content import Bullets


def remarks(orientations: list[int]) -> dict[str, str]:
    """What the card says of a dataset whose images of domain A are turned so by EXIF; B has an upright one."""
    images = []
    for domain, turns in (("A", orientations), ("B", [1])):
        for i, orientation in enumerate(turns):
            image = Image.fromarray(np.full((4, 4, 3), i, np.uint8))
            image.info["orientation"] = orientation
            images.append(facts(image, "train", domain, f"train/{i}"))
    dataset = SimpleNamespace(title="Tiny", domains=("A", "B"), published={}, licence="free")
    values = SimpleNamespace(
        manifests={"tiny-1": {"dataset": "tiny", "card": card(images, {})}},
        all_runs=[],
        plan=SimpleNamespace(params=SimpleNamespace(datasets={"tiny": dataset})),
    )
    [found] = [block for block in cards(values) if isinstance(block, Bullets)]
    return dict(found.items)


@pytest.mark.parametrize(("orientations", "told"), [([1, 6, 3, 1], "A 2 (train/1, train/2); B 0"), ([1, 1], None)])
def test_the_card_tells_which_images_viewers_turn_and_we_do_not(orientations, told):
    assert remarks(orientations).get("Turned by EXIF in viewers, here as stored") == told
