"""Feature sets that record how they were computed, so that only sets computed alike are compared."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

import numpy as np

from pixcycle.base.errors import UserError
from pixcycle.metrics.extractors import ExtractorSpec

MADE_BY = ("extractor", "weights_sha256", "resize", "file_types")
"""Fields of Features that must be equal for two sets to be compared."""


@dataclass(frozen=True)
class Features:
    """Features of a set of images, and how they were computed.

    Attributes
    ----------
    vectors
        (N, D), any float type.
    source
        Path of the images, or of these features, for messages.
    file_types
        Types of the files that the images were read from: `jpeg`, `png` or both. Empty if not recorded.

    Raises
    ------
    UserError
        If a vector contains NaN or infinity; the message names the source and the first such image.
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
                f"{self.source}: the features of {broken.size} of {len(self)} images contain NaN or infinity, the first"
                f" being image {broken[0] + 1}; no metric can be computed from them"
            )

    @classmethod
    def of(cls, vectors: np.ndarray, source: str, spec: ExtractorSpec, file_types: Collection[str]) -> Self:
        """Return the vectors that an extractor has just computed as Features."""
        return cls(vectors, source, spec.name, spec.weights_sha256, spec.resize, tuple(sorted(file_types)))

    def __len__(self) -> int:
        return len(self.vectors)


def refuse_unlike(real: Features, fake: Features, mixed_file_types: bool = False) -> None:
    """Raise UserError if two sets of features differ in more than their images.

    Parameters
    ----------
    mixed_file_types
        Allow different file types. Only for callers whose output states the file types of both sets, as JPEG changes
        the images that it stores.
    """
    for field in MADE_BY:
        one, other = getattr(real, field), getattr(fake, field)
        if one != other and not (mixed_file_types and field == "file_types"):
            raise UserError(
                f"{field} of {real.source}: {_displayed(one)}, but of {fake.source}: {_displayed(other)};"
                f" only features with the same {field} are compared"
            )


def _displayed(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else "+".join(value) or "none recorded"
