"""The claim of report 004: by a study with people where there is one, else by FID and pixel L1 in their place."""

from pixcycle.paths import Direction
from pixcycle.report.chapters.kaist.competitors import CYCLEGAN, RUNS, TASKS, percentage
from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft
from pixcycle.report.studies import percent
from pixcycle.report.verdicts import Order, compare, verdict
from pixcycle.study.result import Share

SHOWN_IN = {"kaist-claim-a": ("kaist-table-1", "kaist-competitors")}
OURS = RUNS[CYCLEGAN]
COMPETITORS = {row: run for row, run in RUNS.items() if row != CYCLEGAN}
PROXIES = {"fid": "FID", "l1": "pixel L1"}
"""Scores that stand in for people if none were asked."""
RULE = (
    "Claim a of report 004 is about people. It is judged by our studies as soon as one compares CycleGAN with a "
    "competitor: CycleGAN is better if its 95% interval lies above the other's. Without one, FID and pixel L1 stand in "
    "for people: a proxy, which says how near generated images are to real ones, and not whether they fool anybody."
)


def claims(draft: Draft) -> list[Claim]:
    """Return claim a, with its verdict, what it rests on, and what was published."""
    text = "CycleGAN fools people far more often than the four competing methods, on maps ↔ aerial photos."
    pairs = [(row, run, direction) for _, direction in TASKS.values() for row, run in COMPETITORS.items()]
    studied = [(row, d, _shares(draft, run, d)) for row, run, d in pairs]
    studied = [(row, d, shares) for row, d, shares in studied if shares]
    if studied:
        orders = [order_of_shares(*shares) for _, _, shares in studied]
        judged = verdict(orders, complete=len(orders) == len(pairs))
        evidence = ["Judged by our studies.", *(_asked(row, d, *shares) for row, d, shares in studied)]
    else:
        measured = [
            (row, run, d, metric)
            for row, run, d in pairs
            for metric in PROXIES
            if draft.has(OURS, metric, d) and draft.has(run, metric, d)
        ]
        orders = [compare(draft, OURS, run, metric, len(measured), d) for _, run, d, metric in measured]
        judged = verdict(orders, complete=len(orders) == len(pairs) * len(PROXIES))
        evidence = ["Nobody was asked about our images."]
        if measured:
            better = sum(order == "better" for order in orders)
            evidence.append(
                f"By proxy, FID and pixel L1: CycleGAN is better in {better} of {len(orders)} comparisons, worse in "
                f"{orders.count('worse')}."
            )
            evidence += [sentence for _, d in TASKS.values() if (sentence := _measured(draft, d))]
    experiments = [OURS, *COMPETITORS.values()]
    return [draft.claim("kaist-claim-a", text, judged, [*evidence, _published(draft)], experiments)]


def order_of_shares(ours: Share, theirs: Share) -> Order:
    """Return whether our interval lies above the other's, below it, or overlaps it."""
    if ours.low > theirs.high:
        return "better"
    return "worse" if ours.high < theirs.low else "unclear"


def _shares(draft: Draft, run: str, direction: Direction) -> tuple[Share, Share] | None:
    """Return our study of CycleGAN and of a competitor in a direction, if there are both."""
    if OURS not in draft or run not in draft:
        return None
    ours, theirs = draft.study(OURS, direction), draft.study(run, direction)
    return (ours, theirs) if ours and theirs else None


def _title(direction: Direction) -> str:
    return next(title for title, way in TASKS.values() if way == direction)


def _asked(row: str, direction: Direction, ours: Share, theirs: Share) -> str:
    return f"{_title(direction)}: {percent(ours)} against {percent(theirs)} of {row}."


def _measured(draft: Draft, direction: Direction) -> str:
    """Return `Map → photo: FID 120.1, against 150.2 of CoGAN, ...; pixel L1 ...`."""
    parts = []
    for metric, name in PROXIES.items():
        if not draft.has(OURS, metric, direction):
            continue
        others = [
            f"{draft.with_spread(run, metric, direction)} of {row}"
            for row, run in COMPETITORS.items()
            if draft.has(run, metric, direction)
        ]
        ours = draft.with_spread(OURS, metric, direction)
        parts.append(f"{name} {ours} against {', '.join(others)}")
    return f"{_title(direction)}: {'; '.join(parts)}." if parts else ""


def _published(draft: Draft) -> str:
    """Return how much more often CycleGAN fooled people than the best competitor, as published."""
    table = draft.read_published("kaist-table-1").set_index("row")
    cyclegan, competitors = table.loc[CYCLEGAN], table.drop(CYCLEGAN)
    ratios, comparisons = [], []
    for task, (title, _) in TASKS.items():
        best = competitors.loc[competitors[task].idxmax()]
        ratios.append(cyclegan[task] / best[task])
        comparisons.append(f"{title}: {percentage(cyclegan, task)} against {percentage(best, task)} of {best.name}.")
    return (
        f"As published, CycleGAN fooled them at least {min(ratios):.1f} times as often as the best competitor of the "
        f"same task. {' '.join(comparisons)}"
    )
