"""Show an estimate as tables and sentences that fit 100 columns."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.filesize import decimal

from pixcycle.base.table import left, right, table
from pixcycle.estimate.estimate import Estimate
from pixcycle.estimate.gpus import GPUS
from pixcycle.estimate.supplies import Supply

COMES = {
    "package": "comes with the installation",
    "disk": "taken from {}",
    "fetch": "missing: will be downloaded from {}",
    "bring": "missing: put it at {}",
}


def tables(e: Estimate) -> Iterator[RenderableType]:
    """Yield the tables of trainings, data and disk space, instructions for missing data, and a summary."""
    yield _trainings(e)
    yield _supplies(e)
    yield from filter(None, map(_to_bring, e.supplies))
    yield _disk(e)
    yield from _summary(e)


def _trainings(e: Estimate) -> Group:
    numbers = ["images\nper epoch", "epochs", "steps", "million\nparam.", "GFLOP\nper image", "PFLOP", "hours", "done"]
    rows = (
        (
            t.id,
            "?" if t.images is None else f"{t.images:,}",
            f"{t.epochs:,}",
            "?" if t.steps is None else f"{t.steps:,}",
            digits(t.parameters / 1e6),
            digits(t.flops_per_image / 1e9),
            "?" if t.flops is None else digits(t.flops / 1e15),
            "?" if t.hours is None else digits(t.hours, 2),
            f"{t.finished}/{t.runs}",
        )
        for t in e.trainings
    )
    title = f"Training at scale {e.scale}: figures per run, that is, per seed"
    return table(title, [left("experiment"), *map(right, numbers)], rows)


def _supplies(e: Estimate) -> Group:
    def origins(s: Supply) -> str:
        return "\n".join(dict.fromkeys(COMES[origin.how].format(origin.place) for origin in s.origins))

    rows = ((s.name, _size(s.raw), _size(s.prepared), "present" if s.there else origins(s)) for s in e.supplies)
    return table("Data", [left(), right("raw"), right("prepared"), left()], rows)


def _to_bring(s: Supply) -> str:
    """Return instructions for the user to provide a missing supply; empty if there are none."""
    missing = [origin for origin in s.origins if origin.how == "bring" and not s.there]
    steps = "; ".join(dict.fromkeys(origin.bring for origin in missing if origin.bring))
    return f"To provide {s.name}: {steps}. Put it at {' and '.join(o.place for o in missing)}." if steps else ""


def _disk(e: Estimate) -> Group:
    sizes = e.disk | {"total": sum(e.disk.values())}
    return table("Disk", [left(), right()], ((purpose, _size(size)) for purpose, size in sizes.items()))


def _summary(e: Estimate) -> Iterator[str]:
    runs, finished = sum(t.runs for t in e.trainings), sum(t.finished for t in e.trainings)
    flops = sum((t.flops or 0) * t.runs for t in e.trainings)
    yield (
        f"{runs} runs, {finished} finished. All runs take {digits(flops / 1e15)} PFLOP, or {digits(e.hours, 2)} hours "
        f"on one {e.device}. The unfinished runs take {digits(e.wall_hours, 2)} hours on {e.devices} of them. "
        "Pass --tflops or --gpu, and --devices, to describe your own."
    )
    if e.device in {gpu.name for gpu in GPUS.values()}:
        yield "These hours are a lower bound, with the GPU always at its peaks: no training reaches them."
    if any(t.images is None for t in e.trainings):
        yield "Not in the sums: experiments with a ?, whose images are counted when their data are prepared."
    if unsized := [s.name for s in e.supplies if s.raw is None]:
        yield f"Not in the sums: the raw files of {', '.join(unsized)}, whose sizes are unknown."
    yield (
        "FLOP counts the convolutions of training, forward and backward; a multiplication and its addition are 2. "
        "Translation (a search, with CoGAN), evaluation, segmenters and reports are not counted."
    )


def _size(size: int | None) -> str:
    return "?" if size is None else decimal(size) if size else ""


def digits(n: float, significant: int = 3) -> str:
    """Format a number with `significant` digits, or as a whole number from 100 on."""
    if 0 < n < 0.01:
        return "<0.01"
    rounded = f"{n:.{significant}g}"
    return f"{n:,.0f}" if float(rounded) >= 100 else rounded
