"""In-place edits of JSON files."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def edited_json(file: Path) -> Iterator[Any]:
    """Yield the content of a JSON file for modification, and write it back at the end of the block."""
    content = json.loads(file.read_text())
    yield content
    file.write_text(json.dumps(content))
