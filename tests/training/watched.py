"""A training in a process of its own that tells where it is, so that one can strike there."""

import os
import random
import signal
import sys
import time
from enum import IntEnum
from pathlib import Path
from typing import Any

from pixcycle.runs import Run
from tests.processes import PROCESSES
from tests.training.commands import train_command

SECONDS = 120


class Place(IntEnum):
    START = 0
    STEP = 1
    STATE = 2
    SAMPLES = 3
    BETWEEN_EPOCHS = 4
    FINAL_WEIGHTS = 5
    LEASH = 6
    """At its end, standing still."""


STAY = {Place.START: 0.2, Place.BETWEEN_EPOCHS: 0}
"""Seconds, where they are not about a hundredth."""


class Watched:
    """`pixcycle job train` that saves a state after each step, and stands still after so many steps that were new."""

    def __init__(
        self,
        run: Run,
        prepared: Path,
        out: Path,
        seconds_between: float = 0,
        leash: int = 10**9,
        environment: dict[str, str] | None = None,
    ):
        self._place, self._steps = (PROCESSES.RawValue("i", 0) for _ in range(2))
        command = ["pixcycle", *train_command(run, prepared, out)]
        given = (command, run.config.method, seconds_between, leash, environment or {}, self._place, self._steps)
        self.process = PROCESSES.Process(target=_train, args=given)
        self.process.start()

    @property
    def place(self) -> Place:
        """Where it is; of a dead one, where it died."""
        return Place(self._place.value)

    @property
    def steps(self) -> int:
        """How many it has taken itself."""
        return self._steps.value

    def wait_for(self, place: Place, after: int, moments: random.Random) -> None:
        """Until it is there after so many steps, at a random moment of its stay; or until it stands still or ended."""
        until = time.monotonic() + SECONDS
        while not (self.steps >= after and self.place in (place, Place.LEASH)) and self.process.is_alive():
            assert time.monotonic() < until, f"waited for {SECONDS} s"
            time.sleep(0.0002)
        time.sleep(moments.random() * STAY.get(place, 0.01))

    def end(self) -> int:
        """Its exit code, which is negative for a signal."""
        self.process.join(SECONDS)
        alive = self.process.is_alive()
        self.process.kill()
        self.process.join()
        assert not alive, f"did not end within {SECONDS} s"
        return self.process.exitcode


def _train(
    command: list[str],
    method_name: str,
    seconds_between: float,
    leash: int,
    environment: dict[str, str],
    place: Any,
    steps: Any,
) -> None:
    import torch

    from pixcycle.cli import main
    from pixcycle.data.batches import Batches
    from pixcycle.training import checkpoint, loop

    os.environ.update(environment)
    torch.set_num_threads(1)
    checkpoint.SECONDS_BETWEEN = seconds_between
    last_of_epoch = False

    def told(owner: Any, name: str, where: Place) -> None:
        function = getattr(owner, name)

        def within(*given: Any) -> Any:
            place.value, before = where, place.value
            made = function(*given)
            place.value = before
            return made

        setattr(owner, name, within)

    told(checkpoint, "save", Place.STATE)
    told(checkpoint, "write_final", Place.FINAL_WEIGHTS)
    told(loop, "sample", Place.SAMPLES)
    method = loop.METHODS[method_name]
    step, epoch = method.step, Batches.epoch

    def epoch_told(self: Batches, *given: int) -> Any:
        nonlocal last_of_epoch
        seen = given[1] if len(given) > 1 else 0
        for i, batch in enumerate(epoch(self, *given), start=seen + 1):
            last_of_epoch = i == len(self)
            yield batch

    def step_told(*given: Any) -> Any:
        if steps.value == leash:
            place.value = Place.LEASH
            os.kill(os.getpid(), signal.SIGSTOP)
        place.value = Place.STEP
        losses = step(*given)
        steps.value += 1
        if last_of_epoch:
            place.value = Place.BETWEEN_EPOCHS
        return losses

    Batches.epoch, method.step, sys.argv = epoch_told, step_told, command
    main()
