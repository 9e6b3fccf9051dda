"""A training in a process of its own that tells where it is, so that one can strike there."""

import os
import random
import socket
import sys
import time
from contextlib import suppress
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
    """At its end, waiting to be released."""


STAY = {Place.START: 0.2, Place.BETWEEN_EPOCHS: 0}
"""Seconds, where they are not about a hundredth."""


class Watched:
    """`pixcycle job train` that saves a state after each step.

    leash: how many steps it may take, halt: a place at which it waits at once; in both cases until it is released.
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
        given = (command, run.config.method, seconds_between, leash, halt, environment or {}, *shared)
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
        """Until it is there after so many steps, at a random moment of its stay; or until it waits or ended."""
        until = time.monotonic() + SECONDS
        while not (self.steps >= after and self.place in (place, Place.LEASH)) and self.process.is_alive():
            assert time.monotonic() < until, f"waited for {SECONDS} s"
            time.sleep(0.0002)
        time.sleep(moments.random() * STAY.get(place, 0.01))

    def release(self) -> None:
        """Let it go on to its end, from where it waits or would wait."""
        self._released.value = 1

    def end(self) -> int:
        """Its exit code, which is negative for a signal."""
        self.process.join(SECONDS)
        alive = self.process.is_alive()
        self.process.kill()
        self.process.join()
        assert not alive, f"did not end within {SECONDS} s"
        return self.process.exitcode


def two_ranks(run: Run, prepared: Path, out: Path, leash: int = 10**9) -> list[Watched]:
    """As torchrun starts them, without waiting for two imports of torch; they save no state on their way."""
    together = {"TORCHELASTIC_RUN_ID": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    together |= {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "GROUP_WORLD_SIZE": "1", "GROUP_RANK": "0"}
    return [
        Watched(run, prepared, out, 60, leash, environment=together | {"RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(2)
    ]


def free_port() -> int:
    """A port that is free, and that the kernel gives to nobody who asks for any."""
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

    from pixcycle.cli import main
    from pixcycle.data.batches import Batches
    from pixcycle.training import checkpoint, loop

    os.environ.update(environment)
    torch.set_num_threads(1)
    checkpoint.SECONDS_BETWEEN = seconds_between
    last_of_epoch = False

    def enter(where: Place) -> None:
        place.value = where
        while where in (halt, Place.LEASH) and not released.value:
            time.sleep(0.0002)

    def told(owner: Any, name: str, where: Place) -> None:
        function = getattr(owner, name)

        def within(*given: Any) -> Any:
            before = place.value
            enter(where)
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
        if steps.value >= leash:
            enter(Place.LEASH)
        enter(Place.STEP)
        losses = step(*given)
        steps.value += 1
        if last_of_epoch:
            enter(Place.BETWEEN_EPOCHS)
        return losses

    enter(Place.START)

    Batches.epoch, method.step, sys.argv = epoch_told, step_told, command
    main()
