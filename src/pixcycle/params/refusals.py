"""What a schema refuses, in one line: where, what is wrong, and what would be right."""

import re
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from pixcycle.base.suggest import nearest
from pixcycle.params.fields import PATTERNS
from pixcycle.params.schema import Params

FIELDS = "in `pixcycle schema`"
"""Where all fields are listed."""


def one_line(error: Any, model: type[BaseModel] = Params, at: str = "") -> str:
    """Format a pydantic error as `path.to.field: what is wrong; what would be right`.

    Parameters
    ----------
    model
        Section that was checked.
    at
        Where the section stands.
    """
    loc = [part for part in error["loc"] if part != "[key]"]
    field = ".".join(map(str, [*([at] if at else []), *loc]))
    if error["type"] == "extra_forbidden":
        return f"{field}: unknown field; {nearest(str(loc[-1]), _fields_at(model, loc[:-1]), FIELDS)}"
    if error["type"] == "missing":
        return f"{field}: is missing"
    value = error["input"]
    return f"{field}: {_in_words(error)}" + (f" (is {_brief(value)})" if not isinstance(value, dict | list) else "")


def _in_words(error: Any) -> str:
    if error["type"] == "string_pattern_mismatch":
        return f"must be {PATTERNS[error['ctx']['pattern']]}"
    message = re.sub(
        r"^(Input|List|Dictionary|String|Tuple) should", "must", error["msg"].removeprefix("Value error, ")
    )
    return re.sub(r" or instance of \w+$", "", message).replace(" after validation, not ", "; has ")


def _brief(value: Any) -> str:
    try:
        return f"{value!r:.80}"
    except ValueError:
        return "a number with too many digits to print"


def _fields_at(kind: Any, path: list[str | int]) -> list[str]:
    """Return the fields of the section at a path below a model."""
    for part in path:
        kind = kind.model_fields[part].annotation if hasattr(kind, "model_fields") else get_args(kind)[-1]
        while get_origin(kind) in (Annotated, Union, UnionType):
            kind = get_args(kind)[0]
    return list(kind.model_fields)
