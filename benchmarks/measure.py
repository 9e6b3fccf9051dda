"""Shared code of the benchmarks: alternatives run in turns, medians, growth, a printed table and a JSON file."""

import argparse
import json
import math
import os
import platform
import re
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pixcycle.base.files import write_json

RESULTS = Path(__file__).parent / "results"
CONTEXT = get_context("spawn")
AVX2_ONLY = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
"""Environment variables that hide vector instructions beyond AVX2 from PyTorch, oneDNN and MKL."""


@dataclass
class Ratio:
    """Speed of ours relative to an alternative that does the same work."""

    work: str
    than: str
    """Name of the alternative."""
    ours_seconds: float
    other_seconds: float
    times_faster: float
    """Median over the rounds of the alternative's seconds / our seconds."""
    target: float | None = None
    more: dict[str, Any] = field(default_factory=dict)
    """Further measurements: largest difference of the results, utilisation, images/s..."""


@dataclass
class Growth:
    """How a cost grows, with the curve expected from theory."""

    title: str
    x_label: str
    y_label: str
    measured: list[tuple[float, float]]
    """(x, y), ascending in x."""
    theory: list[tuple[float, float]]
    theory_label: str
    log: bool = True
    """Whether both axes are logarithmic."""

    @property
    def exponent(self) -> float:
        """y ~ x ** exponent, from the first to the last point."""
        (x0, y0), (x1, y1) = self.measured[0], self.measured[-1]
        return math.log(y1 / y0) / math.log(x1 / x0)


def take_turns(
    ways: dict[str, Callable[[], Any]], rounds: int, warmups: int = 1, clock: Callable[[], float] = time.perf_counter
) -> dict[str, list[float]]:
    """Return the seconds of each way in each round: A, B, A, B, ..., so that a busy machine slows all of them alike."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(warmups + rounds):
        for name, way in ways.items():
            began = clock()
            way()
            if turn >= warmups:
                seconds[name].append(clock() - began)
    return seconds


@contextmanager
def in_turn(prepare: Callable[..., Callable[[], Any]], *arguments: Any) -> Iterator[Callable[[], Any]]:
    """Prepare work in a separate process and yield a function that runs the work there once and waits for it."""
    line, worker_line = CONTEXT.Pipe()
    process = CONTEXT.Process(target=_serve, args=(worker_line, prepare, arguments))
    process.start()
    worker_line.close()  # so that recv() raises EOFError if the process dies
    line.recv()

    def work() -> Any:
        line.send("work")
        return line.recv()

    try:
        yield work
    finally:
        line.send("stop")
        process.join()


def _serve(line: Connection, prepare: Callable[..., Callable[[], Any]], arguments: tuple[Any, ...]) -> None:
    work = prepare(*arguments)
    line.send("ready")
    while line.recv() == "work":
        line.send(work())


def in_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a fresh process and return its result."""
    with CONTEXT.Pool(1) as pool:
        return pool.apply(function, arguments)


def ratio(
    work: str, seconds: dict[str, list[float]], ours: str, than: str, target: float | None = None, **more: Any
) -> Ratio:
    """Return a row of the table: median seconds, and the median of the ratios of all rounds."""
    pairs = zip(seconds[ours], seconds[than], strict=True)
    return Ratio(
        work,
        than,
        statistics.median(seconds[ours]),
        statistics.median(seconds[than]),
        statistics.median(other / own for own, other in pairs),
        target,
        more,
    )


def options(doc: str, rounds: int) -> argparse.ArgumentParser:
    """Return a parser with the options of all benchmarks. doc: the program's docstring."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=rounds, help=f"runs of each alternative (default {rounds})")
    return parser


def hide_all_but_avx2(name: str) -> str:
    """Limit child processes to AVX2, and return the name for results on that kind of CPU."""
    os.environ.update(AVX2_ONLY)
    return f"{name}-avx2"


def publish(
    name: str,
    rounds: int,
    ratios: Iterable[Ratio] = (),
    growths: Iterable[Growth] = (),
    keep_others: bool = False,
) -> None:
    """Print the table and write `results/NAME.json`.

    keep_others: keep what the file has of other work and of growth, if it was measured on such a machine.
    """
    ratios, growths = list(ratios), list(growths)
    if ratios:
        print(f"{'work':68}{'ours s':>10}{'other s':>10}{'speed-up':>9}{'target':>8}")
    for row in ratios:
        target = f"{row.target:7.1f}x" if row.target else ""
        print(f"{row.work:68}{row.ours_seconds:10.4f}{row.other_seconds:10.4f}{row.times_faster:8.2f}x{target}")
        print(f"    compared with {row.than}" + "".join(f"; {key}: {_short(value)}" for key, value in row.more.items()))
    for growth in growths:
        points = ", ".join(f"{_short(x)}: {_short(y)}" for x, y in growth.measured)
        print(f"{growth.title} ({growth.y_label} by {growth.x_label}): {points}; exponent {growth.exponent:.2f}")
    file = RESULTS / f"{name}.json"
    measured = {
        "rounds": rounds,
        "machine": machine(),
        "ratios": [asdict(row) for row in ratios],
        "growth": [asdict(growth) | {"exponent": growth.exponent} for growth in growths],
    }
    if keep_others and file.exists():
        before = json.loads(file.read_text())
        if any(before["machine"][key] != measured["machine"][key] for key in ("cpu", "instructions", "cores")):
            raise SystemExit(f"{file}: was measured on another machine; measure all of it anew, without --only")
        new = {row["work"]: row for row in measured["ratios"]}
        measured["rounds"] = min(rounds, before["rounds"])
        measured["ratios"] = [new.get(row["work"], row) for row in before["ratios"]]
        measured["growth"] = before["growth"]
    write_json(file, measured)


def megabytes(field: str) -> float:
    """Return a memory counter of this process in MB: VmRSS (resident), VmHWM (its peak), RssAnon (not file-backed)."""
    return int(re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024


def forget_the_peak() -> None:
    """Reset VmHWM to the memory in use now."""
    Path("/proc/self/clear_refs").write_text("5")


def machine() -> dict[str, Any]:
    """Describe the machine on which the figures are measured."""
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    return {
        "cpu": cpu,
        "instructions": instructions(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
    }


def instructions() -> str:
    """Name the widest vector instructions that PyTorch may use here."""
    if AVX2_ONLY.items() <= os.environ.items():
        return "AVX2 only, others hidden"
    flags = set(re.search(r"flags\s*:(.*)", Path("/proc/cpuinfo").read_text())[1].split())
    widest = "AVX-512" if "avx512f" in flags else "AVX2 only"
    more = {"amx_bf16": "AMX", "avx512_bf16": "bf16 products"}
    return ", ".join([widest, *(name for flag, name in more.items() if flag in flags)])


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
