"""The outcome of a check: passed, failed or skipped, with the values that it measured."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Values = dict[str, Any]
"""Name -> value that JSON can represent; floats are finite."""
Check = Callable[[Any], Values]
"""Takes a torch.device. Raises CheckFailed, Skipped, or any other exception."""


@dataclass
class Outcome:
    name: str
    status: Literal["passed", "failed", "skipped"]
    seconds: float = 0.0
    reason: str = ""
    """Reason why it failed or was skipped, in one line."""
    values: Values = field(default_factory=dict)

    def line(self) -> str:
        details = "; ".join(filter(None, [self.reason, brief(self.values)]))
        return f"{self.status:8}{self.seconds:6.1f} s  {self.name}" + (f": {details}" if details else "")


class Skipped(Exception):
    """The check does not apply here."""


class CheckFailed(Exception):
    """A check failed; `values` are the measurements that show it."""

    def __init__(self, reason: str, values: Values | None = None):
        super().__init__(reason)
        self.values = values or {}


def outcome_of(name: str, check: Check, device: Any) -> Outcome:
    """Run a check and return its outcome; exceptions of any kind become one, so that the other checks still run."""
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
    """Return the numbers and strings among the values in one line."""
    scalars = {key: value for key, value in values.items() if isinstance(value, int | float | str)}
    return ", ".join(f"{key} {short(value)}" for key, value in scalars.items())


def short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def finite(value: float) -> float | str:
    """Return a finite number itself and "not finite" for any other, as JSON has no infinity or NaN."""
    return value if math.isfinite(value) else "not finite"
