"""The interface of a metric: its scores, the inputs that it needs, and how it is computed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pixcycle.metrics.feature_sets import Features

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Score:
    """One number that a metric produces.

    Attributes
    ----------
    name
        Key in metrics files.
    title
        Name in tables.
    digits
        Number of decimals shown.
    better
        The direction in which the score improves.
    unbounded
        True if the score can be infinite for a set of images; it is then null in JSON.
    versioned
        True if the score is a column of ``dvc metrics show``.
    """

    name: str
    title: str
    digits: int
    better: Literal["lower", "higher"]
    unbounded: bool = False
    versioned: bool = False

    @property
    def heading(self) -> str:
        return f"{self.title} {'↓' if self.better == 'lower' else '↑'}"

    @property
    def sign(self) -> int:
        """1 if lower is better, -1 if higher is."""
        return 1 if self.better == "lower" else -1


@dataclass(frozen=True)
class Images:
    """Generated images of one direction and the data to compare them with; None where such data do not exist.

    Attributes
    ----------
    seed
        Seed of metrics that draw random subsets.
    neighbours
        k of precision and recall.
    fakes
        Generated images, uint8 (N, H, W, 3).
    fake_features, real_features
        Features of the N generated and the M real images.
    pairs
        Ground truth of each generated image, uint8 (N, H, W, 3).
    labels
        Real label map of each generated image, uint8 (N, H, W, 3).
    classes, void
        Colours of the label classes by name, and colours that belong to no class.
    segment
        Function from photos, uint8 (N, H, W, 3), to class indices, uint8 (N, H, W). None unless the generated images
        are photos.
    weights
        Downloaded weights files, by their name under ``weights`` in params.yaml.
    device
        Device on which networks run.
    """

    seed: int
    neighbours: int
    fakes: np.ndarray | None = None
    fake_features: Features | None = None
    real_features: Features | None = None
    pairs: np.ndarray | None = None
    labels: np.ndarray | None = None
    classes: dict[str, Colour] = field(default_factory=dict)
    void: list[Colour] = field(default_factory=list)
    segment: Callable[[np.ndarray], np.ndarray] | None = None
    weights: dict[str, Path] = field(default_factory=dict)
    device: Any = "cpu"


@dataclass(frozen=True)
class Metric:
    """A measurement of generated images.

    Attributes
    ----------
    scores
        The numbers that tables can show.
    measure
        Function from Images to values by name: those of `scores`, and optionally others that no table shows.
    resample
        Function from Images to values by name, one per bootstrap sample of the images (see `bootstrap.draws`). None if
        the metric has no interval.
    needs
        Fields of Images that must not be None for the metric to be computed.
    fewest
        Function from Images to the number of images of either set below which the metric is left out.
    words
        Name of the metric in the report's text, with a citation: ``SSIM @cite-wang2004``. Empty to leave it out.
    references
        Entries for the list of references, by citation key. Needed only for works that the list does not have yet.
    in_all_tables
        Show the scores in every table of our own values. If False, only in tables whose chapter asks for them.
    weights
        Name of the entry under ``weights`` in params.yaml that the metric needs. Empty if it needs none.
    recipe
        Version of the computation: raise it whenever the same images would give other values. 0 for metrics that
        RECIPE["evaluate"] covers.
    position
        Position among all metrics in tables and lists.
    """

    scores: tuple[Score, ...]
    measure: Callable[[Images], dict[str, float]]
    resample: Callable[[Images], dict[str, np.ndarray]] | None = None
    needs: tuple[str, ...] = ("fakes",)
    fewest: Callable[[Images], int] = lambda images: 1
    words: str = ""
    references: dict[str, str] = field(default_factory=dict)
    in_all_tables: bool = True
    weights: str = ""
    recipe: int = 1
    position: int = 100
