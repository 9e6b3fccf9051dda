"""The two claims of report 002: effects of flips at evaluation on a ranking, and of batch size and epochs."""

from statistics import mean, stdev

import numpy as np

from pixcycle.plan import Run
from pixcycle.report.content import Claim
from pixcycle.report.published import with_spread
from pixcycle.report.values import Values
from pixcycle.report.verdicts import NO_RUN, Order, compare, not_judged, title_of, verdict

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


def claims(values: Values) -> list[Claim]:
    """Return claims a and b, judged on the datasets that were run (with the FID of the extractor that was used)."""
    return [_flips(values), _batch_and_epochs(values)]


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


def _flips(values: Values) -> Claim:
    """Return claim a, which holds if on each task fewer than half of the extreme images remain, beyond seed spread."""
    id, text = "paris-claim-a", "Random flips at evaluation spoil the ranking of the test images by L1."
    present = [experiment for experiment in TASKS if experiment in values and _images(values, experiment) > 1]
    single = [experiment for experiment in TASKS if experiment in values and experiment not in present]
    if not present:
        return Claim(id, text, "not run", " ".join(not_judged(values, single)) or NO_RUN)
    orders: list[Order] = []
    sentences = [
        f"In {DRAWS} seeded draws each test image is compared with its truth or, with probability {FLIPPED}, with its "
        f"mirrored truth. It is so on a task if on average fewer than {MOST * 2 * SHOWN:g} of the {2 * SHOWN} images "
        f"that the report shows, the {SHOWN} best and the {SHOWN} worst, stay among them."
    ]
    for experiment in present:
        order, words = _flips_on(values, experiment)
        orders.append(order)
        sentences.append(f"{TASKS[experiment].capitalize()} on {words}")
    sentences += values.collapses(*present)
    datasets = {_dataset(experiment) for experiment in present}
    missing = [experiment for experiment in TASKS if experiment not in values and _dataset(experiment) in datasets]
    sentences += [*(f"Not run: {experiment}." for experiment in missing), *not_judged(values, single)]
    sentences += [f"Not judged on {name}." for name in dict.fromkeys(map(_dataset, TASKS)) if name not in datasets]
    return Claim(id, text, verdict(orders, complete=not missing), " ".join(sentences), values.keys(*present))


def _flips_on(values: Values, experiment: str) -> tuple[Order, str]:
    """Return the order (`better` if fewer than half remain) and a sentence with the numbers of one experiment."""
    errors = [_errors(values, run) for run in values.runs[experiment]]
    kept = np.array([after_flips(*pair) for pair in errors])
    shares = (kept[:, :2].mean(axis=1) / SHOWN).tolist()
    difference, spread = mean(shares) - MOST, stdev(shares) if len(shares) > 1 else 0.0
    order: Order = "unclear" if abs(difference) <= spread else "better" if difference < 0 else "worse"
    best, worst, correlation = kept.mean(axis=0)
    l1, l1_mirrored = np.mean(errors, axis=(0, 2))
    n = len(errors[0][0])
    chance = SHOWN * min(SHOWN / n, 1)
    return order, (
        f"{title_of(values, _dataset(experiment))}: {best:.1f} of the best and {worst:.1f} of the worst stay, by "
        f"chance {chance:.1f} of each among {n} images; rank correlation {correlation:.2f}; mean L1 {l1:.4f}, to "
        f"mirrored truths {l1_mirrored:.4f}."
    )


def _errors(values: Values, run: Run) -> tuple[np.ndarray, np.ndarray]:
    images = values.measured[run.key].images[run.config.direction]
    return np.array(images["l1"]), np.array(images["l1_mirrored"])


def _images(values: Values, experiment: str) -> int:
    return len(_errors(values, values.one(experiment))[0])


def _dataset(experiment: str) -> str:
    return experiment.split("-")[1]


def _batch_and_epochs(values: Values) -> Claim:
    """Return claim b, which holds if map to aerial has the better FID with batch size 1 for 200 epochs."""
    id, text = "paris-claim-b", "Batch 20 for 100 epochs is worse than batch 1 for 200."
    why = (
        "The report compares two tasks that differ in direction, too, so that their numbers say nothing of the "
        "settings; here one task, map to aerial, is trained at both, and FID decides."
    )
    if missing := [experiment for experiment in MAP_TO_AERIAL if not values.has(experiment, "fid")]:
        return Claim(id, text, "not run", " ".join([why, *not_judged(values, missing)]))
    numbers = "; ".join(_quality_of(values, experiment) for experiment in MAP_TO_AERIAL)
    evidence = [why, f"On {title_of(values, 'maps')}: {numbers}."]
    evidence += values.collapses(*MAP_TO_AERIAL)
    outcome = verdict([compare(values, *MAP_TO_AERIAL, "fid")], complete=True)
    return Claim(id, text, outcome, " ".join(evidence), values.keys(*MAP_TO_AERIAL))


def _quality_of(values: Values, experiment: str) -> str:
    record = values.records[values.one(experiment).key]
    return (
        f"batch {record.batch_size} for {record.epochs} epochs FID {with_spread(values, experiment, 'fid')}, "
        f"L1 {with_spread(values, experiment, 'l1')}"
    )
