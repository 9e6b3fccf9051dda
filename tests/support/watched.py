"""A training in a separate process that reports its progress, so that tests can interrupt it at chosen points."""

import os
import random
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from typing import Any

from pixcycle.methods.registry import METHODS
from pixcycle.plan.runs import Run
from tests.support.commands import train_command
from tests.support.processes import PROCESSES

SECONDS = 120


class Place(IntEnum):
    START = 0
    STEP = 1
    STATE = 2
    SAMPLES = 3
    BETWEEN_EPOCHS = 4
    FINAL_WEIGHTS = 5
    LEASH = 6
    """Waiting for release after its last allowed step."""


STAY = {Place.START: 0.2, Place.BETWEEN_EPOCHS: 0}
"""Typical seconds at a place, if not about a hundredth."""


class Watched:
    """A `pixcycle job train` that saves its state after each step.

    Parameters
    ----------
    leash
        Number of steps after which the training waits until it is released.
    halt
        Place at which the training waits until it is released.
    """

    def __init__(
        self,
        run: Run,
        prepared: Path,
        out: Path,
        seconds_between: float = 0,
        leash: int = 10**9,
        halt: Place | None = None,
        environment: dict[str, str] | None = None,
    ):
        self._place, self._steps, self._released = (PROCESSES.RawValue("i", 0) for _ in range(3))
        command = ["pixcycle", *train_command(run, prepared, out)]
        shared = (self._place, self._steps, self._released)
        arguments = (command, run.config.method, seconds_between, leash, halt, environment or {}, *shared)
        self.process = PROCESSES.Process(target=_train, args=arguments)
        self.process.start()

    @property
    def place(self) -> Place:
        """Current place, or the place where the process died."""
        return Place(self._place.value)

    @property
    def steps(self) -> int:
        """Number of steps taken by this process."""
        return self._steps.value

    def wait_for(self, place: Place, after: int, moments: random.Random) -> None:
        """Wait for a random moment at `place`, after at least `after` steps; return early if it waits or has ended."""
        until = time.monotonic() + SECONDS
        while not (self.steps >= after and self.place in (place, Place.LEASH)) and self.process.is_alive():
            assert time.monotonic() < until, f"waited for {SECONDS} s"
            time.sleep(0.0002)
        time.sleep(moments.random() * STAY.get(place, 0.01))

    def release(self) -> None:
        """Let the training continue to its end without waiting any more."""
        self._released.value = 1

    def end(self) -> int:
        """Wait for the end and return the exit code, which is negative for a signal."""
        self.process.join(SECONDS)
        alive = self.process.is_alive()
        self.process.kill()
        self.process.join()
        assert not alive, f"did not end within {SECONDS} s"
        return self.process.exitcode


def two_ranks(run: Run, prepared: Path, out: Path, leash: int = 10**9) -> list[Watched]:
    """Start two ranks as torchrun does, without two imports of torch; they save no intermediate state."""
    together = {"TORCHELASTIC_RUN_ID": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    together |= {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "GROUP_WORLD_SIZE": "1", "GROUP_RANK": "0"}
    return [
        Watched(run, prepared, out, 60, leash, environment=together | {"RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(2)
    ]


def free_port() -> int:
    """Return a free port outside of the range from which the kernel assigns ports."""
    while True:
        port = random.SystemRandom().randrange(20_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def _train(
    command: list[str],
    method_name: str,
    seconds_between: float,
    leash: int,
    halt: Place | None,
    environment: dict[str, str],
    place: Any,
    steps: Any,
    released: Any,
) -> None:
    import torch

    from pixcycle.cli.app import main
    from pixcycle.data.batches import Batches
    from pixcycle.inference import test_split
    from pixcycle.training import checkpoint

    os.environ.update(environment)
    torch.set_num_threads(1)
    checkpoint.SECONDS_BETWEEN = seconds_between
    last_of_epoch = False

    def enter(where: Place) -> None:
        place.value = where
        while where in (halt, Place.LEASH) and not released.value:
            time.sleep(0.0002)

    def reporting(function: Callable, where: Place) -> Callable:
        def within(*arguments: Any) -> Any:
            before = place.value
            enter(where)
            result = function(*arguments)
            place.value = before
            return result

        return within

    checkpoint.save = reporting(checkpoint.save, Place.STATE)
    checkpoint.write_final = reporting(checkpoint.write_final, Place.FINAL_WEIGHTS)
    sampler = test_split.sampler
    test_split.sampler = lambda *arguments: reporting(sampler(*arguments), Place.SAMPLES)
    method = METHODS[method_name]
    step, epoch = method.step, Batches.epoch

    def reporting_epoch(self: Batches, *arguments: int) -> Any:
        nonlocal last_of_epoch
        seen = arguments[1] if len(arguments) > 1 else 0
        for i, batch in enumerate(epoch(self, *arguments), start=seen + 1):
            last_of_epoch = i == len(self)
            yield batch

    def reporting_step(*arguments: Any) -> Any:
        if steps.value >= leash:
            enter(Place.LEASH)
        enter(Place.STEP)
        losses = step(*arguments)
        steps.value += 1
        if last_of_epoch:
            enter(Place.BETWEEN_EPOCHS)
        return losses

    enter(Place.START)

    Batches.epoch, method.step, sys.argv = reporting_epoch, reporting_step, command
    main()
