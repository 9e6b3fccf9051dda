"""A dataset named facades for tests of downloads: archives, the resulting folder, and error messages."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from pixcycle.base.errors import UserError
from pixcycle.data.fetch.locations import fetch
from pixcycle.params.dataset import Source

OUT = Path("data/raw/facades-1234abcd")
WORK = Path("data/raw/facades-1234abcd.part")
RECORDED = Path("data/recorded.json")
FILES = {"facades/train/1.jpg": hashlib.shake_256(b"1").digest(900_000), "facades/val/1.jpg": b"two"}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def tarball(files: dict[str, bytes], compression: str = "gz") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=f"w:{compression}") as opened:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    return packed.getvalue()


GOOD = tarball(FILES)
REPACKED = tarball(FILES, "xz")
OTHER = tarball(FILES | {"facades/val/1.jpg": b"2"})
CONTENT = sha256("".join(f"{sha256(content)}  {path}\n" for path, content in sorted(FILES.items())).encode())


def get(*sources: Source, mirror: str | None = None) -> list[dict]:
    """Fetch facades, check that its folder is complete, and return the sources of fetched.json."""
    fetch("facades", list(sources), OUT, mirror=mirror, recorded=RECORDED, progress=False)
    assert not WORK.exists()
    fetched = json.loads((OUT / "fetched.json").read_text())
    assert fetched["dataset"] == "facades"
    assert len(fetched["sources"]) == len(sources)
    kept = {"fetched.json"} | {f"files-{index}" for index in range(len(sources))}
    assert {entry.name for entry in OUT.iterdir()} <= kept
    return fetched["sources"]


def refusal(*sources: Source, mirror: str | None = None) -> str:
    with pytest.raises(UserError) as refused:
        get(*sources, mirror=mirror)
    assert not OUT.exists()
    assert not list(WORK.glob("files-*"))
    assert str(refused.value).startswith("facades: ")
    return str(refused.value)


def files_of(entry: dict) -> dict[str, bytes]:
    root = OUT / entry["root"]
    return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def archive_at(path: str, content: bytes = GOOD) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content)
    return path
