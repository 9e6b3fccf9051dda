"""Tables and sentences, 100 columns wide, on the nodes that `pixcycle gc` removes or keeps."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from rich.console import Group, RenderableType
from rich.filesize import decimal

from pixcycle.base.table import left, right, table
from pixcycle.ledger.gc import KEPT, Unnamed

KINDS = {
    "run": ("run", "runs"),
    "translated": ("translation", "translations"),
    "metrics": ("metrics file", "metrics files"),
    "prepared": ("prepared dataset", "prepared datasets"),
    "raw": ("raw dataset", "raw datasets"),
    "features": ("set of features", "sets of features"),
    "segmenters": ("segmenter", "segmenters"),
    "weights": ("weights file", "weights files"),
}


def tables(found: list[Unnamed]) -> Iterator[RenderableType]:
    """Yield a table of removable nodes for each folder, their total, and what is kept and why."""
    removable = [entry for entry in found if not entry.kept]
    width = max((len(_name(entry)) for entry in removable), default=0)
    for folder, group in groupby(removable, lambda entry: entry.node.path.rpartition("/")[0]):
        yield _table(folder, list(group), width)
    yield _total(removable)
    for key, words in KEPT.items():
        kept = [entry for entry in found if entry.kept == key]
        if kept:
            yield f"Kept {_counts(kept)} ({_sum(kept)}) that params.yaml does not name: {words}."


def _table(folder: str, group: list[Unnamed], width: int) -> Group:
    columns = [left(min_width=width), right(min_width=len("999.9 MB"), no_wrap=True), left()]
    rows = ((_name(entry), decimal(entry.size), entry.why) for entry in group)
    return table(f"{folder}: {_sum(group)}", columns, rows)


def _total(removable: list[Unnamed]) -> str:
    if not removable:
        return "Nothing to free: params.yaml names everything at one of its scales."
    return f"Total: {_counts(removable)}, {_sum(removable)}, not named by params.yaml at any scale."


def _counts(group: list[Unnamed]) -> str:
    counts = Counter(entry.node.kind for entry in group)
    present = [(counts[kind], names) for kind, names in KINDS.items() if counts[kind]]
    return ", ".join(f"{n} {singular if n == 1 else plural}" for n, (singular, plural) in present)


def _sum(group: list[Unnamed]) -> str:
    return decimal(sum(entry.size for entry in group))


def _name(entry: Unnamed) -> str:
    return entry.node.on_disk.rpartition("/")[2]
