"""Arrays out of .npy files, which hold numbers and never objects, as those would be code."""

from pathlib import Path
from typing import Literal

import numpy as np

from pixcycle.errors import UserError


def read_array(path: Path, mapped: Literal["r"] | None = "r") -> np.ndarray:
    """The array, mapped into memory or read. Raises UserError for a file that is missing, damaged or of objects."""
    try:
        return np.load(path, mmap_mode=mapped, allow_pickle=False)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, EOFError, SyntaxError, MemoryError) as error:
        reason = f"{' '.join(str(error).split()):.100}"
        raise UserError(f"{path}: is damaged, or no array of numbers ({reason}); remove its folder") from None
