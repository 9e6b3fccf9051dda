import numpy as np
import pytest
from PIL import Image

from pixcycle.data.card import LISTED, Facts, card, count, facts
from pixcycle.records.manifest import Card, Sizes


def picture(seed: int, width: int = 5, height: int = 4) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def seen(split: str, name: str, digest: str, domain: str = "A", grey: bool = False, size=(8, 8)) -> Facts:
    return Facts(split, domain, f"{split}/{name}", size, digest, grey)


def test_card_compares_counts_with_published_ones():
    assert count(found=939, published=1067).difference == -128
    assert count(found=7, published=None).difference is None


def test_card_groups_duplicates_by_split():
    images = [
        seen("train", "1", "x"),
        seen("train", "2", "x"),
        seen("train", "3", "y"),
        seen("train", "4", "z"),
        seen("test", "1", "y"),
        seen("test", "2", "w"),
        seen("test", "3", "v"),
        seen("test", "4", "v"),
        seen("test", "5", "v"),
        seen("test", "1", "x", domain="B"),
    ]
    assert card(images, {}).model_dump()["duplicates"] == {
        "A": {
            "train": {"groups": 1, "images": 2, "names": [["train/1", "train/2"]]},
            "test": {"groups": 1, "images": 3, "names": [["test/3", "test/4", "test/5"]]},
            "across splits": {"groups": 1, "images": 2, "names": [["train/3", "test/1"]]},
        },
        "B": {
            "test": {"groups": 0, "images": 0, "names": []},
            "across splits": {"groups": 0, "images": 0, "names": []},
        },
    }


def test_card_counts_and_names_grey_images():
    images = [seen("train", "1", "a"), seen("train", "2", "b", grey=True), seen("test", "1", "c", grey=True)]
    assert card(images, {}).model_dump()["grey"] == {"A": {"total": 2, "names": ["train/2", "test/1"]}}


def test_card_caps_lists_but_not_totals():
    grey = [seen("train", str(i), str(i // 2), grey=True) for i in range(100)]
    data = card(grey, {})
    assert (data.grey["A"].total, len(data.grey["A"].names)) == (100, LISTED)
    duplicates = data.duplicates["A"]["train"]
    assert (duplicates.groups, duplicates.images, len(duplicates.names)) == (50, 100, LISTED)


def test_card_summarises_sizes():
    sizes = [(256, 256), (10, 20), (256, 256), (300, 400), (64, 64)]
    images = [seen("train", str(i), str(i), size=size) for i, size in enumerate(sizes)]
    expected = Sizes(smallest=(10, 20), largest=(300, 400), most_common=(256, 256), distinct=4)
    assert card(images, {}).sizes["A"] == expected


def test_card_counts_images_by_split_and_domain():
    images = [
        seen("train", "1", "a"),
        seen("train", "2", "b"),
        seen("test", "1", "c"),
        seen("train", "1", "d", "B"),
    ]
    assert card(images, {}).images == {"train": {"A": 2, "B": 1}, "test": {"A": 1}}


def test_facts_digest_does_not_depend_on_compression(tmp_path):
    picture(1).save(tmp_path / "small.png", compress_level=9)
    picture(1).save(tmp_path / "large.png", compress_level=0)
    digests = [facts(Image.open(tmp_path / f), "train", "A", f).digest for f in ("small.png", "large.png")]
    assert (tmp_path / "small.png").read_bytes() != (tmp_path / "large.png").read_bytes()
    assert digests[0] == digests[1]


def test_facts_digest_changes_with_one_pixel_or_the_shape():
    image = picture(1)
    changed = image.copy()
    changed.putpixel((4, 3), tuple(255 - v for v in image.getpixel((4, 3))))
    reshaped = Image.frombytes("RGB", (4, 5), image.tobytes())
    assert len({facts(i, "train", "A", "1").digest for i in (image, changed, reshaped)}) == 3


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_facts_grey_needs_equal_channels_in_every_pixel(channel):
    grey = picture(2).convert("L").convert("RGB")
    assert facts(grey, "train", "A", "1").grey
    pixel = list(grey.getpixel((0, 0)))
    pixel[channel] ^= 1
    grey.putpixel((0, 0), tuple(pixel))
    assert not facts(grey, "train", "A", "1").grey


def test_card_survives_json():
    data = card([facts(picture(i), "train", "A", str(i)) for i in range(3)], {"train": count(3, 4)})
    assert Card.model_validate_json(data.model_dump_json()) == data
