"""The claims of report 000: a to e on FID, f and g on losses, and h on what images look like."""

from collections.abc import Callable

import pandas as pd

from pixcycle.plan.runs import Run
from pixcycle.report.chapters.ucsd.patches import patch_claim
from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft
from pixcycle.report.evidence import comparison_sentence
from pixcycle.report.trends import EARLY, STABLE, TREND, fall, is_finite, no_pattern, trend
from pixcycle.report.verdicts import (
    DOUBTED,
    NOT_FINITE,
    Condition,
    Order,
    compare,
    judge_course,
    verdict,
    verdict_of_seeds,
)
from pixcycle.report.wording import listed

L1 = "g_reconstruction"
PAIRED = ("l1", "l2", "l1l2", "patch16", "patch286", "noskip")
UNPAIRED = ("cyc-l1", "cyc-l2", "cyc-l1l2")

FID_CLAIMS = [
    (
        "a",
        "Without skip connections the FID is the worst on every dataset.",
        ("cityscapes", "maps", "facades"),
        [(other, "noskip") for other in PAIRED[:-1]],
    ),
    (
        "b",
        "L1 has the best FID on every paired dataset.",
        ("cityscapes", "maps", "facades"),
        [("l1", rival) for rival in PAIRED[1:]],
    ),
    (
        "c",
        "L1 has the best FID on every unpaired dataset.",
        ("maps", "facades", "horse2zebra"),
        [("cyc-l1", rival) for rival in UNPAIRED[1:]],
    ),
    (
        "d",
        "Patch 16 has a better FID than patch 286. (The report's own Table 1 disagrees on maps.)",
        ("cityscapes", "maps", "facades"),
        [("patch16", "patch286")],
    ),
    (
        "e",
        "Paired training beats unpaired training with the same loss, on the datasets that both use.",
        ("maps", "facades"),
        list(zip(PAIRED[:3], UNPAIRED, strict=True)),
    ),
]
"""(letter, text, datasets, pairs whose first experiment must have the better FID)"""

BY_FID = (
    "By the FID of all test images, which has an interval, not by that of the report's ruler, which stands beside the "
    "published one in the tables."
)

PAIRED_TABLES, UNPAIRED_TABLES = "ucsd-table-1", "ucsd-table-2"
SHOWN_IN = {
    **{f"ucsd-claim-{letter}": (PAIRED_TABLES,) for letter in "abd"},
    "ucsd-claim-c": (UNPAIRED_TABLES,),
    "ucsd-claim-e": (PAIRED_TABLES, UNPAIRED_TABLES),
    "ucsd-claim-f": ("ucsd-figure-2",),
    "ucsd-claim-g": ("ucsd-figure-2",),
    "ucsd-claim-h": ("ucsd-figure-3", "ucsd-samples"),
}


def claims(draft: Draft) -> list[Claim]:
    """Return claims a to h, judged on the datasets that were run (a to e with the FID of the extractor used)."""
    return [*(_fid_claim(draft, *claim) for claim in FID_CLAIMS), *_loss_claims(draft), patch_claim(draft)]


def loss_curve_run(draft: Draft) -> str | None:
    """Return the experiment of Figure 2 and claim f: L1 on maps, or on facades if maps was not run."""
    candidates = (f"ucsd-{dataset}-l1" for dataset in ("maps", "facades"))
    return next(iter(draft.present(candidates)), None)


def _fid_claim(draft: Draft, letter: str, text: str, datasets: tuple[str, ...], pairs: list[tuple[str, str]]) -> Claim:
    """Judge the claim that, on each dataset, the first experiment of each pair beats the second.

    Datasets without any comparison are named in the evidence; the verdict rests on the other datasets.
    """
    judged: list[tuple[str, str]] = []
    by_dataset: dict[str, list[tuple[str, str]]] = {}
    experiments, unjudged = [], []
    for dataset in datasets:
        ids = {name: f"ucsd-{dataset}-{name}" for pair in pairs for name in pair}
        comparisons = [(ids[a], ids[b]) for a, b in pairs if not draft.missing([ids[a], ids[b]], "fid")]
        if not comparisons:
            unjudged.append(dataset)
            continue
        judged += comparisons
        experiments += ids.values()
        by_dataset[draft.title_of(dataset)] = comparisons
    orders = {pair: compare(draft, *pair, "fid", among=len(judged)) for pair in judged}
    sentences = [
        comparison_sentence(draft, title, [(*pair, orders[pair]) for pair in pairs_there], "fid")
        for title, pairs_there in by_dataset.items()
    ]
    outcome = verdict(list(orders.values()), complete=not draft.missing(experiments, "fid"))
    return draft.claim(f"ucsd-claim-{letter}", text, outcome, sentences, experiments, unjudged, "fid", rule=BY_FID)


def _loss_claims(draft: Draft) -> list[Claim]:
    """Return claims f and g, each of which holds if it does for every seed."""
    return [
        _loss_claim(
            draft,
            "ucsd-claim-f",
            "The L1 term falls over the epochs, while the GAN losses of G and D follow no pattern.",
            lambda h: [fall(h, L1), no_pattern(h, "g_gan"), no_pattern(h, "d")],
            {"L1": L1, "G's GAN loss": "g_gan", "D's loss": "d"},
        ),
        _loss_claim(
            draft,
            "ucsd-claim-g",
            "The total loss of G follows the falling trend of its L1 term.",
            lambda h: [fall(h, L1), fall(h, "g")],
            {"L1": L1, "G's total": "g"},
        ),
    ]


def _loss_claim(
    draft: Draft, id: str, text: str, conditions: Callable[[pd.DataFrame], list[Condition]], terms: dict[str, str]
) -> Claim:
    """Return a claim about the losses of `loss_curve_run`.

    Parameters
    ----------
    conditions
        What the history of one seed must reach.
    terms
        Name of a loss in the evidence -> its column.
    """
    experiment = loss_curve_run(draft)
    if experiment is None:
        return draft.claim(id, text, "not run", ["Its run is not part of this report."])
    orders: list[Order] = []
    sentences = []
    for run in draft.runs[experiment]:
        history = draft.history(run)
        if not is_finite(history):
            sentences.append(NOT_FINITE.format(run.key))
            continue
        orders.append(judge_course(conditions(history)))
        sentences.append(f"{_trends(run, history, terms)}{DOUBTED[orders[-1]]}")
    rule = (
        "In brackets is the rank correlation of a loss's epoch means with the epoch: from "
        f"{TREND} on it is a trend. A loss also falls if it drops in the first {EARLY:.0%} of the epochs and stays "
        f"there, which it does if its later epoch means vary by at most {STABLE} of the drop (one standard deviation)."
    )
    return draft.claim(id, text, verdict_of_seeds(orders), sentences, [experiment], rule=rule)


def _trends(run: Run, history: pd.DataFrame, terms: dict[str, str]) -> str:
    """Return `Seed 0 on maps: L1 falls (-0.89), G's GAN loss follows no trend (+0.12).`"""
    courses = [f"{name} {_course(history, term)} ({trend(history, term):+.2f})" for name, term in terms.items()]
    return f"Seed {run.seed} on {run.config.dataset}: {listed(courses)}."


def _course(history: pd.DataFrame, term: str) -> str:
    correlation, (reached, least) = trend(history, term), fall(history, term)
    if reached >= least:
        return "falls" if correlation <= -TREND else "drops early and stays low"
    return "rises" if correlation >= TREND else "follows no trend"
