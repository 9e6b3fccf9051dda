"""Schema of a chapter: a report, its own code, and how its numbers were measured."""

from typing import Self

from pydantic import Field, model_validator

from pixcycle.params.dataset import Source
from pixcycle.params.fields import INSIDE, SHA256, Closed, Names, RulerName


class Otherwise(Closed):
    """A matter in which a report's own code does otherwise than its text."""

    matter: str
    text: str
    code: str
    fields: Names = []
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
    real: str = Field(pattern=INSIDE)
    """Folder of the real images in the archive."""
    generated: str = Field(pattern=INSIDE)
    """Folder of the generated ones."""
    content: str = Field(pattern=SHA256)
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
