"""The single values of `params.yaml`: which are allowed, and what YAML or Snakemake made of how they are written."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt

from pixcycle.files import local_path

ChapterKey = Literal["ucsd", "wustl", "paris", "kth", "kaist"]
"""The reports that have a module in report/chapters."""
ExtractorName = Literal["inception-v3", "efficientnet-lite0"]
Precision = Literal["32-true", "tf32", "bf16-mixed"]
GeneratorName = Literal["unet", "resnet6", "resnet9"]
Upsampling = Literal["deconvolution", "resize"]
Norm = Literal["batch", "instance"]
GanMode = Literal["bce", "lsgan"]
Preprocess = Literal["jitter", "crop"]
Resize = Literal["nearest", "bilinear", "bicubic"]
EpochLength = Literal["larger", "smaller"]
Count = Annotated[StrictInt, Field(ge=0, le=1_000_000)]
Positive = Annotated[StrictInt, Field(ge=1, le=1_000_000)]
Side = Annotated[StrictInt, Field(ge=1, le=16_384)]
"""Of a square image, in pixels."""
Byte = Annotated[StrictInt, Field(ge=0, le=255)]
Name = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
"""Becomes a part of paths, targets and shell commands, also where disks do not tell A from a."""
FolderName = Annotated[str, Field(pattern="^[A-Za-z0-9_][A-Za-z0-9_. -]{0,63}$")]


def _float_written_as_1e_3(value: Any) -> Any:
    """YAML 1.1, which Snakemake reads, takes `1e-3` for a word; YAML 1.2, which DVC reads, for a number."""
    if isinstance(value, bool):
        raise ValueError("must be a number")
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _whole_number_in_a_list(value: Any) -> Any:
    """Snakemake takes what stands in the list of `--config seeds=[0,1]` for words."""
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 20 else value


Seed = Annotated[StrictInt, Field(ge=0, lt=2**32), BeforeValidator(_whole_number_in_a_list)]
Real = Annotated[float, Field(le=1e9, allow_inf_nan=False), BeforeValidator(_float_written_as_1e_3)]
Factor = Annotated[Real, Field(gt=0, le=1)]


def _may_be_a_location(value: str) -> str:
    """Of what could be none, the system would complain later, and not by the name of the field."""
    if not value.isprintable() or not value.strip():
        raise ValueError("must be an address or a path, without control characters")
    if max(len(part.encode()) for part in value.split("/")) > 255 or len(value) > 2000:
        raise ValueError("is too long for an address or a path")
    try:
        local_path(value)
    except RuntimeError:
        raise ValueError("begins with ~ and a name that no user has") from None
    return value


Location = Annotated[str, AfterValidator(_may_be_a_location)]
