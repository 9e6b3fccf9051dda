"""Refusals while Snakemake reads the workflow: one line instead of a traceback through its files."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pixcycle.base.errors import UserError, printable


@contextmanager
def in_one_line() -> Iterator[None]:
    """Print a user's mistake, or a file that may not be read or written, in one line; exit with code 2."""
    try:
        yield
    except UserError as error:
        message = str(error)
    except OSError as error:
        if not error.filename:
            raise
        message = printable(f"{error.filename}: {error.strerror}")
        if isinstance(error, PermissionError):
            message += "; Snakemake writes into the project's folder: work in a copy of your own"
    else:
        return
    print(f"pixcycle: {message}", file=sys.stderr)
    sys.exit(2)
