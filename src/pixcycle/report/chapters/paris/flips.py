"""Claims a and c of report 002: what flips at evaluation do to the L1 of the test images, and to their ranking."""

from collections.abc import Callable

import numpy as np

from pixcycle.plan.runs import Run
from pixcycle.report.content import Claim
from pixcycle.report.dot_plot import Dot, DotPlot
from pixcycle.report.draft import Draft
from pixcycle.report.verdicts import Order, judge_images, judge_limits, verdict

TASKS = {
    "paris-face2comics": "face to comic",
    "paris-maps-aerial2map": "aerial to map",
    "paris-maps-map2aerial": "map to aerial",
}
"""The three trainings of the report, and their tasks as the report names them."""
SHOWN = 4
"""Number of best and of worst images that the report shows for each task."""
FLIPPED, DRAWS, SEED = 0.5, 1000, 0
"""Probability of a flip, for which the report gives no number; number of draws for all test images; their seed."""
MOST = 0.5
"""Minimum fraction of the shown images that must remain; with fewer, most images of a figure do not belong there."""
MATTERS = 0.1
"""Increase of the L1 against a mirrored truth that counts as significant, as a fraction of the L1."""

Judged = tuple[Order, str, Dot]
"""The order of a task, a clause that says what it comes to, and the row of its numbers."""


def flip_claims(draft: Draft) -> list[Claim]:
    """Return claims a and c, judged on the datasets that were run."""
    return [
        _claim(
            draft,
            "paris-claim-a",
            "Random flips at evaluation spoil the ranking of the test images by L1.",
            f"In {DRAWS} seeded draws each test image is compared with its truth or, with probability {FLIPPED}, with "
            f"its mirrored truth. The ranking is spoilt if on average fewer than {MOST * 2 * SHOWN:g} of the "
            f"{2 * SHOWN} images that the report shows, the {SHOWN} best and the {SHOWN} worst, remain so.",
            _ranking,
            (f"How many of the {2 * SHOWN} best and worst images remain so", ("after random flips", "by chance")),
        ),
        _claim(
            draft,
            "paris-claim-c",
            "A flip at evaluation raises the L1 significantly.",
            f"A flip does so on a task if the L1 against the mirrored truth is more than {MATTERS:.0%} higher.",
            _increase,
            ("Mean L1 against the truth", ("mirrored", "as it is")),
        ),
    ]


def extremes(errors: np.ndarray) -> dict[str, list[int]]:
    """Return indices of the SHOWN `best` images, smallest error first, and the `worst`, largest first. errors: (N,)."""
    order = np.argsort(errors, kind="stable").tolist()
    return {"best": order[:SHOWN], "worst": order[::-1][:SHOWN]}


def after_flips(l1: np.ndarray, l1_mirrored: np.ndarray) -> tuple[float, float, float]:
    """Return how much of a ranking remains if images are randomly compared with their mirrored truth.

    This happens where the loader flips an image without its truth, as report 002's error maps (its figure 9) show.

    Parameters
    ----------
    l1, l1_mirrored
        (N,) errors of each image against its truth and against the mirrored truth.

    Returns
    -------
    tuple of float
        Number of the SHOWN best images that remain among the best, the same for the worst, and the rank correlation
        with the ranking by l1; means over DRAWS.
    """
    from scipy.stats import pearsonr, rankdata  # imported late: no other chapter needs it

    coins = np.random.default_rng(SEED).random((DRAWS, len(l1))) < FLIPPED
    drawn = np.where(coins, l1_mirrored, l1)
    order, right = np.argsort(drawn, axis=1, kind="stable"), extremes(l1)
    best = np.isin(order[:, :SHOWN], right["best"]).sum(axis=1).mean()
    worst = np.isin(order[:, -SHOWN:], right["worst"]).sum(axis=1).mean()
    correlation = pearsonr(rankdata(drawn, axis=1), rankdata(l1)[None], axis=1).statistic.mean()
    return float(best), float(worst), float(correlation)


def _claim(
    draft: Draft,
    id: str,
    text: str,
    rule: str,
    judge: Callable[[Draft, str], Judged],
    axis: tuple[str, tuple[str, str]],
) -> Claim:
    """Return a claim that holds if it does on each task; tasks of datasets that were not run are named.

    Parameters
    ----------
    rule
        When the claim holds on a task, as a sentence.
    judge
        Judges an experiment.
    axis
        Title and marks of the plot.
    """
    judged = [experiment for experiment in draft.present(TASKS) if _images(draft, experiment) > 1]
    too_few = draft.too_few(experiment for experiment in draft.present(TASKS) if experiment not in judged)
    if not judged:
        return draft.claim(id, text, "not run", too_few)
    results = [judge(draft, experiment) for experiment in judged]
    datasets = {_dataset(experiment) for experiment in judged}
    wanted = [experiment for experiment in TASKS if _dataset(experiment) in datasets]
    unjudged = [name for name in dict.fromkeys(map(_dataset, TASKS)) if name not in datasets]
    sentences = [
        f"For {TASKS[experiment]} on {draft.title_of(_dataset(experiment))} {clause}."
        for experiment, (_, clause, _) in zip(judged, results, strict=True)
    ]
    outcome = verdict([order for order, *_ in results], complete=not draft.missing(wanted))
    title, marks = axis
    plot = DotPlot(title, [dot for *_, dot in results], marks)
    return draft.claim(id, text, outcome, [*sentences, *too_few], wanted, unjudged, rule=rule, plots=[plot])


def _ranking(draft: Draft, experiment: str) -> Judged:
    """Return `better` if fewer than half of the extreme images remain."""
    errors = [_errors(draft, run) for run in draft.runs[experiment]]
    kept = np.array([after_flips(*pair) for pair in errors])
    shares = (kept[:, :2].mean(axis=1) / SHOWN).tolist()
    order = judge_limits([(MOST, share) for share in shares])
    best, worst, correlation = kept.mean(axis=0)
    chance = 2 * SHOWN * min(SHOWN / len(errors[0][0]), 1)
    words: dict[Order, str] = {
        "better": "the ranking is spoilt",
        "worse": "the ranking is not spoilt",
        "unclear": "it cannot be told whether the ranking is spoilt",
    }
    clause = (
        f"{words[order]}: on average {best:.1f} of the {SHOWN} best images and {worst:.1f} of the {SHOWN} worst remain "
        f"so (rank correlation {correlation:.2f})"
    )
    return order, clause, Dot(TASKS[experiment], best + worst, f"{best + worst:.1f}", None, chance, f"{chance:.1f}")


def _increase(draft: Draft, experiment: str) -> Judged:
    """Return `better` if the L1 against mirrored truths is significantly higher, in the mean over images."""
    errors = [_errors(draft, run) for run in draft.runs[experiment]]
    increases = [(mirrored - l1) / l1.mean() for l1, mirrored in errors]
    l1, l1_mirrored = np.mean(errors, axis=(0, 2))
    order = judge_images(increases, float(np.mean(increases)), MATTERS, among=len(TASKS))
    words: dict[Order, str] = {
        "better": "the flip raises the L1 significantly",
        "worse": "the flip does not raise the L1 significantly",
        "unclear": "it cannot be told whether the flip raises the L1 significantly",
    }
    clause = f"{words[order]} ({np.mean(increases):+.0%})"
    return (
        order,
        clause,
        Dot(TASKS[experiment], l1_mirrored, f"{l1_mirrored:.4f}", reference=l1, shown_reference=f"{l1:.4f}"),
    )


def _errors(draft: Draft, run: Run) -> tuple[np.ndarray, np.ndarray]:
    images = draft.measured[run.key].images[run.config.direction]
    return np.array(images["l1"]), np.array(images["l1_mirrored"])


def _images(draft: Draft, experiment: str) -> int:
    return len(_errors(draft, draft.one(experiment))[0])


def _dataset(experiment: str) -> str:
    return experiment.split("-")[1]
