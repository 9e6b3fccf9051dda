"""The claim of report 004: by a study with people where there is one, else by FID and pixel L1 in their place."""

from pixcycle.metrics.registry import SCORES
from pixcycle.paths import Direction
from pixcycle.report.chapters.kaist.competitors import CYCLEGAN, RUNS, TASKS, percentage
from pixcycle.report.content import Claim
from pixcycle.report.dot_plot import DotPlot
from pixcycle.report.dots import dot
from pixcycle.report.draft import Draft
from pixcycle.report.evidence import comparison_sentence
from pixcycle.report.studies import percent
from pixcycle.report.verdicts import Order, compare, verdict
from pixcycle.study.result import Share

SHOWN_IN = {"kaist-claim-a": ("kaist-table-1", "kaist-competitors")}
OURS = RUNS[CYCLEGAN]
COMPETITORS = {row: run for row, run in RUNS.items() if row != CYCLEGAN}
NAMES = {run: row.removesuffix(" (ours)") for row, run in RUNS.items()}
MARKS = ("measured", "published")
PROXIES = ("fid", "l1")
"""Scores that stand in for people if none were asked."""
RULE = (
    "The claim is about people. It is judged by our studies as soon as one of CycleGAN and one of a competitor had the "
    "same protocol: CycleGAN is better if its 95% interval lies above the other's, each of two participants at least. "
    "Without them, FID and pixel L1 stand in for people: a proxy, which says how near generated images are to real "
    "ones, and not whether they fool anybody. A competitor that collapsed decides nothing."
)
UNASKED = "No study of ours compares CycleGAN with a competitor."


def claims(draft: Draft) -> list[Claim]:
    """Return claim a, with its verdict, what it rests on, and what was published."""
    id = "kaist-claim-a"
    text = "CycleGAN fools people far more often than the four competing methods, on maps ↔ aerial photos."
    runs = [OURS, *COMPETITORS.values()]
    if draft.collapses(OURS):
        return [draft.claim(id, text, "not run", [_published(draft)], runs, rule=RULE)]
    collapsed = [row for row, run in COMPETITORS.items() if draft.collapses(run)]
    pairs = [
        (row, run, direction)
        for _, direction in TASKS.values()
        for row, run in COMPETITORS.items()
        if row not in collapsed
    ]
    unjudged = [f"{row}, which collapsed" for row in collapsed]
    studied = {(row, d): shares for row, run, d in pairs if (shares := _shares(draft, run, d))}
    if studied:
        judged = {pair: order_of_shares(*shares) for pair, shares in studied.items()}
        outcome = verdict([*judged.values()], complete=True)
        unjudged += [f"{_title(d)} against {row}" for row, _, d in pairs if (row, d) not in studied]
        asked = [_asked(*pair, *shares, judged[pair]) for pair, shares in studied.items()]
        evidence = ["Judged by our studies.", *asked, _published(draft)]
        return [draft.claim(id, text, outcome, evidence, runs, unjudged, rule=RULE)]
    measured = [
        (run, d, metric)
        for _, run, d in pairs
        for metric in PROXIES
        if draft.has(OURS, metric, d) and draft.has(run, metric, d)
    ]
    if not measured:
        return [draft.claim(id, text, "not run", [UNASKED, _published(draft)], runs)]
    orders = {(run, d, metric): compare(draft, OURS, run, metric, len(measured), d) for run, d, metric in measured}
    better, worse = ([*orders.values()].count(order) for order in ("better", "worse"))
    evidence = [
        f"{UNASKED} FID and pixel L1 on {draft.data_of(OURS)} stand in for people: CycleGAN "
        f"is better in {better} of {len(orders)} comparisons and worse in {worse}.",
        *_compared(draft, orders),
        _published(draft),
    ]
    outcome = verdict([*orders.values()], complete=len(orders) == len(pairs) * len(PROXIES))
    return [draft.claim(id, text, outcome, evidence, runs, unjudged, rule=RULE, plots=_plots(draft))]


def order_of_shares(ours: Share, theirs: Share) -> Order:
    """Return whether our interval lies above the other's, or below it; unclear if they overlap or are of one person."""
    if min(ours.participants, theirs.participants) < 2:
        return "unclear"
    if ours.low > theirs.high:
        return "better"
    return "worse" if ours.high < theirs.low else "unclear"


def _shares(draft: Draft, run: str, direction: Direction) -> tuple[Share, Share] | None:
    """Return our study of CycleGAN and of a competitor in a direction, if there are both, of one protocol."""
    if OURS not in draft or run not in draft:
        return None
    ours, theirs = draft.study(OURS, direction), draft.study(run, direction)
    if not (ours and theirs) or draft.study_protocol(OURS, direction) != draft.study_protocol(run, direction):
        return None
    return ours, theirs


def _title(direction: Direction) -> str:
    return next(title for title, way in TASKS.values() if way == direction).lower()


def _asked(row: str, direction: Direction, ours: Share, theirs: Share, order: Order) -> str:
    words: dict[Order, str] = {
        "better": "fools people more often than",
        "worse": "fools people less often than",
        "unclear": "cannot be told from",
    }
    people = f"{ours.participants} and {theirs.participants} participants"
    return f"On {_title(direction)} CycleGAN ({percent(ours)}) {words[order]} {row} ({percent(theirs)}; {people})."


def _compared(draft: Draft, orders: dict[tuple[str, Direction, str], Order]) -> list[str]:
    """Return a sentence for each direction and score. orders: (competitor, direction, score) -> CycleGAN's order."""
    sentences = []
    for title, direction in TASKS.values():
        for metric in PROXIES:
            judged = [(OURS, run, order) for (run, d, m), order in orders.items() if (d, m) == (direction, metric)]
            if judged:
                sentences.append(comparison_sentence(draft, title.lower(), judged, metric, direction, NAMES))
    return sentences


def _plots(draft: Draft) -> list[DotPlot]:
    """Return the scores that stand in for people, a plot for each direction and score, with a row for each method."""
    plots = []
    for title, direction in TASKS.values():
        for metric in PROXIES:
            present = [run for run in RUNS.values() if draft.has(run, metric, direction)]
            dots = [dot(draft, NAMES[run], run, metric, direction) for run in present]
            plots += [DotPlot(f"{SCORES[metric].heading}, {title.lower()}", dots, MARKS)] if dots else []
    return plots


def _published(draft: Draft) -> str:
    """Return how much more often CycleGAN fooled people than the best competitor, as published."""
    table = draft.read_published("kaist-table-1").set_index("row")
    cyclegan, competitors = table.loc[CYCLEGAN], table.drop(CYCLEGAN)
    ratios, comparisons = [], []
    for task, (title, _) in TASKS.items():
        best = competitors.loc[competitors[task].idxmax()]
        ratios.append(cyclegan[task] / best[task])
        comparisons.append(
            f"On {title.lower()} its images were taken for real in {percentage(cyclegan, task)} of cases, those of "
            f"{best.name} in {percentage(best, task)}."
        )
    return (
        f"As published, CycleGAN fooled people at least {min(ratios):.1f} times as often as the best competitor of "
        f"the same task. {' '.join(comparisons)}"
    )
