"""The two claims of report 002: effects of flips at evaluation on a ranking, and of batch size and epochs."""

from statistics import mean

import numpy as np

from pixcycle.plan.runs import Run
from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft
from pixcycle.report.verdicts import Order, compare, half_width_over_seeds, verdict

TASKS = {
    "paris-face2comics": "face to comic",
    "paris-maps-aerial2map": "aerial to map",
    "paris-maps-map2aerial": "map to aerial",
}
"""The three trainings of the report, and their tasks as the report names them."""
MAP_TO_AERIAL = ("paris-maps-map2aerial-batch1", "paris-maps-map2aerial")
"""One task with batch size 1 for 200 epochs, and with batch size 20 for 100 epochs."""

SHOWN_IN = {
    "paris-claim-a": tuple(f"paris-figure-{number}" for number in (8, 9, 10, 11, 13, 14)),
    "paris-claim-b": ("paris-quality",),
}
SHOWN = 4
"""Number of best and of worst images that the report shows for each task."""
FLIPPED, DRAWS, SEED = 0.5, 1000, 0
"""Probability of a flip, for which the report gives no number; number of draws for all test images; their seed."""
MOST = 0.5
"""Minimum fraction of the shown images that must remain; with fewer, most images of a figure do not belong there."""


def claims(draft: Draft) -> list[Claim]:
    """Return claims a and b, judged on the datasets that were run (with the FID of the extractor that was used)."""
    return [_flips(draft), _batch_and_epochs(draft)]


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


def _flips(draft: Draft) -> Claim:
    """Return claim a, which holds if on each task fewer than half of the extreme images remain, beyond chance."""
    id, text = "paris-claim-a", "Random flips at evaluation spoil the ranking of the test images by L1."
    judged = [experiment for experiment in draft.present(TASKS) if _images(draft, experiment) > 1]
    too_few = draft.too_few(experiment for experiment in draft.present(TASKS) if experiment not in judged)
    if not judged:
        return draft.claim(id, text, "not run", too_few)
    orders: list[Order] = []
    sentences = [
        f"In {DRAWS} seeded draws each test image is compared with its truth or, with probability {FLIPPED}, with its "
        f"mirrored truth. It is so on a task if on average fewer than {MOST * 2 * SHOWN:g} of the {2 * SHOWN} images "
        f"that the report shows, the {SHOWN} best and the {SHOWN} worst, stay among them."
    ]
    for experiment in judged:
        order, words = _flips_on(draft, experiment)
        orders.append(order)
        sentences.append(f"{TASKS[experiment].capitalize()} on {words}")
    datasets = {_dataset(experiment) for experiment in judged}
    wanted = [experiment for experiment in TASKS if _dataset(experiment) in datasets]
    unjudged = [name for name in dict.fromkeys(map(_dataset, TASKS)) if name not in datasets]
    complete = not draft.missing(wanted)
    return draft.claim(id, text, verdict(orders, complete), [*sentences, *too_few], wanted, unjudged)


def _flips_on(draft: Draft, experiment: str) -> tuple[Order, str]:
    """Return the order (`better` if fewer than half remain) and a sentence with the numbers of one experiment."""
    errors = [_errors(draft, run) for run in draft.runs[experiment]]
    kept = np.array([after_flips(*pair) for pair in errors])
    shares = (kept[:, :2].mean(axis=1) / SHOWN).tolist()
    difference = mean(shares) - MOST
    half_width = half_width_over_seeds(shares)
    order: Order = "unclear" if abs(difference) <= half_width else "better" if difference < 0 else "worse"
    best, worst, correlation = kept.mean(axis=0)
    l1, l1_mirrored = np.mean(errors, axis=(0, 2))
    n = len(errors[0][0])
    chance = SHOWN * min(SHOWN / n, 1)
    return order, (
        f"{draft.title_of(_dataset(experiment))}: {best:.1f} of the best and {worst:.1f} of the worst stay, by "
        f"chance {chance:.1f} of each among {n} images; rank correlation {correlation:.2f}; mean L1 {l1:.4f}, to "
        f"mirrored truths {l1_mirrored:.4f}."
    )


def _errors(draft: Draft, run: Run) -> tuple[np.ndarray, np.ndarray]:
    images = draft.measured[run.key].images[run.config.direction]
    return np.array(images["l1"]), np.array(images["l1_mirrored"])


def _images(draft: Draft, experiment: str) -> int:
    return len(_errors(draft, draft.one(experiment))[0])


def _dataset(experiment: str) -> str:
    return experiment.split("-")[1]


def _batch_and_epochs(draft: Draft) -> Claim:
    """Return claim b, which holds if map to aerial has the better FID with batch size 1 for 200 epochs."""
    id, text = "paris-claim-b", "Batch 20 for 100 epochs is worse than batch 1 for 200."
    why = (
        "The report compares two tasks that differ in direction, too, so that their numbers say nothing of the "
        "settings; here one task, map to aerial, is trained at both, and FID decides."
    )
    if missing := draft.missing(MAP_TO_AERIAL, "fid"):
        return draft.claim(id, text, "not run", [why], missing, metric="fid")
    numbers = "; ".join(_quality_of(draft, experiment) for experiment in MAP_TO_AERIAL)
    evidence = [why, f"On {draft.title_of('maps')}: {numbers}."]
    outcome = verdict([compare(draft, *MAP_TO_AERIAL, "fid")], complete=True)
    return draft.claim(id, text, outcome, evidence, MAP_TO_AERIAL)


def _quality_of(draft: Draft, experiment: str) -> str:
    record = draft.records[draft.one(experiment).key]
    return (
        f"batch {record.batch_size} for {record.epochs} epochs FID {draft.with_spread(experiment, 'fid')}, "
        f"L1 {draft.with_spread(experiment, 'l1')}"
    )
