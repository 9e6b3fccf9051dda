"""What `params.yaml` may say: typed, closed and checked as a whole before anything runs."""

import difflib
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    ValidationError,
    model_validator,
)

from pixcycle.errors import UserError
from pixcycle.files import local_path
from pixcycle.strict_yaml import read_yaml

ChapterKey = Literal["ucsd", "wustl", "paris", "kth", "kaist"]
"""The reports that have a module in report/chapters."""
ExtractorName = Literal["inception-v3", "efficientnet-lite0"]
Precision = Literal["32-true", "tf32", "bf16-mixed"]
Count = Annotated[StrictInt, Field(ge=0, le=1_000_000)]
Positive = Annotated[StrictInt, Field(ge=1, le=1_000_000)]
Side = Annotated[StrictInt, Field(ge=1, le=16_384)]
"""Of a square image, in pixels."""
Byte = Annotated[StrictInt, Field(ge=0, le=255)]
Name = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,63}$")]
"""Becomes a part of paths, targets and shell commands, also where disks do not tell A from a."""
T = TypeVar("T")
ByName = Annotated[dict[Name, T], Field(json_schema_extra={"additionalProperties": False})]
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


KEPT_IN_REPORTS = {"published", "benchmarks"}
"""What git keeps beside the reports of the scales."""
MISTAKES = 20
"""So many are told at once."""
MORE = "and more of the kind"


class Closed(BaseModel):
    """A section in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Source(Closed):
    """One archive, file or folder: where it lies and how to know that it is the right one."""

    locations: list[Location] = []
    """Tried in this order: http(s) and file:// addresses, paths, `package:MODULE/FILE` of an installed package."""
    size: Annotated[StrictInt, Field(ge=1, le=10**15)] | None = None
    """Bytes of the archive as published."""
    sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    """Of the archive as published."""
    content: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    """Of the files in it (`pixcycle digest`): accepts an archive that was packed anew."""
    bring: str | None = None
    """For what may not be fetched: what to download, and from where."""

    @model_validator(mode="after")
    def _lies_somewhere(self) -> Self:
        if self.bring and not any(local_path(location) for location in self.locations):
            raise ValueError("says what to bring, but not where to put it; add a path to its locations")
        if not self.locations:
            raise ValueError("has no locations; add an address, a path or package:MODULE/FILE")
        return self


class Dataset(Closed):
    """A dataset as it is distributed."""

    title: str
    layout: Literal["side_by_side", "domain_folders", "cityscapes", "earth"]
    """side_by_side: SPLIT/N.jpg, A left and B right. domain_folders: SPLITA/, SPLITB/. earth: two world maps.
    cityscapes: its photos and its labels, as downloaded."""
    sources: list[Source] = Field(min_length=1)
    splits: dict[Literal["train", "test"], list[FolderName]]
    """Which of the distributed splits we train on, and which we evaluate on."""
    published: dict[str, Positive] = {}
    """Images that the publisher counts, by folder (SPLIT or SPLITA)."""
    domains: tuple[str, str] = ("A", "B")
    """What a reader should call the two domains."""
    paired: bool = True
    classes: dict[str, tuple[Byte, Byte, Byte]] = Field({}, max_length=200)
    """Colours of the classes of domain B, where it is a label map; what is scored by FCN-score."""
    void: list[tuple[Byte, Byte, Byte]] = []
    """Colours of domain B that belong to no class and are not scored."""
    licence: str


class Experiment(Closed):
    """One training run, at the size its report gives. Defaults are what all reports share (EXPERIMENTS section 2)."""

    method: Literal["pix2pix", "cyclegan"]
    dataset: str
    direction: Literal["a_to_b", "b_to_a"] = "b_to_a"
    """The direction that is trained (pix2pix) or scored (CycleGAN)."""

    generator: Literal["unet", "resnet6", "resnet9"] = "unet"
    skips: bool = True
    upsampling: Literal["deconvolution", "resize"] = "deconvolution"
    """How a ResNet doubles: by deconvolution, or by repeating pixels and convolving (report 003, section 4.7)."""
    norm: Literal["batch", "instance"] = "batch"
    dropout: bool = True
    filters: Positive = 64
    """Channels of the first layer of both networks (`ngf`, `ndf`)."""
    patch: Literal[1, 16, 70, 286] = 70
    """Receptive field of the PatchGAN in pixels."""
    conditional: bool = True
    """Whether the discriminator also sees the input image (pix2pix only)."""
    discriminators: Literal[1, 2] = 2
    """CycleGAN only: 1 judges the scored direction alone (report 001)."""

    gan_mode: Literal["bce", "lsgan"] = "bce"
    l1: Real = Field(1.0, ge=0)
    """Share of the mean absolute error in the reconstruction (pix2pix) or cycle (CycleGAN) loss."""
    l2: Real = Field(0.0, ge=0)
    """Share of the mean squared error in it."""
    lambda_reconstruction: Real = Field(100.0, ge=0)
    lambda_identity: Real = Field(0.0, ge=0)
    """As a multiple of lambda_reconstruction, as in the authors' code (CycleGAN only)."""
    pool_size: Count = 0

    preprocess: Literal["jitter", "crop"] = "jitter"
    """jitter: resize to load_size, crop at random; evaluate on the whole image at crop_size.
    crop: as jitter, but evaluate on the centre crop of load_size."""
    load_size: Side = 286
    crop_size: Side = 256
    resize: Literal["nearest", "bilinear", "bicubic"] = "bicubic"
    flip: bool = True

    batch_size: Positive = 1
    n_epochs: Count
    """With a constant learning rate; 0 leaves the networks untrained."""
    epoch_length: Literal["larger", "smaller"] = "larger"
    """Which domain an epoch goes through once, where they are unpaired and of unequal size."""
    n_epochs_decay: Count = 0
    """Further epochs in which the learning rates fall linearly to 0."""
    lr: Real = Field(2e-4, gt=0)
    lr_discriminator: Real | None = Field(None, gt=0)
    """lr where it is not given."""
    beta1: Real = Field(0.5, ge=0, lt=1)
    precision: Precision = "32-true"
    """Of convolutions. 32-true: float32 in all its digits, also on cards that could round. tf32: their tensor cores
    round factors to 10 bits. bf16-mixed: to 7, on CPUs, too; weights, losses and Adam's moments stay in float32."""
    compile: Literal["none", "default", "reduce-overhead"] = "none"
    """Whether torch.compile fuses the networks' kernels; reduce-overhead also has a card start them as one CUDA graph,
    which pays at batch 1. Names nothing: the result is the same but for rounding."""
    gpus: Positive = 1
    """Cards that share each batch of its training. Names nothing: the result is the same but for rounding."""
    log_every: Positive = 5
    """Steps between two rows of the loss history."""
    sample_epochs: list[Positive] = []
    """After which epochs a few fixed test images are translated; the report shows how they change."""
    published_weights: str | None = None
    """Generator weights of the papers' authors that take the place of random ones (pix2pix only)."""

    inference_dropout: bool = False
    """Whether dropout, the noise of pix2pix, stays on when test images are translated."""
    inference_norm: Literal["running", "batch"] = "running"
    """Statistics of batch norm at inference: those of training, or the test batch's own."""
    inference_batch: Positive = 16
    """Test images that are translated at once; changes results only where the batch's statistics are used."""

    label: str = ""
    """The row of the report's table that this experiment fills, in the report's words."""
    extra: str = ""
    """Why we run what the report does not."""
    assumes: dict[str, str] = {}
    """Where the report is silent: field -> what we took, and why."""

    @model_validator(mode="after")
    def _batches_can_be_shared(self) -> Self:
        if self.batch_size % self.gpus:
            raise ValueError(f"gpus: {self.gpus} cards cannot share batches of {self.batch_size} equally")
        return self


class Segmenter(Closed):
    """The network behind FCN-score: a torchvision FCN, trained on the real pairs of the training split."""

    backbone: Literal["resnet18", "resnet50"]
    steps: Positive
    batch_size: Positive
    lr: Annotated[Real, Field(gt=0)]
    min_accuracy: Annotated[Real, Field(ge=0, le=1)]
    """Per-pixel accuracy on real test photos below which its scores of generated ones are not shown."""


class Scale(Closed):
    """The same experiments at another size: factors keep what the experiments differ in."""

    title: str
    resolution: Factor = 1.0
    filters: Factor = 1.0
    epochs: Factor = 1.0
    batch: Factor = 1.0
    train_images: Positive | None = None
    """At most so many training images of each domain, the first by name."""
    test_images: Positive | None = None
    stand_ins: dict[str, str] = {}
    """Dataset -> the dataset that is used in its place."""
    extractor: ExtractorName = "inception-v3"
    precision: Precision | None = None
    """Instead of the experiments' own."""
    most_epochs: dict[ChapterKey, Positive] = {}
    """At most so many epochs of a chapter's runs, constant and decaying ones together."""
    segmenter: Segmenter | None = None
    """Instead of the general one."""
    published_weights: bool = True
    """False where the networks are too small for the authors' weights: random ones then stand in for them."""
    experiments: list[str] = []
    """Ids of the only experiments of this scale; all of them where empty."""


class Chapter(Closed):
    """One of the five reports."""

    title: str
    cite: str
    assumes: dict[str, str] = {}
    """Where the whole report is silent: subject -> what we took, and why."""
    inconsistencies: list[str] = []
    """What in the report contradicts itself or its data."""


class Params(Closed):
    """All of params.yaml."""

    scale: str
    seeds: list[Seed] = Field(min_length=1, max_length=1000)
    extractor: ExtractorName | None
    """Instead of the scale's."""
    neighbours: Positive
    """k of the k-th nearest neighbour in precision and recall."""
    mirror: Location | None = None
    """Address or folder that is tried first for everything that is fetched."""
    datasets: ByName[Dataset]
    weights: dict[ExtractorName, Source]
    published_weights: ByName[Source] = {}
    """Generators that the papers' authors published for their PyTorch code."""
    segmenter: Segmenter
    recipes: Annotated[dict[str, dict[str, Any]], AfterValidator(lambda _: {})] = {}
    """Anchors for experiments to merge; not read on their own, nor kept."""
    chapters: dict[ChapterKey, Chapter]
    experiments: dict[ChapterKey, ByName[Experiment]]
    scales: ByName[Scale]

    @property
    def fetched_weights(self) -> dict[str, Source]:
        """Files of weights by name, of extractors and of generators."""
        return {**self.weights, **self.published_weights}


def load(path: Path | str = "params.yaml") -> Params:
    """Read and check a params file. Raises UserError with one line a mistake."""
    return check(read_yaml(Path(path)), str(path))


def check(tree: Any, where: str = "params.yaml") -> Params:
    """The typed params of a parsed file; `where` names it in errors. Raises UserError with one line a mistake."""
    try:
        params = Params.model_validate(tree)
    except ValidationError as error:
        raise _mistakes(_one_line(e, where) for e in error.errors(include_url=False)) from None
    mistakes = list(_dangling_names(params))
    if mistakes:
        raise _mistakes(f"{where}: {mistake}" for mistake in mistakes)
    return params


def _mistakes(lines: Iterable[str]) -> UserError:
    first = list(islice(lines, MISTAKES + 1))
    more = [MORE] if len(first) > MISTAKES else []
    return UserError(*first[:MISTAKES], *more)


def experiment_ids(params: Params) -> dict[str, tuple[str, str]]:
    """`ucsd-facades-l1` -> (`ucsd`, `facades-l1`), in the order of the file."""
    return {f"{c}-{name}": (c, name) for c, section in params.experiments.items() for name in section}


def known(name: str, names: Any, what: str) -> str:
    """`name`, or a UserError that lists what would be right."""
    names = list(names)
    if name in names:
        return name
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(names)}"
    raise UserError(f"unknown {what} '{name}'; {hint}")


def _dangling_names(params: Params):
    def missing(where: str, name: str, names: Any, what: str):
        try:
            known(name, names, what)
        except UserError as error:
            yield f"{where}: {error}"

    yield from missing("scale", params.scale, params.scales, "scale")
    for name in KEPT_IN_REPORTS & params.scales.keys():
        yield f"scales.{name}: reports/{name} is another thing; choose another name"
    for chapter, section in params.experiments.items():
        yield from missing(f"experiments.{chapter}", chapter, params.chapters, "chapter")
        for name, experiment in section.items():
            where = f"experiments.{chapter}.{name}"
            yield from missing(f"{where}.dataset", experiment.dataset, params.datasets, "dataset")
            if experiment.published_weights:
                given = experiment.published_weights
                yield from missing(f"{where}.published_weights", given, params.published_weights, "weights")
            for field in experiment.assumes:
                yield from missing(f"{where}.assumes", field, Experiment.model_fields, "field")
    ids = experiment_ids(params)
    for name, scale in params.scales.items():
        for experiment in scale.experiments:
            yield from missing(f"scales.{name}.experiments", experiment, ids, "experiment")
        for dataset in [*scale.stand_ins, *scale.stand_ins.values()]:
            yield from missing(f"scales.{name}.stand_ins", dataset, params.datasets, "dataset")


def _one_line(error: Any, where: str) -> str:
    """A pydantic error as `file: path.to.field: what is wrong; what would be right`."""
    loc = [str(part) for part in error["loc"] if part != "[key]"]
    *parents, field = loc or [""]
    at = ".".join(loc)
    if error["type"] == "extra_forbidden":
        fields = list(_fields_at(parents))
        close = difflib.get_close_matches(field, fields, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(fields)}"
        return f"{where}: {at}: unknown field; {hint}"
    if error["type"] == "missing":
        return f"{where}: {at}: is missing"
    message = error["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    shown = error["input"]
    return f"{where}: {at}: {message}" + (f" (is {_brief(shown)})" if not isinstance(shown, dict | list) else "")


def _brief(value: Any) -> str:
    try:
        return f"{value!r:.80}"
    except ValueError:
        return "a number of more digits than anybody reads"


def _fields_at(parents: list[str]) -> list[str]:
    sections = {
        "datasets": Source if "sources" in parents else Dataset,
        "experiments": Experiment,
        "scales": Scale,
        "chapters": Chapter,
        "weights": Source,
        "published_weights": Source,
        "segmenter": Segmenter,
    }
    model = sections["segmenter" if "segmenter" in parents else parents[0]] if parents else Params
    return list(model.model_fields)
