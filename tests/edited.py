"""A JSON file that a test changes where it lies."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def edited_json(file: Path) -> Iterator[Any]:
    """What the file holds, to be changed in place: as the block leaves it, the file holds it afterwards."""
    content = json.loads(file.read_text())
    yield content
    file.write_text(json.dumps(content))
