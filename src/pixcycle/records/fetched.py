"""fetched.json of a downloaded dataset: where each source came from, and where its files are."""

from pathlib import Path

from pixcycle.records.record import Record


class FetchedSource(Record):
    """A verified source.

    Attributes
    ----------
    sha256, size
        Of the archive or file; None for a folder.
    content
        Digest of its files.
    root
        Folder or file, relative to the dataset's folder.
    """

    root: str
    location: str = ""
    content: str = ""
    sha256: str | None = None
    size: int | None = None


class Fetched(Record):
    """The record of a downloaded dataset."""

    dataset: str
    sources: list[FetchedSource]


def fetched_file(raw: Path) -> Path:
    return raw / "fetched.json"
