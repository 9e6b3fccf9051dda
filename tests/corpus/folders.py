"""Odd names, numbers and places of good images, each with the expected image names and greys, or a refusal.

Rows are written to the folder data/own/DATASET of a project.
"""

import itertools
import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.corpus.encoded import png_of
from tests.corpus.form import Input


@dataclass(frozen=True)
class Expected:
    """Expected result of preparing the training images of a dataset of projects.LAYOUTS.

    Attributes
    ----------
    greys
        Grey level of each image by domain and name.
    refused
        A phrase of the error message; empty if the dataset is accepted.
    """

    dataset: str
    greys: dict[str, dict[str, int]] | None = None
    refused: str = ""


def level(image: int, width: int = 16, height: int = 16) -> bytes:
    """Return a PNG of one grey level."""
    return png_of(np.full((height, width, 3), image))


def pair(image: int) -> bytes:
    """Return a PNG pair: A on the left, of one grey level; B on the right, 100 brighter."""
    return png_of(np.full((16, 32, 3), image) + 100 * (np.arange(32) > 15)[:, None])


def put(root: Path, path: str | bytes, content: bytes) -> None:
    target = os.path.join(os.fsencode(root), os.fsencode(path))
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as file:
        file.write(content)


def files(contents: dict[str | bytes, bytes]) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        for path, content in contents.items():
            put(root, path, content)

    return make


def pairs(*names: str | bytes, **also: bytes) -> Callable[[Path], None]:
    """Write side-by-side pairs, of which the i-th training image has grey level i, and other files of that split."""
    train = {b"train/" + os.fsencode(name): pair(i % 100) for i, name in enumerate(names)}
    return files(train | {f"train/{path}": content for path, content in also.items()} | {"val/1.png": pair(9)})


def domains(a: list[str], b: list[str]) -> Callable[[Path], None]:
    """Write domain folders in which the i-th image of A has grey level i, and that of B 100 + i."""
    train = {f"trainA/{name}": level(i) for i, name in enumerate(a)}
    train |= {f"trainB/{name}": level(100 + i) for i, name in enumerate(b)}
    return files(train | {"valA/1.png": level(9), "valB/1.png": level(109)})


def cities(frame: str | bytes = "bonn_000001_000019", without: str = "nothing") -> Callable[[Path], None]:
    frame, photos, labels = (
        os.fsencode(frame),
        b"leftImg8bit/%s/bonn/%s_leftImg8bit.png",
        b"gtFine/%s/bonn/%s_gtFine_color.png",
    )
    contents = {
        path % (split, frame): level(grey, 32, 16)
        for path, grey in ((photos, 1), (labels, 101))
        for split in (b"train", b"val")
    }
    return files({path: content for path, content in contents.items() if without.encode() not in path})


def linked_to_itself(root: Path) -> None:
    pairs("1.png")(root)
    (root / "train/again").symlink_to("..")
    (root / "again").symlink_to(".")


def linked_from_elsewhere(root: Path) -> None:
    pairs("1.png")(root)
    (root / "train").rename(root.parent / "elsewhere")
    (root / "train").symlink_to("../elsewhere")


def emptied(root: Path) -> None:
    root.mkdir(parents=True)


def without_images(root: Path) -> None:
    pairs(**{".hidden.png": pair(1), "._1.png": b"AppleDouble"})(root)


def of_pairs(name: str, make: Callable[[Path], None], *names: str) -> Input:
    greys = {f"train/{stem}": i % 100 for i, stem in enumerate(names)}
    return Input(name, make, Expected("pairs", {"A": greys, "B": {stem: grey + 100 for stem, grey in greys.items()}}))


def named(*stems: str) -> Input:
    return of_pairs(f"named {', '.join(map(ascii, stems))}"[:60], pairs(*(f"{stem}.png" for stem in stems)), *stems)


def refused(name: str, dataset: str, make: Callable[[Path], None], phrase: str) -> Input:
    return Input(name, make, Expected(dataset, refused=phrase))


def odd_pair(width: int, height: int) -> Input:
    size = f"{width}x{height}"
    make = pairs("1.png", **{"2.png": level(0, width, height)})
    return refused(f"a pair of {size}", "pairs", make, f"train/2.png is {size};")


COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Zürich é") for form in ("NFC", "NFD"))
CASES = ["".join(letters) for letters in itertools.product(*zip("abcdefghij", "ABCDEFGHIJ", strict=True))]
LEFT_BEHIND = {
    name: b"left behind" for name in (".DS_Store", "._1.png", "Thumbs.db", "desktop.ini", "readme.txt", "1.png.part")
}

FOLDERS = [
    named("two\nlines"),
    named("a\ttab", "a\rreturn"),
    named("\x1b[31mred", "bell\x07"),
    named("it's", 'so "quoted"'),
    named("back\\slash", "back\\\\slashes"),
    named("-rf", "--help"),
    named("<script>alert(1)<", "&amp;"),
    named("$(reboot)", "`reboot`", "a;b", "{wildcard}"),
    named("%s", "%2e%2e%2f", "~", "*", "?"),
    named("  ", " 1", "1 "),
    named("1.", "1.2.png", "1..2"),
    named("שלום", "مرحبا"),
    named("图", "👩‍🎨", "🖼"),
    named("\u202egnp"),
    named("CON", "NUL"),
    named(251 * "x"),
    named(251 * "1"),
    named(125 * "é"),
    named("0", "00", "000", "٣", "²"),
    named("A", "a"),
    named(*CASES),
    of_pairs("endings in capitals", pairs("1.PNG", "2.Jpg", "3.JPEG"), "1", "2", "3"),
    of_pairs("a name as written by macOS", pairs(f"{DECOMPOSED}.png"), COMPOSED),
    of_pairs("files that operating systems leave behind", pairs("1.png", **LEFT_BEHIND), "1"),
    of_pairs("folders that link into each other", linked_to_itself, "1"),
    of_pairs("a split that is a link", linked_from_elsewhere, "1"),
    of_pairs("a pair of 2x2", pairs(**{"1.png": png_of(np.array([[(0,) * 3, (100,) * 3]] * 2))}), "1"),
    refused(
        "a name that is not UTF-8", "pairs", pairs("1.png", b"caf\xe9.png"), r"train/caf\udce9 (train) is not UTF-8"
    ),
    refused(
        "a frame whose name is not UTF-8",
        "cities",
        cities(b"bonn_\xff_1"),
        r"bonn_\udcff_1 (train) is not UTF-8",
    ),
    refused("the same name as JPEG and PNG", "pairs", pairs("1.jpg", "1.png"), "1.png would be the same image"),
    refused(
        "the same name with a suffix in capitals", "pairs", pairs("1.jpg", "1.JPG"), "1.jpg would be the same image"
    ),
    refused(
        "the same name in two Unicode forms",
        "pairs",
        pairs(f"{COMPOSED}.png", f"{DECOMPOSED}.png"),
        "would be the same",
    ),
    refused(
        "the same name, with a newline", "pairs", pairs("a\nb.jpg", "a\nb.png"), r"a\nb.png would be the same image"
    ),
    refused(
        "a WebP among PNGs",
        "pairs",
        pairs("1.png", **{"2.webp": b"RIFF"}),
        "2.webp would be skipped (1 of 2 files there)",
    ),
    odd_pair(31, 16),
    odd_pair(32, 15),
    odd_pair(1, 1),
    odd_pair(2, 1),
    odd_pair(1, 2),
    refused("no files", "pairs", emptied, "data/own/pairs: the folder holds no files"),
    refused(
        "no images in a split",
        "pairs",
        files({"train/readme.txt": b"soon", "val/1.png": pair(0)}),
        "train holds no .jpg",
    ),
    refused("only hidden images", "pairs", without_images, "train holds no .jpg, .jpeg or .png"),
    refused("only one split", "pairs", files({"train/1.png": pair(0)}), "no folder 'val' in"),
    refused("no folders", "pairs", files({"1.png": pair(0)}), "no folder 'train' in"),
    refused(
        "a file in place of a split", "pairs", files({"train": b"1.png", "val/1.png": pair(0)}), "no folder 'train' in"
    ),
    refused(
        "a split too deep",
        "pairs",
        files({"a/b/c/d/train/1.png": pair(0), "val/1.png": pair(0)}),
        "no folder 'train' in",
    ),
    refused(
        "a split in two places",
        "pairs",
        files({"x/train/1.png": pair(0), "y/train/1.png": pair(0)}),
        "several folders are called 'train'",
    ),
    refused(
        "pairs in two folders", "pairs", domains(["1.png"], ["1.png"]), "layout is side_by_side; write domain_folders"
    ),
    refused("pairs in one image", "matched", pairs("1.png"), "layout is domain_folders; write side_by_side"),
    refused("A without B", "matched", files({"trainA/1.png": level(0)}), "no folder 'trainB' or 'B/train' in"),
    refused("more A than B, paired", "matched", domains(["1.png", "2.png"], ["1.png"]), "1 have no partner: train/2"),
    refused(
        "different names in A and B, paired",
        "matched",
        domains(["1.png"], ["2.png"]),
        "2 have no partner: train/1, train/2",
    ),
    refused(
        "an unmatched name with a newline",
        "matched",
        domains(["1.png", "a\nb.png"], ["1.png"]),
        r"have no partner: train/a\nb",
    ),
    Input(
        "more A than B, unpaired",
        domains(["1.png", "2.png"], ["3.png"]),
        Expected("domains", {"A": {"train/1": 0, "train/2": 1}, "B": {"train/3": 100}}),
    ),
    Input(
        "partners in two Unicode forms",
        domains([f"{COMPOSED}.png"], [f"{DECOMPOSED}.jpg"]),
        Expected("matched", {"A": {f"train/{COMPOSED}": 0}, "B": {f"train/{COMPOSED}": 100}}),
    ),
    Input(
        "Cityscapes",
        cities(),
        Expected("cities", {"A": {"train/bonn_000001_000019": 1}, "B": {"train/bonn_000001_000019": 101}}),
    ),
    Input(
        "Cityscapes frames with a newline",
        cities("bonn\n1"),
        Expected("cities", {"A": {"train/bonn\n1": 1}, "B": {"train/bonn\n1": 101}}),
    ),
    refused(
        "Cityscapes without a label", "cities", cities(without="gtFine/train"), "no train/CITY/*_gtFine_color.png in"
    ),
    refused(
        "Cityscapes without photos", "cities", cities(without="leftImg8bit/"), "no train/CITY/*_leftImg8bit.png in"
    ),
]
