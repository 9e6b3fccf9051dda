"""The metrics file of a run: its scores in every direction, and what they were measured on."""

from typing import Any, Literal, Self

from pydantic import ConfigDict, model_validator

from pixcycle.paths import Direction
from pixcycle.records.manifest import Domain
from pixcycle.records.record import Count, Number, Record


class Scores(Record):
    """Values of one direction by name; those of metrics other than the pixel metrics are extra fields.

    l1, psnr and ssim are None for unpaired data; psnr is also None if it is infinite.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Number]

    n_real: Count
    n_fake: Count
    l1: Number | None = None
    psnr: Number | None = None
    ssim: Number | None = None

    @model_validator(mode="after")
    def _pixel_metrics_together(self) -> Self:
        if (self.l1 is None) != (self.ssim is None) or (self.l1 is None and self.psnr is not None):
            raise ValueError("has only some of l1, psnr and ssim")
        return self


class SegmenterRecord(Record):
    """segmenter.json: what the network behind FCN-score was trained on, and its scores on the real test photos."""

    settings: dict[str, Any]
    steps: int
    n_train: int
    n_test: int
    real: dict[str, Number]
    most_common_class_accuracy: Number
    fingerprint: str = ""
    images_sha256: dict[Domain, str] = {}
    classes: dict[str, tuple[int, int, int]] = {}
    void: list[tuple[int, int, int]] = []
    seed: int = 0
    seconds: float = 0

    def reaches(self, accuracy: float) -> bool:
        """Return whether it classifies at least this share of the pixels of real test photos correctly."""
        return self.real["pixel_accuracy"] >= accuracy


class MadeFrom(Record):
    """Fingerprints of the run and its translations, the key of the prepared data, and checksums of their content.

    Attributes
    ----------
    weights_sha256
        Of the run's final.safetensors.
    translated_sha256
        Of the translations' SHA256SUMS.
    images_sha256
        Of the pixels of the test images, by domain.
    """

    run: str
    translated: str
    data: str = ""
    weights_sha256: str = ""
    translated_sha256: str = ""
    images_sha256: dict[Domain, str] = {}


class Sample(Record):
    """Checkerboard energy of the images of one direction that were sampled after an epoch of training."""

    epoch: Count
    direction: Direction
    checkerboard: Number


class Ruled(Record):
    """What a ruler reads, see `metrics.rulers`, and what it was read on.

    Attributes
    ----------
    extractor, features, weights_file, weights_sha256
        The network: the ruler's own, or one that stands in for it.
    size
        Side of the images in pixels.
    fid, precision, recall
        None if there are too few images.
    """

    ruler: str
    extractor: str
    features: str
    weights_file: str
    weights_sha256: str
    size: Count
    n_real: Count
    n_fake: Count
    fid: Number | None
    precision: Number | None
    recall: Number | None


class Measured(Record):
    """The content of a metrics file.

    Attributes
    ----------
    extractor, resize, neighbours, seed, split
        Settings of the measurement, as in params.yaml and in the extractor.
    direction
        The direction that the experiment is scored in.
    file_types
        Types of the files that images were read from, by domain and for the generated ones.
    resampled
        Scores of bootstrap samples of the test images, by direction and name.
    left_out
        Metrics that there are too few test images for, each with the number that it needs.
    images
        Values of each test image, by direction and name.
    real
        Values of the real test images, by domain and name.
    ruled
        What the chapter's ruler reads in the scored direction; None without a ruler.
    """

    metrics: dict[Direction, Scores]
    direction: Direction
    extractor: str
    resize: str
    neighbours: int
    run: str = ""
    fingerprint: str = ""
    made_from: MadeFrom | None = None
    split: str = "test"
    comparable: bool = False
    segmenter: SegmenterRecord | None = None
    file_types: dict[Literal["A", "B", "generated"], list[str]] = {}
    seed: int = 0
    resampled: dict[Direction, dict[str, list[Number]]] = {}
    left_out: dict[Direction, list[str]] = {}
    images: dict[Direction, dict[str, list[Number]]] = {}
    real: dict[Domain, dict[str, Number]] = {}
    samples: list[Sample] = []
    ruled: Ruled | None = None
