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

    def __init__(self, folder: Path, size: int):
        self.folder, self.size = folder, size
        _mount("-t", "tmpfs", "-o", f"size={size}", "none", folder)

    def resize(self, size: int) -> None:
        self.size = math.ceil(size / BLOCK) * BLOCK
        _mount("-o", f"remount,size={self.size}", self.folder)


@contextmanager
def disk(folder: Path, size: int = BLOCK) -> Iterator[Disk]:
    """Mount one over a new folder for the length of the block; skip the test where that is not allowed."""
    folder.mkdir(parents=True)
    try:
        mounted = Disk(folder, size)
    except (OSError, subprocess.CalledProcessError) as error:
        if os.environ.get("PIXCYCLE_REQUIRE_MOUNT"):
            raise
        pytest.skip(f"a file system of its own is needed, which only root may mount ({error})")
    try:
        yield mounted
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)
