"""features.json: how the features of the real test images were computed, and from which images."""

from pixcycle.records.record import Record


class DomainFeatures(Record):
    """Features of one domain.

    Attributes
    ----------
    images, images_sha256
        Number of images, and SHA-256 of the pixels of their array.
    sha256
        SHA-256 of the file of the vectors.
    """

    extractor: str
    weights_sha256: str
    resize: str
    file_types: tuple[str, ...]
    images: int
    images_sha256: str
    sha256: str


class FeaturesRecord(Record):
    """The record of the features of both domains."""

    A: DomainFeatures
    B: DomainFeatures
