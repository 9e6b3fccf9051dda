"""data/recorded.json, which git keeps: what sources that declare no checksum were seen to hold.

For each, under the names of its locations: `sha256` and `size` of its first download, to which later ones are held; and
`content`, the digest of the user's own folder or file when the workflow last saw it, by which a clone without it goes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pixcycle.alone import locked
from pixcycle.errors import UserError
from pixcycle.files import NotJson, read_json, write_json
from pixcycle.schema import Source

RECORDED = Path("data/recorded.json")
"""Below the project's folder."""


def location_key(source: Source) -> str:
    """The name of a source whose content is not declared."""
    return " ".join(source.locations)


def hold_to_first_seen(recorded: Path, source: Source, sha256: str, size: int, location: str) -> None:
    """Trust on first use: record what a source gave, and from then on refuse anything else.

    Raises UserError for another sha256 than the recorded one. Several processes may do this at once.
    """
    with _changing(recorded) as known:
        entry = known.setdefault(location_key(source), {})
        if "sha256" not in entry:
            entry |= {"sha256": sha256, "size": size, "location": location}
    if entry["sha256"] != sha256:
        raise UserError(
            f"the sha256 is {sha256}, but {recorded} has {entry['sha256']} from its first fetch; "
            f"if the change is wanted, write `sha256: {sha256}` into params.yaml"
        )


def recorded_content(recorded: Path, source: Source) -> str | None:
    """The content digest of the user's own folder or file when it was last seen, here or in another clone."""
    return _read(recorded).get(location_key(source), {}).get("content")


def record_content(recorded: Path, source: Source, content: str) -> None:
    """Note the content digest of the user's own folder or file. Several processes may do this at once."""
    if recorded_content(recorded, source) != content:
        with _changing(recorded) as known:
            known.setdefault(location_key(source), {})["content"] = content


@contextmanager
def _changing(recorded: Path) -> Iterator[dict[str, Any]]:
    """The entries, to be changed in the block by one process at a time; written when something has changed."""
    recorded.parent.mkdir(parents=True, exist_ok=True)
    with locked(recorded.with_name(f".{recorded.name}.lock")):
        before, known = _read(recorded), _read(recorded)
        yield known
        if known != before:
            write_json(recorded, dict(sorted(known.items())))


def _read(recorded: Path) -> dict[str, Any]:
    try:
        known = read_json(recorded) if recorded.exists() else {}
    except NotJson:
        known = None
    if not (isinstance(known, dict) and all(isinstance(entry, dict) for entry in known.values())):
        raise UserError(f"{recorded}: is not valid JSON as pixcycle wrote it; mend it, or take it from git again")
    return known
