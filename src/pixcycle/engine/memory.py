"""How this process asks the system for memory."""

import ctypes

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Of glibc's malloc.h."""


def keep_freed_memory() -> None:
    """Keep freed memory for later, instead of giving it back to the system at once.

    A step takes and frees gigabytes, and to fault each page in anew takes an eighth to a quarter of its time. Does
    nothing with another C library than glibc.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", lambda *_: 0)
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(M_TOP_PAD, 64 * 2**20)
