"""data/recorded.json, which is kept in git: the checksums of sources that declare none.

The key of an entry is the source's locations, without passwords. It has `sha256` and `size` of the first download,
which later ones must match, and `content`, the digest of the user's own folder or file when the workflow last read it,
for clones without it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pixcycle.base.errors import UserError
from pixcycle.base.file_lock import locked
from pixcycle.base.files import NotJson, read_json, write_json
from pixcycle.base.login import without_login
from pixcycle.params.dataset import Source

RECORDED = Path("data/recorded.json")
"""Path relative to the project folder."""


def location_key(source: Source) -> str:
    """Return what names the data of a source that declares no checksum."""
    return " ".join(source.locations)


def hold_to_first_seen(recorded: Path, source: Source, sha256: str, size: int, location: str) -> None:
    """Record the sha256 of a source's first download, and refuse any other from then on (trust on first use).

    Safe to call from several processes at once. Raises UserError for a sha256 other than the recorded one.
    """
    with _changing(recorded) as entries:
        entry = entries.setdefault(_key(source), {})
        if "sha256" not in entry:
            entry |= {"sha256": sha256, "size": size, "location": without_login(location)}
    if entry["sha256"] != sha256:
        raise UserError(
            f"the sha256 is {sha256}, but {recorded} has {entry['sha256']} from the first download; "
            f"if the change is intended, write `sha256: {sha256}` into params.yaml"
        )


def recorded_content(recorded: Path, source: Source) -> str | None:
    """Return the content digest of the user's own folder or file as last recorded, here or in another clone."""
    return _read(recorded).get(_key(source), {}).get("content")


def record_content(recorded: Path, source: Source, content: str) -> None:
    """Record the content digest of the user's own folder or file. Safe to call from several processes at once."""
    if recorded_content(recorded, source) != content:
        with _changing(recorded) as entries:
            entries.setdefault(_key(source), {})["content"] = content


def _key(source: Source) -> str:
    return without_login(location_key(source))


@contextmanager
def _changing(recorded: Path) -> Iterator[dict[str, Any]]:
    """Yield the entries for one process at a time to change; write them at the end of the block if they changed."""
    recorded.parent.mkdir(parents=True, exist_ok=True)
    with locked(recorded.with_name(f".{recorded.name}.lock")):
        before, entries = _read(recorded), _read(recorded)
        yield entries
        if entries != before:
            write_json(recorded, dict(sorted(entries.items())))


def _read(recorded: Path) -> dict[str, Any]:
    try:
        entries = read_json(recorded) if recorded.exists() else {}
    except NotJson:
        entries = None
    if not (isinstance(entries, dict) and all(isinstance(entry, dict) for entry in entries.values())):
        raise UserError(f"{recorded}: is not valid JSON as pixcycle writes it; repair it, or restore it from git")
    for entry in entries.values():  # earlier versions recorded passwords, which vanish when the file is next written
        if "location" in entry:
            entry["location"] = without_login(str(entry["location"]))
    return {without_login(key): entry for key, entry in entries.items()}
