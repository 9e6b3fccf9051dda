"""The checks in groups, each group in a process of its own: one that dies or hangs does not take the others along."""

import logging
import os
import time
import warnings
from collections.abc import Iterator
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection

from gpu_checks.outcome import Outcome, outcome_of

GROUPS = ["gpu_checks.numerics", "gpu_checks.running", "gpu_checks.speed", "gpu_checks.compiled"]
"""In this order, as the last may find no time."""
HANGS = 60.0
"""Seconds of a single check after which it has failed when time is up; one that just began is skipped."""
CONTEXT = get_context("spawn")


def outcomes(device: str, deadline: float) -> Iterator[Outcome]:
    """Of all checks, as they come. deadline: of time.monotonic(); checks that have not ended by then are skipped."""
    for group in GROUPS:
        waiting = list(import_module(group).CHECKS)
        while waiting:
            began = time.monotonic()
            for outcome in _in_a_process(group, list(waiting), device, deadline):
                waiting.remove(outcome.name)
                began = time.monotonic()
                yield outcome
            if waiting:
                yield _unfinished(waiting.pop(0), time.monotonic() - began, time.monotonic() >= deadline)


def _unfinished(name: str, seconds: float, late: bool) -> Outcome:
    if not late:
        return Outcome(name, "failed", seconds, "its process died")
    if seconds > HANGS:
        return Outcome(name, "failed", seconds, "had not ended when the time was up")
    return Outcome(name, "skipped", seconds, "the time was up")


def _in_a_process(group: str, names: list[str], device: str, deadline: float) -> Iterator[Outcome]:
    """The outcomes of these checks, until the process ends or the time is up."""
    if time.monotonic() >= deadline:
        return
    line, theirs = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_work, args=(group, names, device, theirs))
    process.start()
    theirs.close()  # so that we hear of its death
    try:
        for _ in names:
            if not line.poll(max(0.0, deadline - time.monotonic())):
                return
            yield line.recv()
    except EOFError:
        return
    finally:
        process.kill()
        process.join()


def _work(group: str, names: list[str], device: str, line: Connection) -> None:
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    warnings.simplefilter("ignore")
    logging.disable(logging.INFO)
    import torch

    checks = import_module(group).CHECKS
    for name in names:
        line.send(outcome_of(name, checks[name], torch.device(device)))
        if device == "cuda":
            torch.cuda.empty_cache()
