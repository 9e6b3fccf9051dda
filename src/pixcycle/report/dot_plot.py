"""Dot plots: values of one quantity beside what they are compared with, on one axis."""

import re
from dataclasses import dataclass
from math import ceil, floor

MARGIN = 0.05
"""Share of a dot plot's values that its axis is longer by, on either side."""
_DECIMALS = re.compile(r"[+-]?\d*(?:\.(\d+))?")


@dataclass(frozen=True)
class Dot:
    """A row of a dot plot.

    Attributes
    ----------
    half
        Half the width of the value's interval; None without one.
    reference
        What the value is compared with on the same axis; None without it.
    shown, shown_reference
        Both as the tables write them.
    """

    label: str
    value: float
    shown: str
    half: float | None = None
    reference: float | None = None
    shown_reference: str = "–"


@dataclass(frozen=True)
class DotPlot:
    """Values of one quantity on one axis, from `low` to `high`, which lie outside all values and intervals.

    Attributes
    ----------
    marks
        What the value and the reference of each row are.
    """

    title: str
    dots: list[Dot]
    marks: tuple[str, str] = ("ours", "published")

    @property
    def low(self) -> float:
        """Return the left end, with as many digits as the values are written with; not below 0 if no value is."""
        least = min(self._marked)
        low = floor((least - self._margin) * 10**self.digits) / 10**self.digits
        return max(low, 0.0) if least >= 0 else low

    @property
    def high(self) -> float:
        return ceil((max(self._marked) + self._margin) * 10**self.digits) / 10**self.digits

    @property
    def digits(self) -> int:
        """Number of decimal places with which the tables write the values."""
        return max(len(_DECIMALS.match(dot.shown)[1] or "") for dot in self.dots)

    @property
    def ends(self) -> tuple[str, str]:
        """Both ends of the axis, as texts."""
        return f"{self.low:.{self.digits}f}", f"{self.high:.{self.digits}f}"

    @property
    def _marked(self) -> list[float]:
        """All places on the axis: values, the ends of their intervals, and references."""
        intervals = [dot.value + sign * (dot.half or 0) for dot in self.dots for sign in (-1, 1)]
        return intervals + [dot.reference for dot in self.dots if dot.reference is not None]

    @property
    def _margin(self) -> float:
        return MARGIN * (max(self._marked) - min(self._marked))

    @property
    def has_references(self) -> bool:
        return any(dot.reference is not None for dot in self.dots)

    def share(self, value: float) -> float:
        """Return where a value lies on the axis, in [0, 1]."""
        return (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
