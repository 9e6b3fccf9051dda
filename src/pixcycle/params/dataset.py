"""Schema of what is downloaded: archives, files and folders, and the datasets made of them."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, model_validator

from pixcycle.base.files import local_path
from pixcycle.params.fields import MD5, SHA256, Byte, Closed, Count, FolderName, LayoutName, Location, Positive


class Source(Closed):
    """An archive, file or folder: where to get it, and how to verify it."""

    locations: list[Location] = []
    """Where to get it, tried in this order: http(s) and file:// addresses, paths, `package:MODULE/FILE` of an installed
    package."""
    size: Annotated[StrictInt, Field(ge=1, le=10**15)] | None = None
    """Size of the published archive in bytes."""
    sha256: str | None = Field(None, pattern=SHA256)
    """SHA-256 of the published archive."""
    md5: str | None = Field(None, pattern=MD5)
    """MD5 of the published archive or file, where its publisher states no other checksum."""
    content: str | None = Field(None, pattern=SHA256)
    """Digest of the files in the archive (`pixcycle digest`), which also accepts a repacked archive."""
    bring: str | None = None
    """Instructions for data that may not be downloaded automatically: what to download, and from where."""

    @model_validator(mode="after")
    def _lies_somewhere(self) -> Self:
        if self.bring and not any(local_path(location) for location in self.locations):
            raise ValueError("bring needs a path to put the data at; add one to its locations")
        if not self.locations:
            raise ValueError("has no locations; add an address, a path or package:MODULE/FILE")
        return self


class Dataset(Closed):
    """A dataset as its publisher distributes it."""

    title: str
    layout: LayoutName
    """Arrangement of the files. side_by_side: SPLIT/N.jpg, with A on the left and B on the right. domain_folders:
    SPLITA/ and SPLITB/. domain_sources: a source for each domain, without splits (see held_out). earth: two maps of the
    world. cityscapes: the downloaded photos and labels."""
    sources: list[Source] = Field(min_length=1)
    splits: dict[Literal["train", "test"], list[FolderName]]
    """Distributed splits to train on and to evaluate on."""
    held_out: Count = 0
    """Number of pairs, the last ones by name, that make up the split `test`; all others are `train` (domain_sources
    only)."""
    published: dict[str, Positive] = {}
    """Number of images that the publisher states, by folder (SPLIT or SPLITA)."""
    domains: tuple[str, str] = ("A", "B")
    """Names of the two domains for readers."""
    paired: bool = True
    classes: dict[str, tuple[Byte, Byte, Byte]] = Field({}, max_length=200)
    """Colours of the classes of domain B if it is a label map. FCN-score scores these classes."""
    void: list[tuple[Byte, Byte, Byte]] = []
    """Colours of domain B that belong to no class and are not scored."""
    licence: str

    @model_validator(mode="after")
    def _is_divided_once(self) -> Self:
        if self.held_out and self.layout != "domain_sources":
            raise ValueError(f"held_out: {self.layout} has splits of its own; name them in splits, and remove held_out")
        return self
