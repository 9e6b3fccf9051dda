"""Read arrays of numbers from .npy files; arrays of objects are refused, because unpickling them runs code."""

from pathlib import Path
from typing import Literal

import numpy as np

from pixcycle.base.checksums import verified
from pixcycle.base.errors import UserError


def read_array(path: Path, mapped: Literal["r"] | None = "r") -> np.ndarray:
    """Return the array of a file, memory-mapped, or read into memory if `mapped` is None.

    Raises UserError for a file that is missing, damaged, not what was written, or that holds objects.
    """
    try:
        return np.load(verified(path), mmap_mode=mapped, allow_pickle=False)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, EOFError, SyntaxError, MemoryError) as error:
        reason = f"{' '.join(str(error).split()):.100}"
        raise UserError(f"{path}: is damaged, or not an array of numbers ({reason}); remove its folder") from None
