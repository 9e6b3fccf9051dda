"""The user's own folders of images: what git is told of them, and which of them DVC does not watch."""

from collections.abc import Iterable
from pathlib import Path

from pixcycle.data.digest import is_declared, own_digest, own_path
from pixcycle.data.record import RECORDED, record_content
from pixcycle.schema import Source

WATCHED = Path("data/own")
"""Below the project's folder; a dependency of the stages in dvc.yaml."""


def note_own_data(sources: Iterable[Source], root: Path = Path()) -> None:
    """Record what the user's own folders and files hold, by which their data are named in clones that lack them.

    Each time the workflow is read, and not when they are fetched: a folder that is put back as it was is not fetched.
    """
    for source in sources:
        if not is_declared(source) and (digest := own_digest(source, root)):
            record_content(root / RECORDED, source, digest)


def unwatched(sources: Iterable[Source], root: Path = Path()) -> list[Path]:
    """The user's own folders whose changes `dvc repro` does not see: it looks into data/own/, and past links."""
    own = [own_path(source, root) for source in sources if not is_declared(source)]
    watched = (root / WATCHED).resolve()
    return [path for path in own if path and path.is_dir() and watched not in path.resolve().parents]
