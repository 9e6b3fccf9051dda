"""Tables and sentences, 100 columns wide, on the runs of a scale."""

from collections import Counter
from collections.abc import Callable, Iterator

from rich.console import Group, RenderableType

from pixcycle.base.progress import duration
from pixcycle.base.table import left, right, table
from pixcycle.ledger.inventory import Entry


def tables(entries: list[Entry], scale: str, elsewhere: Counter[str]) -> Iterator[RenderableType]:
    """Yield the current runs, the stale ones and why they are stale, collapses, errors, and a summary.

    Parameters
    ----------
    elsewhere
        Other scale -> number of its runs on disk.
    """
    named = [entry for entry in entries if not entry.stale]
    stale = [entry for entry in entries if entry.stale]
    if named:
        yield _table(f"Runs at scale {scale}", named, _NAMED)
    if stale:
        yield _table("Stale: on disk, but no longer named by params.yaml", stale, _STALE)
    collapses = [f"{e.run} {e.fingerprint}: {e.collapse}" for e in entries if e.collapse]
    failures = [f"{e.run} {e.fingerprint}: {e.failure} ({e.log})" for e in entries if e.failure]
    for title, lines in (("Collapsed", collapses), ("Failed", failures)):
        if lines:
            yield "\n".join([f"{title}:", *lines])
    yield "\n".join(_summary(named, stale, scale, elsewhere))


def training_first(entries: list[Entry], scale: str, elsewhere: Counter[str]) -> Iterator[RenderableType]:
    """Yield the parts of `tables` for a terminal that may be too low for all: the summary and what trains is first."""
    *others, summary = tables(sorted(entries, key=lambda e: e.state != "training"), scale, elsewhere)
    yield from (summary, *others)


def _time(e: Entry) -> str:
    return "" if e.seconds is None else duration(e.seconds)


def _epochs(e: Entry) -> str:
    if e.state == "to do" or e.epochs == e.of:
        return "?" if e.of is None else str(e.of)
    return f"{'?' if e.epochs is None else e.epochs}/{e.of}"


_NAMED: dict[str, Callable[[Entry], str]] = {
    "run": lambda e: f"{e.run} *" if e.requested else e.run,
    "state": lambda e: e.state,
    "results": lambda e: "measured" if e.measured else "translated" if e.translated else "",
    "finger-\nprint": lambda e: e.fingerprint,
    "epochs": _epochs,
    "wall\ntime": _time,
    "images\n/s": lambda e: "" if e.images_per_second is None else f"{e.images_per_second:.1f}",
    "try": lambda e: str(e.attempts) if e.attempts > 1 else "",
    "cluster\njob": lambda e: e.job or "",
}
_STALE = {title: _NAMED[title] for title in ("run", "state", "finger-\nprint", "wall\ntime")} | {
    "why": lambda e: e.stale
}
_WORDS = {"run", "state", "results", "finger-\nprint", "why"}


def _table(title: str, entries: list[Entry], columns: dict[str, Callable[[Entry], str]]) -> Group:
    """Return a table without the columns that would be empty."""
    cells = {heading: [cell(entry) for entry in entries] for heading, cell in columns.items()}
    shown = {heading: column for heading, column in cells.items() if any(column)}
    heads = [
        (left if heading in _WORDS else right)(heading, no_wrap=heading not in ("run", "why")) for heading in shown
    ]
    return table(title, heads, zip(*shown.values(), strict=True))


def _summary(named: list[Entry], stale: list[Entry], scale: str, elsewhere: Counter[str]) -> Iterator[str]:
    states = Counter(entry.state for entry in named)
    counts = ", ".join(f"{n} {state}" for state, n in states.most_common())
    yield f"Scale {scale}: {counts}." if named else f"No runs at scale {scale}."
    if any(entry.requested for entry in named):
        yield "* Not in params.yaml, but requested by an earlier call of Snakemake (seeds)."
    if stale:
        yield f"{len(stale)} stale; `pixcycle gc` lists what it would remove, then asks."
    if elsewhere:
        yield f"On disk at other scales: {', '.join(f'{n} at {scale}' for scale, n in elsewhere.items())}."
