"""What the benchmarks share: alternatives that take turns, medians, growth, one table and one JSON file each."""

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

from pixcycle.files import write_json

RESULTS = Path(__file__).parent / "results"
CONTEXT = get_context("spawn")
AVX2_ONLY = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
"""Environment variables that hide a CPU's other vector instructions from PyTorch, oneDNN and MKL."""


@dataclass
class Ratio:
    """How often ours is done in the time of another way to do the same work."""

    work: str
    than: str
    """The other way."""
    ours_seconds: float
    other_seconds: float
    times_faster: float
    """Median over the rounds of other / ours."""
    target: float | None = None
    more: dict[str, Any] = field(default_factory=dict)
    """What else was measured: largest difference of the results, utilisation, images/s..."""


@dataclass
class Growth:
    """How something grows, with the line that theory gives."""

    title: str
    x_label: str
    y_label: str
    measured: list[tuple[float, float]]
    """(x, y), ascending in x."""
    theory: list[tuple[float, float]]
    theory_label: str
    log: bool = True
    """Both axes logarithmic."""

    @property
    def exponent(self) -> float:
        """y ~ x ** exponent, from the first to the last point."""
        (x0, y0), (x1, y1) = self.measured[0], self.measured[-1]
        return math.log(y1 / y0) / math.log(x1 / x0)


def take_turns(
    ways: dict[str, Callable[[], Any]], rounds: int, warmups: int = 1, clock: Callable[[], float] = time.perf_counter
) -> dict[str, list[float]]:
    """Seconds of each way in each round: A, B, A, B, ..., so that a busy machine slows all of them."""
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
    """A process of its own that prepares work, and a function that lets it do that work once and waits for it."""
    line, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=_serve, args=(theirs, prepare, arguments))
    process.start()
    theirs.close()  # so that we hear of its death
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
    """What a function returns in a fresh process."""
    with CONTEXT.Pool(1) as pool:
        return pool.apply(function, arguments)


def ratio(
    work: str, seconds: dict[str, list[float]], ours: str, than: str, target: float | None = None, **more: Any
) -> Ratio:
    """One row of the table: medians, and the median of the ratios of each round."""
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
    """The options that all benchmarks have; doc: the program's docstring."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=rounds, help=f"turns of each way (default {rounds})")
    return parser


def hide_all_but_avx2(name: str) -> str:
    """Let the processes that follow use AVX2 at most, and return the name of the results of that kind of CPU."""
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
        print(f"{'work':68}{'ours s':>10}{'other s':>10}{'faster':>9}{'target':>8}")
    for row in ratios:
        target = f"{row.target:7.1f}x" if row.target else ""
        print(f"{row.work:68}{row.ours_seconds:10.4f}{row.other_seconds:10.4f}{row.times_faster:8.2f}x{target}")
        print(f"    than {row.than}" + "".join(f"; {key}: {_short(value)}" for key, value in row.more.items()))
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
    """Of this process, as the system counts them: VmRSS (resident now), VmHWM (at most), RssAnon (no file's)."""
    return int(re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024


def forget_the_peak() -> None:
    """Let VmHWM count from now on."""
    Path("/proc/self/clear_refs").write_text("5")


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
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
    """The widest vector instructions that PyTorch may use here."""
    if AVX2_ONLY.items() <= os.environ.items():
        return "AVX2 only, others hidden"
    flags = set(re.search(r"flags\s*:(.*)", Path("/proc/cpuinfo").read_text())[1].split())
    widest = "AVX-512" if "avx512f" in flags else "AVX2 only"
    more = {"amx_bf16": "AMX", "avx512_bf16": "bf16 products"}
    return ", ".join([widest, *(name for flag, name in more.items() if flag in flags)])


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
