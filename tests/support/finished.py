"""Byte-wise comparison of finished trainings, without the fields that measure time."""

import json
from pathlib import Path

CLOCKS = {"seconds", "images_per_second", "peak_memory_mb", "attempts", "commit", "digest"}


def files(folder: Path) -> dict[str, bytes]:
    """Return the files of a finished run, without the fields of run.json in CLOCKS."""
    content = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    record = {key: value for key, value in json.loads(content.pop("run.json")).items() if key not in CLOCKS}
    return content | {"run.json": json.dumps(record).encode()}


def assert_same_files(one: Path, other: Path) -> None:
    one, other = files(one), files(other)
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
