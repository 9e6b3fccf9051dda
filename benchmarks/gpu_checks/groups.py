"""Run the checks in groups, each in a separate process: a check that dies or hangs does not stop the others."""

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
"""Modules with CHECKS, the most important first: the last may run out of time."""
HANGS = 60.0
"""If a check has run longer than this many seconds when the time is up, it has failed; else it is skipped."""
CONTEXT = get_context("spawn")


def outcomes(device: str, deadline: float) -> Iterator[Outcome]:
    """Yield the outcomes of all checks as they end.

    Parameters
    ----------
    device
        "cuda" or "cpu".
    deadline
        Value of time.monotonic(); checks that have not ended by then are skipped.
    """
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
        return Outcome(name, "failed", seconds, "did not end before the time was up")
    return Outcome(name, "skipped", seconds, "the time was up")


def _in_a_process(group: str, names: list[str], device: str, deadline: float) -> Iterator[Outcome]:
    """Run these checks in a process and yield their outcomes, until it ends or the time is up."""
    if time.monotonic() >= deadline:
        return
    line, worker_line = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_work, args=(group, names, device, worker_line))
    process.start()
    worker_line.close()  # so that recv() raises EOFError if the process dies
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
