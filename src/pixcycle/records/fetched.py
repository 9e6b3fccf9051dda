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
        Folder or file, relative to the dataset's folder; for one that is used where it lies, relative to the project
        or, outside it, absolute.
    in_place
        Whether it is used where it lies.
    """

    root: str
    in_place: bool = False
    location: str = ""
    content: str = ""
    sha256: str | None = None
    size: int | None = None

    def path(self, raw: Path, project: Path = Path()) -> Path:
        """Return the folder or file of a source of the dataset in the folder `raw`."""
        return (project if self.in_place else raw) / self.root


class Fetched(Record):
    """The record of a downloaded dataset."""

    dataset: str
    sources: list[FetchedSource]


def fetched_file(raw: Path) -> Path:
    return raw / "fetched.json"
