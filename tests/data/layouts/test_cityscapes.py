from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixcycle.base.errors import UserError
from pixcycle.data.layouts.images import images
from pixcycle.data.prepare import PrepareSpec, prepare
from pixcycle.params.dataset import Dataset
from pixcycle.records.manifest import read_manifest
from tests.data.conftest import fetch_zips, zip_of_images
from tests.support.tiny_archives import record

FRAMES = {
    "train": ["zurich_000002_000019", "aachen_000010_000019", "aachen_000002_000019"],
    "val": ["frankfurt_000001_000294"],
    "test": ["berlin_000000_000019"],
}
HEIGHT, WIDTH = 16, 32


def pixels(frame: str, channels: int) -> np.ndarray:
    """Return the random pixels of a frame; the fourth channel, transparency, is random as well."""
    seed = [*frame.encode(), channels]
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, channels), dtype=np.uint8)


def photos(package: str = "leftImg8bit", frames: dict[str, list[str]] = FRAMES) -> dict[str, np.ndarray | bytes]:
    """Return the contents of leftImg8bit_trainvaltest.zip."""
    files = {"README": b"Cityscapes", "license.txt": b"terms"}
    for split, names in frames.items():
        for name in names:
            files[f"{package}/{split}/{name.split('_')[0]}/{name}_leftImg8bit.png"] = pixels(name, 3)
    return files


def labels(kind: str = "gtFine", frames: dict[str, list[str]] = FRAMES) -> dict[str, np.ndarray | bytes]:
    """Return the contents of gtFine_trainvaltest.zip; as published, colours are RGBA and instances have 16 bits."""
    files = {"README": b"Cityscapes", "license.txt": b"terms"}
    for split, names in frames.items():
        for name in names:
            stem = f"{kind}/{split}/{name.split('_')[0]}/{name}_{kind}"
            files[f"{stem}_color.png"] = pixels(name, 4)
            files[f"{stem}_instanceIds.png"] = np.full((HEIGHT, WIDTH), 26001, np.uint16)
            files[f"{stem}_labelIds.png"] = np.full((HEIGHT, WIDTH), 7, np.uint8)
            files[f"{stem}_polygons.json"] = b"{}"
    return files


def below(wrapper: str, files: dict) -> dict:
    return {f"{wrapper}/{path}": content for path, content in files.items()}


def brought(folder: Path, *archives: dict) -> Path:
    """Fetch a dataset of these archives, and return its raw folder."""
    zips = [zip_of_images(folder / f"bring/{index}.zip", files) for index, files in enumerate(archives)]
    return fetch_zips(folder / "raw", *zips)


def dataset(**fields) -> Dataset:
    tree = {
        "title": "Tiny streets",
        "layout": "cityscapes",
        "sources": [{"locations": ["one.zip"]}, {"locations": ["two.zip"]}],
        "splits": {"train": ["train"], "test": ["val"]},
        "published": {"train": 3, "val": 2},
        "licence": "free",
    }
    return Dataset(**(tree | fields))


@pytest.mark.parametrize(
    "archives",
    [
        (photos(), labels()),
        (labels(), photos()),
        (below("leftImg8bit_trainvaltest", photos()), below("gtFine_trainvaltest", labels())),
        (below("cityscapes", photos() | labels()),),
    ],
    ids=["photos first", "labels first", "one folder deeper", "both in one"],
)
def test_cityscapes_photos_are_a_and_labels_b_wherever_they_are(tmp_path, archives):
    raw = brought(tmp_path, *archives)
    names = ["train/aachen_000002_000019", "train/aachen_000010_000019", "train/zurich_000002_000019"]
    for split, part, expected in (("train", "train", names), ("test", "val", ["val/frankfurt_000001_000294"])):
        found = images(dataset(), raw, split)
        for domain, channels in (("A", 3), ("B", 4)):
            assert [item.name for item in found[domain]] == expected
            assert {item.folder for item in found[domain]} == {part}
            for item in found[domain]:
                frame = Image.fromarray(pixels(item.name.removeprefix(f"{part}/"), channels)[..., :3])
                method = {"A": Image.Resampling.BICUBIC, "B": Image.Resampling.NEAREST}[domain]
                np.testing.assert_array_equal(np.asarray(item.open()), np.asarray(frame.resize((256, 256), method)))


def test_cityscapes_reads_folders_unpacked_by_hand(tmp_path):
    inside = brought(tmp_path, photos(), labels())
    (inside / "files-0/leftImg8bit/train/aachen/._aachen_000002_000019_leftImg8bit.png").write_bytes(b"of a Mac")
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/leftImg8bit").symlink_to(inside / "files-0/leftImg8bit")
    (tmp_path / "disk/gtFine").symlink_to(inside / "files-1/gtFine")
    for roots in (["disk", "disk"], ["disk/leftImg8bit", "disk/gtFine"]):
        record(tmp_path, *(tmp_path / root for root in roots))
        assert [len(images(dataset(), tmp_path, "train")[domain]) for domain in "AB"] == [3, 3]


def test_cityscapes_prepares_256_pixel_pairs_counted_by_split(tmp_path):
    spec = PrepareSpec(load_size=286, crop_size=256, preprocess="jitter", resize="nearest")
    prepare("tiny", dataset(), brought(tmp_path, photos(), labels()), tmp_path / "out", spec)
    counts = read_manifest(tmp_path / "out").card.counts
    assert {split: (n.found, n.published) for split, n in counts.items()} == {"train": (3, 3), "val": (1, 2)}
    frame = Image.fromarray(pixels("aachen_000002_000019", 3))
    half = frame.resize((256, 256), Image.Resampling.BICUBIC).resize((286, 286), Image.Resampling.NEAREST)
    np.testing.assert_array_equal(np.load(tmp_path / "out/train_A.npy")[0], np.asarray(half))


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("photo", r"have a \*_gtFine_color\.png, but no \*_leftImg8bit\.png: zurich_000002_000019;"),
        ("label", r"have a \*_leftImg8bit\.png, but no \*_gtFine_color\.png: zurich_000002_000019;"),
    ],
)
def test_cityscapes_names_frames_without_photo_or_label(tmp_path, missing, message):
    fewer = FRAMES | {"train": FRAMES["train"][1:]}
    of_photos, of_labels = (fewer, FRAMES) if missing == "photo" else (FRAMES, fewer)
    raw = brought(tmp_path, photos(frames=of_photos), labels(frames=of_labels))
    whole = r"download all of leftImg8bit_trainvaltest\.zip and gtFine_trainvaltest\.zip"
    with pytest.raises(UserError, match=f"^tiny: 1 frames of train {message} {whole}$"):
        images(dataset(), raw, "train")


COARSE = {"train": FRAMES["train"], "train_extra": ["erlangen_000000_000000"], "val": FRAMES["val"]}


@pytest.mark.parametrize(
    ("archives", "message"),
    [
        (
            (photos(), labels("gtCoarse", COARSE)),
            r"no train/CITY/\*_gtFine_color\.png in .* gtFine_trainvaltest\.zip; found only gtCoarse/train, "
            r"gtCoarse/train_extra, gtCoarse/val, leftImg8bit/test, leftImg8bit/train, leftImg8bit/val",
        ),
        (
            (photos(frames={"train_extra": ["erlangen_000000_000000"]}), labels()),
            r"no train/CITY/\*_leftImg8bit\.png in .* leftImg8bit_trainvaltest\.zip; found only "
            r"gtFine/test, gtFine/train, gtFine/val, leftImg8bit/train_extra",
        ),
        (
            ({"train/1.jpg": pixels("pair", 3)},),
            r"no train/CITY/\*_leftImg8bit\.png in .* leftImg8bit_trainvaltest\.zip",
        ),
    ],
    ids=["gtCoarse", "trainextra", "ready-made pairs"],
)
def test_cityscapes_names_the_right_archive_for_a_wrong_one(tmp_path, archives, message):
    with pytest.raises(UserError, match=f"^tiny: {message}$"):
        images(dataset(), brought(tmp_path, *archives), "train")


def test_cityscapes_refuses_two_copies_of_a_frame(tmp_path):
    raw = brought(tmp_path, photos(), labels(), photos("leftImg8bit_sequence"))
    with pytest.raises(UserError, match=r"leftImg8bit/train/.* and .*leftImg8bit_sequence/train/.* the same image"):
        images(dataset(), raw, "train")


def test_cityscapes_refuses_the_blank_labels_of_the_test_split(tmp_path):
    with pytest.raises(UserError, match=r"tiny: .* 'test'; known: train, val"):
        images(dataset(splits={"train": ["train"], "test": ["test"]}), brought(tmp_path, photos(), labels()), "test")
