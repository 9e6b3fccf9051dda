"""An estimate as tables and sentences for a reader of 100 columns."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.filesize import decimal
from rich.table import Table

from pixcycle.estimate.cards import CARDS
from pixcycle.estimate.estimate import Estimate
from pixcycle.estimate.supplies import Supply

COMES = {
    "package": "comes with the installation",
    "disk": "taken from {}",
    "fetch": "missing: fetched from {}",
    "bring": "missing: bring {}",
}


def tables(e: Estimate) -> Iterator[RenderableType]:
    """Trainings, data, what to bring, disk, and what it all comes to."""
    yield _trainings(e)
    yield _supplies(e)
    yield from filter(None, map(_to_bring, e.supplies))
    yield _disk(e)
    yield from _summary(e)


def _trainings(e: Estimate) -> Table:
    table = _table(f"Training at scale {e.scale}: figures of one run, that is, of one seed", "experiment")
    for title in (
        "images\nan epoch",
        "epochs",
        "steps",
        "million\nparam.",
        "GFLOP\nan image",
        "PFLOP",
        "hours",
        "done",
    ):
        table.add_column(title, justify="right")
    for t in e.trainings:
        table.add_row(
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
    return table


def _supplies(e: Estimate) -> Table:
    table = _table("Data", "")
    table.add_column("raw", justify="right")
    table.add_column("prepared", justify="right")
    table.add_column("", overflow="fold")
    for s in e.supplies:
        comes = dict.fromkeys(COMES[origin.how].format(origin.place) for origin in s.origins)
        table.add_row(s.name, _size(s.raw), _size(s.prepared), "there" if s.there else "\n".join(comes))
    return table


def _to_bring(s: Supply) -> str:
    """What the user is asked to do before this can be had; empty if nothing."""
    missing = [origin for origin in s.origins if origin.how == "bring" and not s.there]
    asked = "; ".join(dict.fromkeys(origin.bring for origin in missing if origin.bring))
    return f"To bring for {s.name}: {asked}. Put it at {' and '.join(o.place for o in missing)}." if asked else ""


def _disk(e: Estimate) -> Table:
    table = _table("Disk", "")
    table.show_header = False
    table.add_column(justify="right")
    for what, size in e.disk.items():
        table.add_row(what, _size(size))
    table.add_row("together", _size(sum(e.disk.values())))
    return table


def _summary(e: Estimate) -> Iterator[str]:
    runs, finished = sum(t.runs for t in e.trainings), sum(t.finished for t in e.trainings)
    flops = sum((t.flops or 0) * t.runs for t in e.trainings)
    yield (
        f"{runs} runs, {finished} finished. All of them take {digits(flops / 1e15)} PFLOP, "
        f"{digits(e.hours, 2)} hours of one {e.device}. What is to be done takes {digits(e.wall_hours, 2)} hours "
        f"with {e.devices} of them. Pass --tflops or --card, and --devices, for yours."
    )
    if e.device in {card.name for card in CARDS.values()}:
        yield "These hours are the least that the card can take, at its peaks: no training reaches them."
    if any(t.images is None for t in e.trainings):
        yield "Not in the sums: experiments with a ?, whose images are counted when their data are prepared."
    if unsized := [s.name for s in e.supplies if s.raw is None]:
        yield f"Not in the sums: the raw files, of unknown size, of {', '.join(unsized)}."
    yield (
        "FLOP: convolutions of training, forward and backward; a multiplication and its addition are 2. Not counted: "
        "evaluation, segmenters and reports."
    )


def _table(title: str, first: str) -> Table:
    table = Table(title=title, box=None, title_justify="left", title_style="bold", padding=(0, 1, 0, 0))
    table.add_column(first, overflow="fold")
    return table


def _size(size: int | None) -> str:
    return "?" if size is None else decimal(size) if size else ""


def digits(n: float, significant: int = 3) -> str:
    """In so many digits, or in whole numbers from 100 on."""
    if 0 < n < 0.01:
        return "<0.01"
    return f"{n:,.0f}" if n >= 100 else f"{n:.{significant}g}"
