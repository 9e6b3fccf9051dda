"""Tables that compare two runs of one experiment: settings, metrics, cost and provenance."""

from collections.abc import Iterator
from typing import Any

from pixcycle.base.progress import duration
from pixcycle.ledger.run_pair import Side
from pixcycle.ledger.staleness import changes
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.metrics.registry import SCORES
from pixcycle.plan.runs import Plan
from pixcycle.records.metrics import Scores
from pixcycle.records.run import RunRecord
from pixcycle.report.content import Block, Cell, Column, Table, Text
from pixcycle.report.provenance import NOT_RECORDED
from pixcycle.report.published import INFINITE, NOTHING, file_types
from pixcycle.report.quality import ARROWS
from pixcycle.report.values import believed

RULERS = {
    "split": "split",
    "extractor": "features",
    "resize": "resizing",
    "neighbours": "k",
    "file_types": "file types",
}
CHANCE = "One run each: a difference may be chance; more seeds in params.yaml would tell."


def labels(a: Side, b: Side) -> tuple[str, str]:
    """Return `A: 1a2b3c4d` and `B: 5e6f7a8b`, with scale and seed if they differ."""

    def label(letter: str, side: Side, other: Side) -> str:
        scale = f" {side.node.scale}" if side.node.scale != other.node.scale else ""
        seed = f" seed {side.node.seed}" if side.node.seed != other.node.seed else ""
        return f"{letter}: {side.node.fingerprint}{scale}{seed}"

    return label("A", a, b), label("B", b, a)


def titles(a: Side, b: Side) -> list[str]:
    """Return the labels, with a remark on the runs that params.yaml names."""
    return [f"{label} (current)" if side.current else label for label, side in zip(labels(a, b), (a, b), strict=True)]


def tables(a: Side, b: Side, plan: Plan) -> list[Block]:
    """Return all blocks that need no images."""
    return [configuration(a, b), metrics(a, b, plan), cost(a, b), provenance(a, b)]


def configuration(a: Side, b: Side) -> Block:
    """Return a table of differing settings, and of differing data, recipe, seed and scale."""
    rows = []
    if a.config and b.config:
        rows = [[name, *values] for name, values in changes(a.config.config, b.config.config).items()]
    named = [
        ("data", *(side.config.data if side.config else "?" for side in (a, b))),
        ("recipe of the code", _recipe(a), _recipe(b)),
        ("seed", str(a.node.seed), str(b.node.seed)),
        ("scale", a.node.scale, b.node.scale),
    ]
    rows += [list(row) for row in named if row[1] != row[2]]
    if not rows:
        return Text("Their settings do not differ.")
    columns = [Column(title, numeric=False) for title in ("Setting", *titles(a, b))]
    return Table("configuration", "Settings that differ", columns, [[Cell(text) for text in row] for row in rows])


def metrics(a: Side, b: Side, plan: Plan) -> Block:
    """Return a table of all metrics of either run, by direction, with differences if both were measured alike."""
    directions = [d for d in ARROWS if any(side.measured and d in side.measured.metrics for side in (a, b))]
    if not directions:
        return Text("Neither was measured.")
    apart = list(_rulers_apart(a, b)) if a.measured and b.measured else []
    columns, rows = [Column("Metric", numeric=False)], {metric: [] for metric in SCORES}
    for direction in directions:
        group = _task(b, direction, plan) if len(directions) > 1 else ""
        columns += [Column(title, group=group) for title in (*labels(a, b), "B − A")]
        least = plan.segmenter.min_accuracy
        one, other = (believed(side.measured, direction, least) if side.measured else {} for side in (a, b))
        for metric, row in rows.items():
            row += _triple(metric, one, other, comparable=not apart)
    filled = [[Cell(SCORES[m].heading), *row] for m, row in rows.items() if any(cell is not NOTHING for cell in row)]
    notes = list(dict.fromkeys(_measured_on(side) for side in (a, b) if side.measured))
    notes += [f"No differences are given: the two differ in {', '.join(apart)}, too."] if apart else [CHANCE]
    for label, side in zip(labels(a, b), (a, b), strict=True):
        if side.record and side.record.collapse:
            notes.append(f"{label} collapsed: {side.record.collapse}.")
    return Table("metrics", "Metrics", columns, filled, notes)


def cost(a: Side, b: Side) -> Table:
    """Return a table of time, rate, memory and their ratios."""

    def number(name: str, key: str, formatter: Any = "{:,.0f}".format) -> list[Cell]:
        one, other = (getattr(side.record, key) if side.record else None for side in (a, b))
        ratio = Cell(f"{other / one:.2f}") if one and other else NOTHING
        return [Cell(name), *(NOTHING if n is None else Cell(formatter(n)) for n in (one, other)), ratio]

    columns = [Column("", numeric=False), *(Column(title) for title in (*labels(a, b), "B / A"))]
    rows = [
        number("Wall time", "seconds", duration),
        number("Images/s", "images_per_second", "{:,.1f}".format),
        number("Peak memory (MB)", "peak_memory_mb"),
        number("Epochs", "epochs"),
        number("Steps", "steps"),
    ]
    return Table("cost", "Cost", columns, rows)


def provenance(a: Side, b: Side) -> Table:
    """Return a table of when, where and from which commit the two were made."""
    facts = [_provenance(side) for side in (a, b)]
    columns = [Column(title, numeric=False) for title in ("", *titles(a, b))]
    rows = [[name, *(by_name[name] for by_name in facts)] for name in facts[0]]
    filled = [[Cell(text) for text in row] for row in rows if set(row[1:]) != {NOTHING.text}]
    return Table("provenance", "Provenance", columns, filled)


def _provenance(side: Side) -> dict[str, str]:
    record = side.record or RunRecord(status="finished")
    attempts = record.attempts
    commit, _, changed = (record.commit or NOT_RECORDED).partition(",")
    jobs = [attempt.job for attempt in attempts if attempt.job]
    device = (record.device or NOT_RECORDED) + (f" × {record.processes}" if record.processes > 1 else "")
    return {
        "Begun": f"{attempts[0].started:%Y-%m-%d %H:%M} UTC" if attempts else NOT_RECORDED,
        "Attempts": str(len(attempts) or NOT_RECORDED),
        "On": f"{attempts[-1].host}, {device}" if attempts else device,
        "Jobs": ", ".join(jobs) or NOTHING.text,
        "Commit": (commit[:12] if len(commit) == 40 else commit) + (", changed" if changed else ""),
        "torch": record.versions.get("torch", NOT_RECORDED),
        "Trained": side.node.fingerprint,
        "Translated": _translated(side),
        "Measured": side.measured.fingerprint if side.measured else NOTHING.text,
    }


def _translated(side: Side) -> str:
    if side.measured and side.measured.made_from:
        return side.measured.made_from.translated
    return (side.config and side.config.translated_fingerprint) or NOT_RECORDED


def _triple(metric: str, a: dict[str, Any], b: dict[str, Any], comparable: bool) -> list[Cell]:
    digits, one, other = SCORES[metric].digits, a.get(metric), b.get(metric)
    difference = Cell(f"{other - one:+.{digits}f}") if comparable and None not in (one, other) else NOTHING
    return [_shown(metric, a), _shown(metric, b), difference]


def _shown(metric: str, numbers: dict[str, Any]) -> Cell:
    if (number := numbers.get(metric)) is not None:
        return Cell(f"{number:.{SCORES[metric].digits}f}")
    return INFINITE if SCORES[metric].unbounded and numbers.get("l1") is not None else NOTHING


def _rulers_apart(a: Side, b: Side) -> Iterator[str]:
    """Yield the conditions of measurement, such as k or the test images, that differ between the two."""
    for key, name in RULERS.items():
        one, other = getattr(a.measured, key), getattr(b.measured, key)
        if one != other and one and other:  # older recipes did not record all of them
            yield name
    one, other = a.measured.metrics, b.measured.metrics
    if any(_images(one[direction]) != _images(other[direction]) for direction in one.keys() & other.keys()):
        yield "numbers of images"
    if data_of(a) != data_of(b):
        yield "test images"
    if a.measured.segmenter != b.measured.segmenter:
        yield "segmenter"


def _measured_on(side: Side) -> str:
    """Return a sentence on how a side was measured: N, file types, k and features."""
    extractor = side.measured.extractor
    features = EXTRACTORS[extractor].label if extractor in EXTRACTORS else extractor
    images = dict.fromkeys(map(_images, side.measured.metrics.values()))
    kinds = f"{file_types(side.measured)}, " if side.measured.file_types else ""
    return f"{' and '.join(images)}, {kinds}k = {side.measured.neighbours}; features: {features}."


def _images(scores: Scores) -> str:
    return f"{scores.n_fake} generated against {scores.n_real} real test images"


def _recipe(side: Side) -> str:
    return "?" if side.record is None or side.record.recipe is None else str(side.record.recipe)


def data_of(side: Side) -> str | None:
    """Return the key of the prepared data; None if it is not recorded."""
    return side.config.data if side.config else None


def _task(side: Side, direction: str, plan: Plan) -> str:
    dataset = plan.params.datasets.get(side.config.config.get("dataset")) if side.config else None
    return ARROWS[direction].format(*(dataset.domains if dataset else "AB"))
