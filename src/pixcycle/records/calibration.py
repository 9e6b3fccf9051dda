"""What a ruler reads on the images that a report's authors published."""

from pixcycle.records.metrics import Ruled
from pixcycle.records.record import Record


class CalibrationRecord(Record):
    """The content of a calibration's file.

    Attributes
    ----------
    location
        Where the archive came from.
    content
        Digest of the images.
    """

    chapter: str
    location: str
    content: str
    ruled: Ruled
