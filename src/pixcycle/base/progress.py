"""Progress of a run: a live bar on a terminal, plain lines elsewhere."""

import os
import re
import sys
import time
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

SECONDS_BETWEEN_LINES = 10


class Progress:
    """Show epoch, losses, images/s and time left of one run."""

    def __init__(self, title: str, epochs: int, steps: int, epochs_done: int, steps_done: int = 0):
        """Start the bar, or say after which epoch a resumed run continues.

        Parameters
        ----------
        steps
            Steps in an epoch.
        epochs_done, steps_done
            Finished epochs, and finished steps of the next epoch.
        """
        self._title, self._epochs, self._steps = title, epochs, steps
        self._began = self._last = time.monotonic()
        self._first_step = epochs_done * steps + steps_done
        self._bar = None
        if sys.stderr.isatty():
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            self._bar = Bar(*columns, console=Console(stderr=True))
            self._task = self._bar.add_task(title, total=epochs * steps, completed=self._first_step)
            self._bar.start()
        elif self._first_step:
            self.say(f"resumed after {so_far(epochs_done, steps_done)}")

    def show(self, epoch: int, step: int, losses: dict[str, float], batch_size: int) -> None:
        """Update the progress; called at every logged step, but prints a line only every SECONDS_BETWEEN_LINES."""
        now, at = time.monotonic(), epoch * self._steps + step
        done = at - self._first_step + 1
        rate = done / (now - self._began)
        terms = "  ".join(f"{name} {value:.3g}" for name, value in losses.items())
        if self._bar:
            text = f"{self._title}  epoch {epoch + 1}/{self._epochs}  {terms}  {rate * batch_size:.1f} images/s"
            self._bar.update(self._task, completed=at + 1, description=text)
        elif now - self._last >= SECONDS_BETWEEN_LINES:
            self._last = now
            left = (self._epochs * self._steps - at) / rate
            self.say(
                f"epoch {epoch + 1}/{self._epochs}  {terms}  {rate * batch_size:.1f} images/s  {duration(left)} left"
            )

    def say(self, text: str) -> None:
        """Print a line; training continues even if nothing reads stderr any more."""
        try:
            print(f"{self._title}  {text}", file=sys.stderr, flush=True)
        except BrokenPipeError:  # `tee` was stopped, too, and ended first
            # Python retries the failed write at exit, which would change the exit code.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())

    def finish(self, seconds: float) -> None:
        if self._bar:
            self._bar.stop()
        self.say(f"done: {self._epochs} epochs in {duration(seconds)}")


def so_far(epochs: int, steps: int) -> str:
    """Return progress as `epoch 3`, `epoch 3 and 17 steps` (of the next epoch), or `17 steps` (of the first epoch)."""
    words = [f"epoch {epochs}" if epochs else "", f"{steps} step{'s' if steps > 1 else ''}" if steps else ""]
    return " and ".join(filter(None, words)) or "0 steps"


@dataclass(frozen=True)
class Reached:
    """What a line of `Progress.show` says of a training: its epoch, counted from 1, and the seconds left."""

    epoch: int
    epochs: int
    seconds_left: float


_LINE = re.compile(r"epoch (\d+)/(\d+)  .*  ([\d.]+) (s|min|h) left")


def reached(line: str) -> Reached | None:
    """Return the progress in a line of a training's log; None for another line."""
    if not (match := _LINE.search(line)):
        return None
    epoch, epochs, number, unit = match.groups()
    return Reached(int(epoch), int(epochs), float(number) * {"s": 1, "min": 60, "h": 3600}[unit])


def duration(seconds: float) -> str:
    """Format seconds as `45 s`, `12 min` or `3.5 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
