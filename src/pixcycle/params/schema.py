"""Schema of `params.yaml`: typed sections without unknown keys."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field

from pixcycle.params.chapter import Chapter
from pixcycle.params.dataset import Dataset, Source
from pixcycle.params.experiment import Experiment
from pixcycle.params.fields import (
    ChapterKey,
    Closed,
    ExtractorName,
    Factor,
    Location,
    Name,
    Names,
    Positive,
    Precision,
    Reading,
    Real,
    Seed,
    distinct,
)

T = TypeVar("T")
CODED = "@coded"
"""Ending of the ids of experiments as the report's own code has them."""
ByName = Annotated[dict[Name, T], Field(json_schema_extra={"additionalProperties": False})]


def _some(readings: list[Reading]) -> list[Reading]:
    if not readings:
        raise ValueError("name written, coded or both")
    return readings


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
    experiments: Names = []
    """Ids of the experiments of this scale; if empty, all of them."""
    coded: Names | None = None
    """Ids of the experiments that are also run as coded; if omitted, all whose code does otherwise than their text."""


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
    readings: Annotated[
        list[Reading], Field(json_schema_extra={"minItems": 1}), AfterValidator(distinct), AfterValidator(_some)
    ] = ["written", "coded"]
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
    def chosen_segmenter(self) -> Segmenter:
        """Settings of the networks behind FCN-score at the chosen scale."""
        return self.chosen_scale.segmenter or self.segmenter

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
