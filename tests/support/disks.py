"""Real file systems of a few kilobytes, for tests of full disks."""

import math
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BLOCK = 4096


class Disk:
    """A tmpfs of `size` bytes, in whole blocks; it can grow, and shrink down to its content."""

    def __init__(self, folder: Path, size: int, files: int):
        self.folder, self.size = folder, size
        _mount("-t", "tmpfs", "-o", f"size={size},nr_inodes={files}", "none", folder)

    def resize(self, size: int) -> None:
        self.size = math.ceil(size / BLOCK) * BLOCK
        _mount("-o", f"remount,size={self.size}", self.folder)


@contextmanager
def disk(folder: Path, size: int = BLOCK, files: int = 10_000) -> Iterator[Disk]:
    """Mount a Disk over a folder for the duration of the block; skip the test if mounting is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    with _allowed():
        mounted = Disk(folder, size, files)
    try:
        yield mounted
    finally:
        _unmount(folder)


@contextmanager
def mounted_image(folder: Path, image: Path) -> Iterator[Path]:
    """Mount an ext4 image, created if missing, over a new folder for the duration of the block, or skip the test."""
    folder.mkdir()
    with _allowed():
        if not image.exists():
            image.write_bytes(bytes(8 << 20))
            subprocess.run(["mkfs.ext4", "-q", image], check=True, capture_output=True)
        _mount("-o", "loop,noauto_da_alloc", image, folder)  # flushes only on request
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
        pytest.skip(f"needs to mount a file system, which requires root ({error})")


def _mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", folder], check=True)
