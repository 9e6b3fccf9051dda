"""What `params.yaml` may say: its sections, typed and closed, with the defaults that all reports share."""

from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, model_validator

from pixcycle.files import local_path
from pixcycle.scalars import (
    Byte,
    ChapterKey,
    Count,
    EpochLength,
    ExtractorName,
    Factor,
    FolderName,
    GanMode,
    GeneratorName,
    Location,
    Name,
    Norm,
    Positive,
    Precision,
    Preprocess,
    Real,
    Resize,
    Seed,
    Side,
    Upsampling,
)
from pixcycle.translations import Direction

T = TypeVar("T")
ByName = Annotated[dict[Name, T], Field(json_schema_extra={"additionalProperties": False})]


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
    direction: Direction = "b_to_a"
    """The direction that is trained (pix2pix) or scored (CycleGAN)."""

    generator: GeneratorName = "unet"
    skips: bool = True
    upsampling: Upsampling = "deconvolution"
    """How a ResNet doubles: by deconvolution, or by repeating pixels and convolving (report 003, section 4.7)."""
    norm: Norm = "batch"
    dropout: bool = True
    filters: Positive = 64
    """Channels of the first layer of both networks (`ngf`, `ndf`)."""
    patch: Literal[1, 16, 70, 286] = 70
    """Receptive field of the PatchGAN in pixels."""
    conditional: bool = True
    """Whether the discriminator also sees the input image (pix2pix only)."""
    discriminators: Literal[1, 2] = 2
    """CycleGAN only: 1 judges the scored direction alone (report 001)."""

    gan_mode: GanMode = "bce"
    l1: Real = Field(1.0, ge=0)
    """Share of the mean absolute error in the reconstruction (pix2pix) or cycle (CycleGAN) loss."""
    l2: Real = Field(0.0, ge=0)
    """Share of the mean squared error in it."""
    lambda_reconstruction: Real = Field(100.0, ge=0)
    lambda_identity: Real = Field(0.0, ge=0)
    """As a multiple of lambda_reconstruction, as in the authors' code (CycleGAN only)."""
    pool_size: Count = 0

    preprocess: Preprocess = "jitter"
    """jitter: resize to load_size, crop at random; evaluate on the whole image at crop_size.
    crop: as jitter, but evaluate on the centre crop of load_size."""
    load_size: Side = 286
    crop_size: Side = 256
    resize: Resize = "bicubic"
    flip: bool = True

    batch_size: Positive = 1
    n_epochs: Count
    """With a constant learning rate; 0 leaves the networks untrained."""
    epoch_length: EpochLength = "larger"
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

    @property
    def epochs(self) -> int:
        """All of them, those of a constant learning rate and those in which it falls."""
        return self.n_epochs + self.n_epochs_decay

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
    def chosen_scale(self) -> Scale:
        return self.scales[self.scale]

    @property
    def fetched_weights(self) -> dict[str, Source]:
        """Files of weights by name, of extractors and of generators."""
        return {**self.weights, **self.published_weights}

    @property
    def experiment_ids(self) -> dict[str, tuple[str, str]]:
        """`ucsd-facades-l1` -> (`ucsd`, `facades-l1`), in the order of the file."""
        return {f"{c}-{name}": (c, name) for c, section in self.experiments.items() for name in section}
