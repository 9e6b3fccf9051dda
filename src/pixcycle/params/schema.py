"""Schema of `params.yaml`: typed sections without unknown keys, with the defaults that all reports share."""

from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, model_validator

from pixcycle.base.files import local_path
from pixcycle.params.fields import (
    AdamVariant,
    Augmentation,
    Byte,
    ChapterKey,
    Count,
    EpochLength,
    ExtractorName,
    Factor,
    FeatureNetwork,
    FlipDraw,
    FolderName,
    GanMode,
    GeneratorName,
    InitialWeights,
    Intensities,
    LastBatch,
    Layers,
    LayoutName,
    Location,
    MethodName,
    Name,
    Norm,
    Order,
    PairJitter,
    Patch,
    Positive,
    Precision,
    Preprocess,
    Reading,
    Real,
    Resize,
    RulerName,
    Seed,
    Side,
    Upsampling,
    distinct,
)
from pixcycle.paths import Direction

T = TypeVar("T")
CODED = "@coded"
"""Ending of the ids of experiments as the report's own code has them."""
ByName = Annotated[dict[Name, T], Field(json_schema_extra={"additionalProperties": False})]


class Closed(BaseModel):
    """A section that does not accept unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Source(Closed):
    """An archive, file or folder: where to get it, and how to verify it."""

    locations: list[Location] = []
    """Where to get it, tried in this order: http(s) and file:// addresses, paths, `package:MODULE/FILE` of an installed
    package."""
    size: Annotated[StrictInt, Field(ge=1, le=10**15)] | None = None
    """Size of the published archive in bytes."""
    sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    """SHA-256 of the published archive."""
    md5: str | None = Field(None, pattern="^[0-9a-f]{32}$")
    """MD5 of the published archive or file, where its publisher states no other checksum."""
    content: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    """Digest of the files in the archive (`pixcycle digest`), which also accepts a repacked archive."""
    bring: str | None = None
    """Instructions for data that may not be downloaded automatically: what to download, and from where."""

    @model_validator(mode="after")
    def _lies_somewhere(self) -> Self:
        if self.bring and not any(local_path(location) for location in self.locations):
            raise ValueError("bring needs a path to put the data at; add one to its locations")
        if not self.locations:
            raise ValueError("has no locations; add an address, a path or package:MODULE/FILE")
        return self


class Dataset(Closed):
    """A dataset as its publisher distributes it."""

    title: str
    layout: LayoutName
    """Arrangement of the files. side_by_side: SPLIT/N.jpg, with A on the left and B on the right. domain_folders:
    SPLITA/ and SPLITB/. domain_sources: a source for each domain, without splits (see held_out). earth: two maps of the
    world. cityscapes: the downloaded photos and labels."""
    sources: list[Source] = Field(min_length=1)
    splits: dict[Literal["train", "test"], list[FolderName]]
    """Distributed splits to train on and to evaluate on."""
    held_out: Count = 0
    """Number of pairs, the last ones by name, that make up the split `test`; all others are `train` (domain_sources
    only)."""
    published: dict[str, Positive] = {}
    """Number of images that the publisher states, by folder (SPLIT or SPLITA)."""
    domains: tuple[str, str] = ("A", "B")
    """Names of the two domains for readers."""
    paired: bool = True
    classes: dict[str, tuple[Byte, Byte, Byte]] = Field({}, max_length=200)
    """Colours of the classes of domain B if it is a label map. FCN-score scores these classes."""
    void: list[tuple[Byte, Byte, Byte]] = []
    """Colours of domain B that belong to no class and are not scored."""
    licence: str

    @model_validator(mode="after")
    def _is_divided_once(self) -> Self:
        if self.held_out and self.layout != "domain_sources":
            raise ValueError(f"held_out: {self.layout} has splits of its own; name them in splits, and remove held_out")
        return self


class Experiment(Closed):
    """A training run, at the size that its report gives. Defaults are shared by all reports."""

    method: MethodName
    dataset: str
    direction: Direction = "b_to_a"
    """The direction that is trained (pix2pix) or scored (CycleGAN)."""

    generator: GeneratorName = "unet"
    skips: bool = True
    upsampling: Upsampling = "deconvolution"
    """How a ResNet doubles the resolution: by deconvolution, or by repeating pixels and convolving (report 003,
    section 4.7)."""
    norm: Norm = "batch"
    layers: Layers = "authors"
    """Whose code the networks' layers follow in what no other field sets: place, epsilon and momentum of norms, biases,
    padding, order in the decoder. authors: that of pix2pix and CycleGAN. ucsd: report 000's (a U-Net). wustl: report
    001's (resnet6_short, patch 46). kth: report 003's (a ResNet). docs/methods/ lists the differences."""
    initial_weights: InitialWeights = "normal"
    """Distribution of the initial weights. normal: N(0, 0.02), and N(1, 0.02) for the gains of batch norm. unit_gains:
    the same, with gains of 1. glorot: uniform by Glorot and Bengio, with gains of 1. wide: N(0, 0.141), also for gains
    and offsets of norms (report 003's code, which takes 0.02 for a variance). Biases are 0."""
    dropout: bool = True
    first_dropout_block: Literal[1, 2] = 2
    """First of a U-Net's decoder blocks with dropout, counted from the bottleneck. 1: blocks 1 to 3, as in report 000
    and in pix2pix's Lua code. 2: blocks 2 to 4 at 256 pixels, as in its PyTorch code."""
    filters: Positive = 64
    """Channels of the first layer of generator and discriminator (`ngf`, `ndf`)."""
    patch: Patch = 70
    """Receptive field of the PatchGAN in pixels."""
    conditional: bool = True
    """Show the discriminator the input image, too (pix2pix only)."""
    discriminators: Literal[1, 2] = 2
    """Number of discriminators (CycleGAN only); a single one judges only the scored direction (report 001)."""

    gan_mode: GanMode = "bce"
    halve_discriminator: bool = True
    """Halve the discriminator's loss: the mean of its terms for real and for generated images, not their sum."""
    l1: Real = Field(1.0, ge=0)
    """Weight of the mean absolute error in the reconstruction (pix2pix) or cycle (CycleGAN) loss."""
    l2: Real = Field(0.0, ge=0)
    """Weight of the mean squared error in the same loss."""
    lambda_reconstruction: Real = Field(100.0, ge=0)
    lambda_identity: Real = Field(0.0, ge=0)
    """Weight of the identity loss as a multiple of lambda_reconstruction, as in the authors' code (CycleGAN only)."""
    pool_size: Count = 0
    feature_network: FeatureNetwork | None = None
    """Fixed network whose feature maps the content loss compares (feature_loss only); vgg16 is replaced by the stand-in
    efficientnet-lite0 at scales without published weights."""

    preprocess: Preprocess = "jitter"
    """jitter: resize to load_size and crop at random; evaluate on the whole image at crop_size.
    crop: like jitter, but evaluate on the centre crop of the image at load_size."""
    first_size: Side | None = None
    """Size that images are resized to before anything else, so that they have no more detail than at that size."""
    load_size: Side = 286
    crop_size: Side = 256
    resize: Resize = "bicubic"
    """Filter of every resize. nearest, bilinear, bicubic: Pillow's, the last two antialiased. nearest-exact: the pixel
    under each new pixel's centre, as TensorFlow 2 has it. bilinear-tf1: TensorFlow 1's default, which is not
    antialiased: half the size takes every second pixel."""
    intensities: Intensities = "fixed"
    """Range of the images that networks see. fixed: levels 0 to 255 become -1 to 1. stretched: each image, all channels
    together, is first stretched so that its own least value becomes -1 and its greatest 1 (code of report 001)."""
    flip: bool = True
    flip_draw: FlipDraw = "each_image"
    """What one draw decides to mirror, with probability 1/2. each_image: one image. whole_training: all images of a
    domain, in all epochs (code of report 000)."""
    augmentation: Augmentation = "each_epoch"
    """When crop and flip of an image are drawn. each_epoch: anew in each epoch. once: in the first, for all epochs
    (code of reports 000 and 003)."""
    pair_jitter: PairJitter = "shared"
    """Whether the two images of a pair share crop and flip, or are cropped and flipped independently of each other, so
    that they are shifted against each other (code of report 000; methods that learn from pairs only)."""

    batch_size: Positive = 1
    last_batch: LastBatch = "dropped"
    """What becomes of images that do not fill the last batch of an epoch. dropped: left out, other ones in each epoch.
    kept: they are a smaller batch. kept_by_domain: so, too, but the last batch of a domain that still has images is
    filled from it, as 3 horses with 8 zebras (code of report 000; unpaired domains only)."""
    shuffle_buffer: Positive | None = None
    """Number of images in the buffer from which each next one is drawn, filled in the order of their names, as
    TensorFlow's `shuffle` has it; None draws from all images. An epoch of n images sees at most the first
    shuffle_buffer + n - 1 of a domain."""
    n_epochs: Count
    """Epochs with a constant learning rate; 0 leaves the networks untrained."""
    epoch_length: EpochLength = "larger"
    """Domain that an epoch goes through once, if the domains are unpaired and of unequal size."""
    n_epochs_decay: Count = 0
    """Further epochs in which the learning rates decay linearly to 0."""
    lr: Real = Field(2e-4, gt=0)
    lr_discriminator: Real | None = Field(None, gt=0)
    """Learning rate of the discriminators; defaults to lr."""
    beta1: Real = Field(0.5, ge=0, lt=1)
    weight_decay: Real = Field(0.0, ge=0)
    """Weight of the squared weights that Adam minimises, too."""
    adam: AdamVariant = "pytorch"
    """How Adam corrects the bias of its moments. pytorch: epsilon 1e-8, added after the correction. keras: 1e-7, added
    before it. keras_shared: the same with one step counter for all networks, which each network's step advances.
    tensorflow1: 1e-8, added before it."""
    order: Order | None = None
    """Which networks a training step updates first; by default as in the authors' code: D in pix2pix, G in CycleGAN.
    discriminator_first: G is judged by the new D. generator_first: all gradients are those of one forward pass, as G is
    judged by the old D, and D is trained on what the old G made."""
    precision: Precision = "32-true"
    """Precision of convolutions. 32-true: full float32, also on GPUs that support TF32. tf32: tensor cores round the
    factors to 10 bits. bf16-mixed: factors are rounded to 7 bits, also on CPUs; weights, losses and Adam's moments stay
    in float32. 16-mixed: the same in float16 with dynamic loss scaling, or bf16-mixed where there is no GPU."""
    compile: Literal["none", "default", "reduce-overhead"] = "none"
    """Mode of torch.compile, which fuses the networks' kernels; reduce-overhead also launches them as one CUDA graph,
    which pays off at batch size 1. Not part of a run's name: results differ only by rounding."""
    gpus: Positive = 1
    """GPUs that share each training batch. Not part of a run's name: results differ only by rounding."""
    log_every: Positive = 5
    """Steps between two rows of the loss history."""
    sample_epochs: list[Positive] = []
    """Epochs after which a few fixed test images are translated; the report shows how they change."""
    sample_training: bool = False
    """After these epochs, also translate the first training image of each domain as the training crops it, which the
    code of report 003 shows."""
    published_weights: str | None = None
    """Generator weights published by the papers' authors that replace random initial ones."""
    published_weights_back: str | None = None
    """Likewise for the generator of the other direction, of methods that have two (CycleGAN)."""

    inference_dropout: bool = False
    """Keep dropout, the noise of pix2pix, active when test images are translated."""
    inference_norm: Literal["running", "batch"] = "running"
    """Statistics of batch norm at inference: the running ones of training, or those of the test batch."""
    inference_batch: Positive = 16
    """Test images in a batch at inference; changes results only if the batch's statistics are used."""

    inversion_steps: Positive = 200
    """Adam steps of the search for the latent vector of a test image (CoGAN only)."""
    inversion_lr: Real = Field(0.05, gt=0)
    """Learning rate of these steps."""
    study_pairing: Literal["same_input", "other_input"] = "same_input"
    """Real image that a perceptual study shows beside a generated one: the truth of the same input, if there are pairs,
    or that of another input, as in the published studies of maps. Not part of a run's name."""

    label: str = ""
    """Row of the report's table that this experiment reproduces, as the report words it."""
    extra: str = ""
    """Reason for running an experiment that the report does not have."""
    assumes: dict[str, str] = {}
    """Choices that the report leaves open: field -> the chosen value and the reason."""
    stated: list[str] = []
    """Fields whose value is in the report's text; all others are assumed."""
    settled: list[str] = []
    """Fields that the text leaves open, and whose value the report's own code has as well; in the reading `coded` they
    are not assumed."""
    coded: dict[str, Any] = {}
    """Fields of the reading `coded`, where the report's own code does otherwise: field -> its value there."""

    @property
    def epochs(self) -> int:
        """Total number of epochs, with constant and with decaying learning rate."""
        return self.n_epochs + self.n_epochs_decay

    @property
    def published(self) -> list[str]:
        """Names of its published weights, those of its direction first."""
        return [name for name in (self.published_weights, self.published_weights_back) if name]

    @property
    def as_coded(self) -> "Experiment":
        """The experiment as the report's own code has it. Raises ValidationError if `coded` has mistakes."""
        written = self.model_dump(exclude_unset=True, exclude={"coded"})
        return Experiment.model_validate(written | self.coded)

    @model_validator(mode="after")
    def _batches_can_be_shared(self) -> Self:
        if self.batch_size % self.gpus:
            raise ValueError(f"gpus: {self.gpus} GPUs cannot share batches of {self.batch_size} equally")
        return self


class Segmenter(Closed):
    """The network behind FCN-score: a torchvision FCN, trained on the real pairs of the training split."""

    backbone: Literal["resnet18", "resnet50"]
    steps: Positive
    batch_size: Positive
    lr: Annotated[Real, Field(gt=0)]
    min_accuracy: Annotated[Real, Field(ge=0, le=1)]
    """Per-pixel accuracy on real test photos below which scores of generated photos are not shown."""


class Scale(Closed):
    """The same experiments at another size. Factors multiply settings, so that experiments differ as before."""

    title: str
    resolution: Factor = 1.0
    filters: Factor = 1.0
    epochs: Factor = 1.0
    batch: Factor = 1.0
    train_images: Positive | None = None
    """Largest number of training images of each domain; the first ones by name are used."""
    test_images: Positive | None = None
    stand_ins: dict[str, str] = {}
    """Dataset -> the dataset used in its place."""
    extractor: ExtractorName = "inception-v3"
    precision: Precision | None = None
    """Overrides the experiments' precision."""
    most_epochs: dict[str, Positive] = {}
    """Largest number of epochs, constant and decaying together, of each run of a chapter, or of one experiment."""
    segmenter: Segmenter | None = None
    """Overrides the general segmenter."""
    published_weights: bool = True
    """Set to false if the networks are too small for the authors' weights; random weights then replace them."""
    calibrations: bool = True
    """Set to false if rulers are not tried on images of the reports' authors, which must be downloaded."""
    experiments: list[str] = []
    """Ids of the experiments of this scale; if empty, all of them."""
    coded: list[str] | None = None
    """Ids of the experiments that are also run as coded; if omitted, all whose code does otherwise than their text."""


class Otherwise(Closed):
    """A matter in which a report's own code does otherwise than its text."""

    matter: str
    text: str
    code: str
    fields: list[str] = []
    """Fields of the reading `coded` that stand for it; none if it is not repeated."""


class Code(Closed):
    """The code that the authors of a report published."""

    source: str
    """Repository and commit."""
    remark: str
    """What is known of its relation to the report's numbers."""
    otherwise: list[Otherwise]


class Calibration(Closed):
    """Real and generated images that a report's authors published, on which its ruler is tried."""

    dataset: str
    """Dataset whose table shows the result."""
    archive: Source
    real: str = Field(pattern="^[^/].*[^/]$")
    """Folder of the real images in the archive."""
    generated: str = Field(pattern="^[^/].*[^/]$")
    """Folder of the generated ones."""
    content: str = Field(pattern="^[0-9a-f]{64}$")
    """Digest of the images alone, as real/NAME and generated/NAME: archives made on demand have no lasting checksum."""


class Chapter(Closed):
    """A report, or a chapter of your own."""

    title: str
    cite: str
    code: Code | None = None
    """Its own code, if any was published."""
    assumes: dict[str, str] = {}
    """Choices that the whole report leaves open: subject -> the chosen value and the reason."""
    inconsistencies: list[str] = []
    """Contradictions within the report, or between the report and its data."""
    ruler: RulerName | None = None
    """How its published numbers were measured; ours are measured so as well, beside the general metrics."""
    calibration: Calibration | None = None
    """Images of its authors on which the ruler is tried."""

    @model_validator(mode="after")
    def _has_what_to_calibrate(self) -> Self:
        if self.calibration and not self.ruler:
            raise ValueError("calibration: tries the chapter's ruler; add `ruler`, or remove it")
        return self


class Params(Closed):
    """All of params.yaml."""

    scale: str
    seeds: Annotated[
        list[Seed],
        Field(min_length=1, max_length=1000, json_schema_extra={"uniqueItems": True}),
        AfterValidator(distinct),
    ]
    extractor: ExtractorName | None
    """Overrides the scale's extractor."""
    readings: Annotated[list[Reading], Field(min_length=1), AfterValidator(distinct)] = ["written", "coded"]
    """Readings of the reports that are run. written: the report's text and, where it is silent, the paper that it
    follows. coded: the report's own published code, where it does otherwise."""
    neighbours: Positive
    """k of the k-th nearest neighbour in precision and recall."""
    mirror: Location | None = None
    """Address or folder that is tried first for every download."""
    watch: Literal["tensorboard"] | None = None
    """Program for which trainings also write files, to look at while they run. Names and results stay the same."""
    datasets: ByName[Dataset]
    weights: ByName[Source]
    """Weights of feature extractors, and of metrics that need weights."""
    published_weights: ByName[Source] = {}
    """Generator weights that the papers' authors published for their PyTorch code."""
    segmenter: Segmenter
    recipes: Annotated[dict[str, dict[str, Any]], AfterValidator(lambda _: {})] = {}
    """YAML anchors that experiments merge; ignored otherwise."""
    chapters: dict[ChapterKey, Chapter]
    experiments: dict[ChapterKey, ByName[Experiment]]
    scales: ByName[Scale]

    @property
    def chosen_scale(self) -> Scale:
        return self.scales[self.scale]

    @property
    def fetched_weights(self) -> dict[str, Source]:
        """All downloaded files of weights, by name."""
        return {**self.weights, **self.published_weights}

    @property
    def experiment_ids(self) -> dict[str, tuple[str, str]]:
        """Id -> (chapter, name), such as `ucsd-facades-l1` -> (`ucsd`, `facades-l1`), in the order of the file.

        An experiment whose code does otherwise than its text is followed by its other reading, `ucsd-facades-l1@coded`.
        """
        return {
            f"{chapter}-{name}{reading}": (chapter, name)
            for chapter, section in self.experiments.items()
            for name, experiment in section.items()
            for reading in (("", CODED) if experiment.coded else ("",))
        }

    def experiment(self, id: str) -> Experiment:
        """Return the experiment of an id, in the reading that the id names."""
        chapter, _, name = id.removesuffix(CODED).partition("-")
        written = self.experiments[chapter][name]
        return written.as_coded if id.endswith(CODED) else written
