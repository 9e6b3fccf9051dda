"""The outcome of one check: passed, failed or skipped, with the values that it found."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Values = dict[str, Any]
"""What JSON can hold; floats are finite."""
Check = Callable[[Any], Values]
"""Of a torch.device. Raises CheckFailed, Skipped, or whatever broke it."""


@dataclass
class Outcome:
    name: str
    status: Literal["passed", "failed", "skipped"]
    seconds: float = 0.0
    reason: str = ""
    """Why it failed or was skipped, in one line."""
    values: Values = field(default_factory=dict)

    def line(self) -> str:
        found = "; ".join(filter(None, [self.reason, brief(self.values)]))
        return f"{self.status:8}{self.seconds:6.1f} s  {self.name}" + (f": {found}" if found else "")


class Skipped(Exception):
    """The check does not apply here."""


class CheckFailed(Exception):
    """What a check expects does not hold; `values` are those that show it."""

    def __init__(self, reason: str, values: Values | None = None):
        super().__init__(reason)
        self.values = values or {}


def outcome_of(name: str, check: Check, device: Any) -> Outcome:
    """Run a check. An exception of any kind is its outcome, so that the other checks still run."""
    began = time.monotonic()

    def ended(status: Literal["passed", "failed", "skipped"], reason: str, values: Values) -> Outcome:
        return Outcome(name, status, time.monotonic() - began, " ".join(reason.split())[:300], values)

    try:
        return ended("passed", "", check(device))
    except Skipped as error:
        return ended("skipped", str(error), {})
    except CheckFailed as error:
        return ended("failed", str(error), error.values)
    except Exception as error:
        return ended("failed", f"{type(error).__name__}: {error}", {})


def brief(values: Values) -> str:
    """The numbers, words and lists of words among the values, in one line."""
    shown = {key: value for key, value in values.items() if isinstance(value, int | float | str)}
    return ", ".join(f"{key} {short(value)}" for key, value in shown.items())


def short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def finite(value: float) -> float | str:
    """A number as JSON can hold it."""
    return value if math.isfinite(value) else "not finite"
