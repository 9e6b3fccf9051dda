"""Tables for other programs, as CSV."""

import csv
import io
from collections.abc import Iterable
from typing import Any


def as_csv(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(head)
    writer.writerows(rows)
    return written.getvalue().encode()


def no_formula(text: str) -> str:
    """With an apostrophe before what spreadsheets would compute; numbers, which may begin alike, do not come here."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
