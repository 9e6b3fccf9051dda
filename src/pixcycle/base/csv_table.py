"""CSV tables for use in other programs."""

import csv
import io
from collections.abc import Iterable
from typing import Any


def as_csv(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """Return the rows below their headings as CSV, encoded in UTF-8."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(head)
    writer.writerows(rows)
    return buffer.getvalue().encode()


def no_formula(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would evaluate. Not for numbers, which may begin with `-`."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
