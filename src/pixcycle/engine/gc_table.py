"""What nothing names as tables and sentences for a reader of 100 columns."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from pixcycle.engine.gc import KEPT, Unnamed

KINDS = {
    "run": ("run", "runs"),
    "translated": ("translation", "translations"),
    "metrics": ("metrics file", "metrics files"),
    "prepared": ("prepared dataset", "prepared datasets"),
    "raw": ("raw dataset", "raw datasets"),
    "features": ("dataset's features", "datasets' features"),
    "segmenters": ("segmenter", "segmenters"),
    "weights": ("file of weights", "files of weights"),
}


def tables(found: list[Unnamed]) -> Iterator[RenderableType]:
    """What can be freed, a table a folder with its sum; what it comes to; what is kept all the same, and why."""
    free = [each for each in found if not each.kept]
    width = max((len(_name(each)) for each in free), default=0)
    for folder, group in groupby(free, lambda each: each.node.path.rpartition("/")[0]):
        yield _table(folder, list(group), width)
    yield _total(free)
    for key, words in KEPT.items():
        kept = [each for each in found if each.kept == key]
        if kept:
            yield f"Kept, though params.yaml does not name them: {_counts(kept)}, {_sum(kept)}: {words}."


def _table(folder: str, group: list[Unnamed], width: int) -> Group:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_header=False)
    table.add_column(min_width=width, overflow="fold")
    table.add_column(min_width=len("999.9 MB"), justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for each in group:
        table.add_row(_name(each), decimal(each.size), each.why)
    return Group(Text(f"{folder}: {_sum(group)}", style="bold"), table)


def _total(free: list[Unnamed]) -> str:
    if not free:
        return "Nothing to free: params.yaml names everything, at one of its scales."
    return f"Together {_counts(free)}: {_sum(free)} that params.yaml names at none of its scales."


def _counts(group: list[Unnamed]) -> str:
    counts = Counter(each.node.kind for each in group)
    told = [(counts[kind], names) for kind, names in KINDS.items() if counts[kind]]
    return ", ".join(f"{n} {one if n == 1 else several}" for n, (one, several) in told)


def _sum(group: list[Unnamed]) -> str:
    return decimal(sum(each.size for each in group))


def _name(each: Unnamed) -> str:
    return each.node.on_disk.rpartition("/")[2]
