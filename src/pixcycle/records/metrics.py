"""Read metrics files, and check that all their values are numbers."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pixcycle.base.errors import UserError
from pixcycle.base.files import NotJson, read_json
from pixcycle.paths import Direction

Number = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1e150, le=1e150)]
"""Finite, and with a finite square, which the spread over seeds needs."""
Count = Annotated[int, Field(strict=True, ge=1, le=10**9)]
AGAIN = "remove that file, and run the same command, to measure it again"


class _Numbers(BaseModel):
    """Metrics of one direction. l1, psnr and ssim are None for unpaired data; psnr is also None if it is infinite."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Number]

    n_real: Count
    n_fake: Count
    l1: Number | None = None
    psnr: Number | None = None
    ssim: Number | None = None

    @model_validator(mode="after")
    def _of_pixels_together(self) -> Self:
        if (self.l1 is None) != (self.ssim is None) or (self.l1 is None and self.psnr is not None):
            raise ValueError("has only some of l1, psnr and ssim")
        return self


class _Sample(BaseModel):
    epoch: Count
    direction: Direction
    checkerboard: Number


class _Measured(BaseModel):
    metrics: dict[Direction, _Numbers] = {}
    images: dict[Direction, dict[str, list[Number]]] = {}
    real: dict[Literal["A", "B"], dict[str, Number]] = {}
    samples: list[_Sample] = []


def read_measured(path: Path) -> dict[str, Any]:
    """Return the content of a metrics file. Raise UserError, naming file, direction and metric, for invalid values."""
    try:
        measured = read_json(path)
    except NotJson as error:
        raise UserError(f"{error}; {AGAIN}") from None
    check_measured(path, measured)
    return measured


def check_measured(path: Path, measured: Any) -> None:
    """Raise UserError, naming file, direction and metric, if a metrics file has an invalid value."""
    try:
        _Measured.model_validate(measured)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "it"
        value = json.dumps(first["input"])[:40]
        message = first["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
        raise UserError(f"{path}: {place} {message} (is {value}); {AGAIN}") from None
