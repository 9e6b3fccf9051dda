"""Settings of the C library's memory allocator."""

import ctypes

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Constants of glibc's malloc.h."""


def keep_freed_memory() -> None:
    """Keep freed memory for reuse instead of returning it to the system at once.

    A training step allocates and frees gigabytes; faulting each page in again takes an eighth to a quarter of its time.
    Has no effect with a C library other than glibc.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", lambda *_: 0)
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(M_TOP_PAD, 64 * 2**20)
