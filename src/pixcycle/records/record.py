"""The base of all records: JSON files that a node leaves for those who read it later.

A record carries a digest of its own content, so that an edit or a damaged byte is noticed when it is read. Records of
older versions have none; they are read as they are.
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pixcycle.base.errors import UserError
from pixcycle.base.files import NotJson, read_json, write_json

Number = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1e150, le=1e150)]
"""Finite, and with a finite square, which the spread over seeds needs."""
_OF_FOLDERS = {"attempts", "config", "features", "fetched", "manifest", "run", "segmenter", "translated"}
"""Names of the records of folders."""
DIGEST = "digest"
"""Key of a record's digest."""
Count = Annotated[int, Field(strict=True, ge=1, le=10**9)]


class Record(BaseModel):
    """A record. Fields with a default are those that older versions did not write, or that may not apply."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a record.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        UserError
            If the file is not JSON, a field is missing or has another type, or the content is not what was written;
            the message names file and field.
        """
        again = f"restore it, or remove {_node(file)}, and it will be rebuilt"
        try:
            content = read_json(file)
            if isinstance(content, dict) and content.pop(DIGEST, None) not in (None, digest(content)):
                raise UserError(f"{file}: is not what was written (its {DIGEST} differs); {again}")
            return cls.model_validate(content)
        except NotJson as error:
            raise UserError(f"{error}; {again}") from None
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "it"
            value = json.dumps(first["input"], default=str)[:40]
            message = first["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
            raise UserError(f"{file}: is damaged: {place} {message} (is {value}); {again}") from None

    @classmethod
    def find(cls, file: Path) -> Self | None:
        """Read a record; return None if there is no such file."""
        try:
            return cls.read(file)
        except FileNotFoundError:
            return None

    def write(self, file: Path) -> None:
        """Write the record with the digest of its content."""
        content = self.model_dump(mode="json")
        write_json(file, content | {DIGEST: digest(content)})


def digest(content: Any) -> str:
    """Return the SHA-256 of a JSON-like value, whatever the order of its keys."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _node(file: Path) -> Path:
    """Return what to remove so that a record is made again: its folder or, for metrics and plans, the file itself."""
    return file.parent if file.stem in _OF_FOLDERS else file
