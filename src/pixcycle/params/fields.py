"""Types of sections and values in `params.yaml`, including conversions of what YAML or Snakemake parse as strings."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from pixcycle.base.files import local_path
from pixcycle.base.registered import registered
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.metrics.rulers import RULERS
from pixcycle.params.network_sizes import STRIDED_LAYERS

PACKAGE = Path(__file__).parents[1]


class Closed(BaseModel):
    """A section that does not accept unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


ChapterKey = Literal[*sorted(path.parent.name for path in PACKAGE.glob("report/chapters/*/sections.py"))]
"""Name of a folder of report/chapters."""
ExtractorName = Literal[*EXTRACTORS]
RulerName = Literal[*RULERS]
METHOD_NAMES = registered(PACKAGE / "methods", "METHOD")
LAYOUT_NAMES = registered(PACKAGE / "data/layouts", "LAYOUT")
GENERATOR_NAMES = registered(PACKAGE / "models/generators", "GENERATOR")
MethodName = Literal[*METHOD_NAMES]
LayoutName = Literal[*LAYOUT_NAMES]
GeneratorName = Literal[*GENERATOR_NAMES]
FEATURE_NETWORKS = ("vgg16", "efficientnet-lite0")
FeatureNetwork = Literal[*FEATURE_NETWORKS]
Patch = Literal[*STRIDED_LAYERS]
Precision = Literal["32-true", "tf32", "bf16-mixed", "16-mixed"]
Upsampling = Literal["deconvolution", "resize"]
Norm = Literal["batch", "instance"]
Layers = Literal["authors", "ucsd", "wustl", "kth"]
InitialWeights = Literal["normal", "unit_gains", "glorot", "wide"]
AdamVariant = Literal["pytorch", "keras", "keras_shared", "tensorflow1"]
GanMode = Literal["bce", "lsgan"]
Preprocess = Literal["jitter", "crop"]
Resize = Literal["nearest", "bilinear", "bicubic", "nearest-exact", "bilinear-tf1"]
Intensities = Literal["fixed", "stretched"]
PairJitter = Literal["shared", "independent"]
Augmentation = Literal["each_epoch", "once"]
FlipDraw = Literal["each_image", "whole_training"]
LastBatch = Literal["dropped", "kept", "kept_by_domain"]
Order = Literal["generator_first", "discriminator_first"]
EpochLength = Literal["larger", "smaller"]
Reading = Literal["written", "coded"]
Count = Annotated[StrictInt, Field(ge=0, le=1_000_000)]
Positive = Annotated[StrictInt, Field(ge=1, le=1_000_000)]
Side = Annotated[StrictInt, Field(ge=1, le=16_384)]
"""Side of a square image in pixels."""
Byte = Annotated[StrictInt, Field(ge=0, le=255)]
NAME = "^[a-z0-9][a-z0-9_-]{0,63}$"
FOLDER = "^[A-Za-z0-9_][A-Za-z0-9_. -]{0,63}$"
INSIDE = "^[^/].*[^/]$"
SHA256 = "^[0-9a-f]{64}$"
MD5 = "^[0-9a-f]{32}$"
PATTERNS = {
    NAME: "1 to 64 lower-case letters, digits, - and _, the first a letter or digit",
    FOLDER: "a folder's name: 1 to 64 letters, digits, spaces and . - _, the first a letter, digit or _",
    INSIDE: "a folder in the archive, without / at its ends",
    SHA256: "64 hexadecimal digits in lower case",
    MD5: "32 hexadecimal digits in lower case",
}
"""Each pattern of a string -> what it asks for, in words."""
Name = Annotated[str, Field(pattern=NAME)]
"""A name that becomes part of paths, targets and shell commands. Lower case: some file systems ignore case."""
FolderName = Annotated[str, Field(pattern=FOLDER)]


def _float_written_as_1e_3(value: Any) -> Any:
    """Convert `1e-3`, a string in YAML 1.1 (Snakemake) but a number in YAML 1.2 (DVC), to a number."""
    if isinstance(value, bool):
        raise ValueError("must be a number")
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _whole_number_in_a_list(value: Any) -> Any:
    """Convert the items of `--config seeds=[0,1]`, which Snakemake passes as strings, to whole numbers."""
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 20 else value


Seed = Annotated[StrictInt, Field(ge=0, lt=2**32), BeforeValidator(_whole_number_in_a_list)]
Real = Annotated[float, Field(le=1e9, allow_inf_nan=False), BeforeValidator(_float_written_as_1e_3)]
Factor = Annotated[Real, Field(gt=0, le=1)]


def distinct(values: list[Any]) -> list[Any]:
    """Refuse equal values, which would name the same run, field or experiment."""
    if twice := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f"must differ from each other; more than once: {', '.join(map(str, twice))}")
    return values


Names = Annotated[list[str], AfterValidator(distinct)]


def _may_be_a_location(value: str) -> str:
    """Refuse strings that cannot be locations; the system's later error would not name the field."""
    if not value.isprintable() or not value.strip():
        raise ValueError("must be an address or a path, without control characters")
    if max(len(part.encode()) for part in value.split("/")) > 255 or len(value) > 2000:
        raise ValueError("is too long for an address or a path")
    try:
        local_path(value)
    except RuntimeError:
        raise ValueError("begins with ~ and a user name that does not exist") from None
    return value


Location = Annotated[str, AfterValidator(_may_be_a_location)]
