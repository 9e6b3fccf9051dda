"""The user's own folders of images: record their digests for git, and find those that DVC does not watch."""

from collections.abc import Iterable
from pathlib import Path

from pixcycle.data.fetch.digest import is_declared, own_digest, own_path
from pixcycle.data.fetch.recorded import RECORDED, record_content
from pixcycle.params.dataset import Source

WATCHED = Path("data/own")
"""Folder of the user's data, relative to the project; a dependency of the stages in dvc.yaml."""


def note_own_data(sources: Iterable[Source], root: Path = Path()) -> None:
    """Record the content digests of the user's own folders and files, which name the data in clones without them.

    Call it whenever the workflow is read, not when data are fetched: a folder that is restored is not fetched again.
    """
    for source in sources:
        if not is_declared(source) and (digest := own_digest(source, root)):
            record_content(root / RECORDED, source, digest)


def unwatched(sources: Iterable[Source], root: Path = Path()) -> list[Path]:
    """Return the user's own folders whose changes `dvc repro` misses: it watches data/own/, but follows no links."""
    own = [own_path(source, root) for source in sources if not is_declared(source)]
    watched = (root / WATCHED).resolve()
    return [path for path in own if path and path.is_dir() and watched not in path.resolve().parents]
