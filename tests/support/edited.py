"""In-place edits of JSON files, as if pixcycle had written the new content."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pixcycle.records.record import DIGEST, digest


@contextmanager
def edited_json(file: Path) -> Iterator[Any]:
    """Yield the content of a JSON file for modification, and write it back at the end of the block."""
    content = json.loads(file.read_text())
    yield content
    if isinstance(content, dict) and content.pop(DIGEST, None):
        content[DIGEST] = digest(content)
    file.write_text(json.dumps(content))
