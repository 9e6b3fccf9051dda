"""Two runs of one experiment side by side as tables: what differs, what came of it, what it cost, where it is from."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pixcycle.engine.sides import Side
from pixcycle.engine.why import changes
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.report.comparison import DIGITS, INFINITE, NOTHING, TITLES, file_types
from pixcycle.report.content import Block, Cell, Column, Table, Text
from pixcycle.report.quality import ARROWS
from pixcycle.report.values import METRICS, believed
from pixcycle.runs import Plan
from pixcycle.training.progress import duration

RULERS = {
    **{"split": "split", "extractor": "features", "resize": "resizing", "neighbours": "k"},
    "file_types": "file types",
}
CHANCE = "One run each: a difference may be chance; more seeds in params.yaml would tell."


def labels(a: Side, b: Side) -> tuple[str, str]:
    """`A: 1a2b3c4d` and `B: 5e6f7a8b`, with scale and seed where these differ."""

    def label(letter: str, side: Side, other: Side) -> str:
        scale = f" {side.node.scale}" if side.node.scale != other.node.scale else ""
        seed = f" seed {side.node.seed}" if side.node.seed != other.node.seed else ""
        return f"{letter}: {side.node.fingerprint}{scale}{seed}"

    return label("A", a, b), label("B", b, a)


def titles(a: Side, b: Side) -> list[str]:
    """Labels that say which of the two params name, too."""
    return [f"{label} (current)" if side.current else label for label, side in zip(labels(a, b), (a, b), strict=True)]


def tables(a: Side, b: Side, plan: Plan) -> list[Block]:
    """All that is said without pictures."""
    return [configuration(a, b), metrics(a, b, plan), cost(a, b), provenance(a, b)]


def configuration(a: Side, b: Side) -> Block:
    """The settings in which the two differ, and what else does of all that names a run."""
    rows = []
    if a.config and b.config:
        rows = [[name, *values] for name, values in changes(a.config["config"], b.config["config"]).items()]
    named = [
        ("data", a.config.get("data", "?"), b.config.get("data", "?")),
        ("recipe of the code", str(a.record.get("recipe", "?")), str(b.record.get("recipe", "?"))),
        ("seed", str(a.node.seed), str(b.node.seed)),
        ("scale", a.node.scale, b.node.scale),
    ]
    rows += [list(row) for row in named if row[1] != row[2]]
    if not rows:
        return Text("Their settings do not differ.")
    columns = [Column(title, numeric=False) for title in ("Setting", *titles(a, b))]
    return Table("configuration", "Settings that differ", columns, [[Cell(text) for text in row] for row in rows])


def metrics(a: Side, b: Side, plan: Plan) -> Block:
    """All that was measured on either, in each direction; differences where both were measured with one ruler."""
    directions = [d for d in ARROWS if any(d in side.measured.get("metrics", {}) for side in (a, b))]
    if not directions:
        return Text("Neither was measured.")
    apart = list(_rulers_apart(a, b)) if a.measured and b.measured else []
    columns, rows = [Column("Metric", numeric=False)], {metric: [] for metric in METRICS}
    for direction in directions:
        group = _task(b, direction, plan) if len(directions) > 1 else ""
        columns += [Column(title, group=group) for title in (*labels(a, b), "B − A")]
        one, other = (believed(side.measured, direction, plan.segmenter.min_accuracy) for side in (a, b))
        for metric, row in rows.items():
            row += _triple(metric, one, other, comparable=not apart)
    shown = [[Cell(TITLES[m]), *row] for m, row in rows.items() if any(cell is not NOTHING for cell in row)]
    notes = list(dict.fromkeys(_measured_on(side) for side in (a, b) if side.measured))
    notes += [f"No differences are given: the two differ in {', '.join(apart)}, too."] if apart else [CHANCE]
    for label, side in zip(labels(a, b), (a, b), strict=True):
        notes += [f"{label} collapsed: {side.record['collapse']}."] * bool(side.record.get("collapse"))
    return Table("metrics", "Metrics", columns, shown, notes)


def cost(a: Side, b: Side) -> Table:
    """Time, rate and memory, and their ratios."""

    def number(name: str, key: str, tell: Any = "{:,.0f}".format) -> list[Cell]:
        one, other = a.record.get(key), b.record.get(key)
        ratio = Cell(f"{other / one:.2f}") if one and other else NOTHING
        return [Cell(name), *(NOTHING if n is None else Cell(tell(n)) for n in (one, other)), ratio]

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
    """Where the two come from."""
    told = [_provenance(side) for side in (a, b)]
    columns = [Column(title, numeric=False) for title in ("", *titles(a, b))]
    rows = [[name, *(each[name] for each in told)] for name in told[0]]
    shown = [[Cell(text) for text in row] for row in rows if set(row[1:]) != {NOTHING.text}]
    return Table("provenance", "Provenance", columns, shown)


def _provenance(side: Side) -> dict[str, str]:
    record, tried = side.record, side.record.get("attempts", [])
    commit, _, changed = record.get("commit", "not recorded").partition(",")
    jobs = [each["slurm_job_id"] for each in tried if each.get("slurm_job_id")]
    made_from = side.measured.get("made_from", {})
    device = record.get("device", "not recorded") + (f" × {n}" if (n := record.get("processes", 1)) > 1 else "")
    return {
        "Begun": f"{datetime.fromisoformat(tried[0]['started']):%Y-%m-%d %H:%M} UTC" if tried else "not recorded",
        "Attempts": str(len(tried) or "not recorded"),
        "On": f"{tried[-1]['host']}, {device}" if tried else device,
        "SLURM jobs": ", ".join(jobs) or NOTHING.text,
        "Commit": (commit[:12] if len(commit) == 40 else commit) + (", changed" if changed else ""),
        "torch": record.get("versions", {}).get("torch", "not recorded"),
        "Trained": side.node.fingerprint,
        "Translated": made_from.get("translated") or side.config.get("translated_fingerprint", "not recorded"),
        "Measured": side.measured.get("fingerprint", NOTHING.text),
    }


def _triple(metric: str, a: dict[str, Any], b: dict[str, Any], comparable: bool) -> list[Cell]:
    digits, one, other = DIGITS[metric], a.get(metric), b.get(metric)
    difference = Cell(f"{other - one:+.{digits}f}") if comparable and None not in (one, other) else NOTHING
    return [_shown(metric, a), _shown(metric, b), difference]


def _shown(metric: str, numbers: dict[str, Any]) -> Cell:
    if (number := numbers.get(metric)) is not None:
        return Cell(f"{number:.{DIGITS[metric]}f}")
    return INFINITE if metric == "psnr" and numbers.get("l1") is not None else NOTHING


def _rulers_apart(a: Side, b: Side) -> Iterator[str]:
    """What else than the run decides a metric, and is not the same for both."""
    for key, name in RULERS.items():
        one, other = a.measured.get(key), b.measured.get(key)
        if one != other and None not in (one, other):  # older recipes did not record all of them
            yield name
    one, other = a.measured["metrics"], b.measured["metrics"]
    if any(_images(one[direction]) != _images(other[direction]) for direction in one.keys() & other.keys()):
        yield "numbers of images"
    if a.config.get("data") != b.config.get("data"):
        yield "test images"
    if a.measured.get("segmenter") != b.measured.get("segmenter"):
        yield "segmenter"


def _measured_on(side: Side) -> str:
    """N, file types, k and features of a side's numbers, as a sentence."""
    extractor = side.measured["extractor"]
    features = EXTRACTORS[extractor].label if extractor in EXTRACTORS else extractor
    images = dict.fromkeys(map(_images, side.measured["metrics"].values()))
    kinds = f"{file_types(side.measured)}, " if "file_types" in side.measured else ""
    return f"{' and '.join(images)}, {kinds}k = {side.measured['neighbours']}; features: {features}."


def _images(numbers: dict[str, Any]) -> str:
    return f"{numbers['n_fake']} generated against {numbers['n_real']} real test images"


def _task(side: Side, direction: str, plan: Plan) -> str:
    dataset = plan.params.datasets.get(side.config.get("config", {}).get("dataset"))
    return ARROWS[direction].format(*(dataset.domains if dataset else "AB"))
