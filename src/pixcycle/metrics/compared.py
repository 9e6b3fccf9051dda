"""Sets of features that say how they were made, so that none is ever compared with one that was made otherwise."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

import numpy as np

from pixcycle.errors import UserError
from pixcycle.metrics.extractors import ExtractorSpec

MADE_BY = ("extractor", "weights_sha256", "resize", "file_types")
"""Fields of Features that two sets must have in common."""


@dataclass(frozen=True)
class Features:
    """Features of a set of images. Raises UserError, naming source and image, for what are no finite numbers.

    vectors: (N, D), any float type. source: where the images, or these features, lie, for people.
    file_types: `jpeg`, `png` or both, what the images were read from; none where that was not recorded.
    """

    vectors: np.ndarray
    source: str
    extractor: str
    weights_sha256: str
    resize: str
    file_types: tuple[str, ...]

    def __post_init__(self) -> None:
        broken = np.flatnonzero(~np.isfinite(self.vectors).all(axis=1))
        if broken.size:
            raise UserError(
                f"{self.source}: the features of {broken.size} of {len(self)} images hold NaN or infinity, first those"
                f" of image {broken[0] + 1}; no metric can be made of them"
            )

    @classmethod
    def of(cls, vectors: np.ndarray, source: str, spec: ExtractorSpec, file_types: Collection[str]) -> Self:
        """Those that an extractor has just made."""
        return cls(vectors, source, spec.name, spec.weights_sha256, spec.resize, tuple(sorted(file_types)))

    def __len__(self) -> int:
        return len(self.vectors)


def refuse_unlike(real: Features, fake: Features, mixed_file_types: bool = False) -> None:
    """Raises UserError if two sets of features differ in more than their images.

    mixed_file_types: for a caller whose output tells the file types of both, as JPEG changes what it stores.
    """
    for field in MADE_BY:
        one, other = getattr(real, field), getattr(fake, field)
        if one != other and not (mixed_file_types and field == "file_types"):
            raise UserError(
                f"{field} of {real.source}: {_told(one)}, but of {fake.source}: {_told(other)};"
                " what differs in that is not compared"
            )


def _told(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else "+".join(value) or "none recorded"
