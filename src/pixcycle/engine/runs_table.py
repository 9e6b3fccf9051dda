"""The runs of a scale as tables and sentences for a reader of 100 columns."""

from collections import Counter
from collections.abc import Callable, Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pixcycle.engine.inventory import Entry
from pixcycle.training.progress import duration


def tables(entries: list[Entry], scale: str, elsewhere: Counter[str]) -> Iterator[RenderableType]:
    """Those that params name, those that they no longer name and why, collapses and errors, and what they come to.

    elsewhere: how many runs lie on disk at other scales.
    """
    named = [entry for entry in entries if not entry.stale]
    stale = [entry for entry in entries if entry.stale]
    if named:
        yield _table(f"Runs at scale {scale}", named, _NAMED)
    if stale:
        yield _table("Stale: on disk, and params.yaml no longer names them", stale, _STALE)
    collapses = [f"{e.run} {e.fingerprint}: {e.collapse}" for e in entries if e.collapse]
    failures = [f"{e.run} {e.fingerprint}: {e.failure} ({e.log})" for e in entries if e.failure]
    for title, told in (("Collapsed", collapses), ("Failed", failures)):
        if told:
            yield "\n".join([f"{title}:", *told])
    yield "\n".join(_summary(named, stale, scale, elsewhere))


def _time(e: Entry) -> str:
    return "" if e.seconds is None else duration(e.seconds)


def _epochs(e: Entry) -> str:
    if e.state == "to do" or e.epochs == e.of:
        return "?" if e.of is None else str(e.of)
    return f"{'?' if e.epochs is None else e.epochs}/{e.of}"


_NAMED: dict[str, Callable[[Entry], str]] = {
    "run": lambda e: f"{e.run} *" if e.asked else e.run,
    "state": lambda e: e.state,
    "results": lambda e: "measured" if e.measured else "translated" if e.translated else "",
    "finger-\nprint": lambda e: e.fingerprint,
    "epochs": _epochs,
    "wall\ntime": _time,
    "images\n/s": lambda e: "" if e.images_per_second is None else f"{e.images_per_second:.1f}",
    "try": lambda e: str(e.attempts) if e.attempts > 1 else "",
    "SLURM\njob": lambda e: e.slurm_job_id or "",
}
_STALE = {title: _NAMED[title] for title in ("run", "state", "finger-\nprint", "wall\ntime")} | {
    "why": lambda e: e.stale
}
_WORDS = {"run", "state", "results", "finger-\nprint", "why"}


def _table(title: str, entries: list[Entry], columns: dict[str, Callable[[Entry], str]]) -> Group:
    """A column that would be empty is left out."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    shown = []
    for heading, tell in columns.items():
        cells = [tell(entry) for entry in entries]
        if any(cells):
            justify = "left" if heading in _WORDS else "right"
            table.add_column(heading, justify=justify, overflow="fold", no_wrap=heading not in ("run", "why"))
            shown.append(cells)
    for row in zip(*shown, strict=True):
        table.add_row(*row)
    return Group(Text(title, style="bold"), table)


def _summary(named: list[Entry], stale: list[Entry], scale: str, elsewhere: Counter[str]) -> Iterator[str]:
    states = Counter(entry.state for entry in named)
    told = ", ".join(f"{n} {state}" for state, n in states.most_common())
    yield f"Scale {scale}: {told}." if named else f"No runs at scale {scale}."
    if any(entry.asked for entry in named):
        yield "* Not in params.yaml; an earlier call of Snakemake asked for it (seeds)."
    if stale:
        yield f"{len(stale)} stale; `pixcycle gc` shows what it would free, then asks."
    if elsewhere:
        yield f"On disk at other scales: {', '.join(f'{n} at {scale}' for scale, n in elsewhere.items())}."
