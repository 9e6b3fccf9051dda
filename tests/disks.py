"""Disks of a few kilobytes, on which files find no room for real."""

import math
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BLOCK = 4096


class Disk:
    """A tmpfs. size: in bytes, whole blocks; it can grow, and shrink to what it holds."""

    def __init__(self, folder: Path, size: int, files: int):
        self.folder, self.size = folder, size
        _mount("-t", "tmpfs", "-o", f"size={size},nr_inodes={files}", "none", folder)

    def resize(self, size: int) -> None:
        self.size = math.ceil(size / BLOCK) * BLOCK
        _mount("-o", f"remount,size={self.size}", self.folder)


@contextmanager
def disk(folder: Path, size: int = BLOCK, files: int = 10_000) -> Iterator[Disk]:
    """Mount one over a folder for the length of the block; skip the test where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    with _allowed():
        mounted = Disk(folder, size, files)
    try:
        yield mounted
    finally:
        _unmount(folder)


@contextmanager
def mounted_image(folder: Path, image: Path) -> Iterator[Path]:
    """An ext4 in a file, made if there is none, over a new folder for the length of the block; or skip the test."""
    folder.mkdir()
    with _allowed():
        if not image.exists():
            image.write_bytes(bytes(8 << 20))
            subprocess.run(["mkfs.ext4", "-q", image], check=True, capture_output=True)
        _mount("-o", "loop,noauto_da_alloc", image, folder)  # it flushes nothing that it is not asked to
    try:
        yield folder
    finally:
        _unmount(folder)


@contextmanager
def _allowed() -> Iterator[None]:
    try:
        yield
    except (OSError, subprocess.CalledProcessError) as error:
        if os.environ.get("PIXCYCLE_REQUIRE_MOUNT"):
            raise
        pytest.skip(f"a file system of its own is needed, which only root may mount ({error})")


def _mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", folder], check=True)
