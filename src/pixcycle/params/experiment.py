"""Schema of an experiment: the settings of a training run, with the defaults that all reports share."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from pixcycle.params.fields import (
    AdamVariant,
    Augmentation,
    Closed,
    Count,
    EpochLength,
    FeatureNetwork,
    FlipDraw,
    GanMode,
    GeneratorName,
    InitialWeights,
    Intensities,
    LastBatch,
    Layers,
    MethodName,
    Names,
    Norm,
    Order,
    PairJitter,
    Patch,
    Positive,
    Precision,
    Preprocess,
    Real,
    Resize,
    Side,
    Upsampling,
)
from pixcycle.paths import Direction


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
    stated: Names = []
    """Fields whose value is in the report's text; all others are assumed."""
    settled: Names = []
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
