"""manifest.json of prepared data: how they were made, their images, and the dataset card."""

from pathlib import Path
from typing import Literal

from pixcycle.params.fields import Closed, Intensities, Positive, Preprocess, Resize
from pixcycle.records.record import Record

Domain = Literal["A", "B"]
Split = Literal["train", "test"]


class PrepareSpec(Closed):
    """Sizes and limits of a prepared dataset; the fields mean the same as in an experiment and a scale."""

    load_size: Positive
    crop_size: Positive
    preprocess: Preprocess
    resize: Resize
    first_size: Positive | None = None
    intensities: Intensities = "fixed"
    train_images: Positive | None = None
    test_images: Positive | None = None


class Images(Record):
    """The images of one split and domain, in the order of their array.

    Attributes
    ----------
    names, sizes
        Name and distributed (width, height) of each image.
    file_types
        Types of the distributed files: `jpeg`, `png` or both.
    sha256
        SHA-256 of the array's pixels.
    """

    n: int
    names: list[str] = []
    sizes: list[tuple[int, int]] = []
    file_types: list[str] = []
    sha256: str = ""


class Count(Record):
    """Images in a folder as distributed, their publisher's count, and found - published."""

    found: int
    published: int | None = None
    difference: int | None = None


class Sizes(Record):
    """Distributed sizes as (width, height); the smallest and largest by area, and the number of distinct ones."""

    smallest: tuple[int, int]
    largest: tuple[int, int]
    most_common: tuple[int, int]
    distinct: int


class Listed(Record):
    """Number of images with a property, and the names of the first of them."""

    total: int
    names: list[str]


class Duplicates(Record):
    """Groups of equal images: how many groups, how many images in all of them, and the names in the first groups."""

    groups: int
    images: int
    names: list[list[str]]


class Card(Record):
    """What a reader should know about the images before trusting a number computed from them.

    Attributes
    ----------
    counts
        By distributed folder.
    images
        Number of prepared images by split and domain.
    sizes, grey, turned
        By domain. Turned are images that viewers rotate or mirror; empty if there are none.
    duplicates
        By domain, then by place: a split, for groups within it, or "across splits".
    """

    counts: dict[str, Count] = {}
    images: dict[str, dict[Domain, int]] = {}
    sizes: dict[Domain, Sizes] = {}
    grey: dict[Domain, Listed] = {}
    turned: dict[Domain, Listed] = {}
    duplicates: dict[Domain, dict[str, Duplicates]] = {}


class Manifest(Record):
    """The record of prepared data."""

    dataset: str
    paired: bool
    splits: dict[Split, dict[Domain, Images]]
    title: str = ""
    domains: tuple[str, str] = ("A", "B")
    spec: PrepareSpec | None = None
    card: Card = Card()

    @property
    def test(self) -> dict[Domain, Images]:
        return self.splits["test"]

    def sha256(self, split: Split) -> dict[Domain, str]:
        """Return the SHA-256 of the pixels of a split by domain; empty strings if an older version made them."""
        return {domain: images.sha256 for domain, images in self.splits[split].items()}


def manifest_file(prepared: Path) -> Path:
    return prepared / "manifest.json"


def read_manifest(prepared: Path) -> Manifest:
    """Read the manifest of a folder of prepared data. See `Record.read`."""
    return Manifest.read(manifest_file(prepared))
