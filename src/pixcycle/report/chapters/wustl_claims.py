"""The three claims of report 001, and what fails, works, stops learning and alike mean in numbers."""

from collections.abc import Callable
from math import ceil, hypot

import pandas as pd

from pixcycle.report.comparison import with_spread
from pixcycle.report.content import Claim
from pixcycle.report.values import Values
from pixcycle.report.verdicts import NO_RUN, NOT_FINITE, Order, is_finite, title_of, verdict, verdict_of_seeds
from pixcycle.training.collapse import D_AT_ZERO
from pixcycle.training.history import read_history

NORMAL, EQUAL = "wustl-facades-photo2label", "wustl-facades-photo2label-lr"
"""Photo to label with D's learning rate below G's, and with one rate for both."""
LAMBDAS = [(f"wustl-{task}", f"wustl-{task}-lambda1") for task in ("cezanne2photo", "photo2cezanne")]
PAIRED = [(f"wustl-facades-{task}", f"wustl-facades-{task}-paired") for task in ("label2photo", "photo2label")]

ALIKE = 0.1
"""Share of their mean by which two FIDs may differ and be called alike.

Reruns of one recipe by one team differ by up to 9 FID where it is about 100; a share, as the FID of a stand-in
extractor has a scale of its own.
"""
FALLS = 0.1
"""Share by which G's GAN loss must end lower than it began to count as falling; it always goes up and down a little."""
TENTH = 0.1
"""Share of the epochs, and at least two of them, that a loss begins and ends with."""

SHOWN_IN = {
    "wustl-claim-a": ("wustl-quality", "wustl-figure-5", "wustl-figure-6"),
    "wustl-claim-b": ("wustl-figure-7", "wustl-samples-lr"),
    "wustl-claim-c": ("wustl-quality", "wustl-figure-3", "wustl-figure-4"),
}

RULES = (
    f"In this chapter not every difference counts: two FIDs are alike if they differ by at most {ALIKE:.0%} of their "
    "mean, as reruns of one recipe by others do; where the spread over several seeds reaches across that limit, it is "
    "not distinguishable. λ = 1 fails if its run collapses, or if its FID is higher than that of λ = 10 and not alike. "
    "FID does not see whether G(x) keeps what x shows; the figures do."
)


def claims(values: Values) -> list[Claim]:
    """Claims a to c."""
    return [
        _fid_claim(
            values,
            "wustl-claim-a",
            "The network cannot work with a low λ: with λ = 1 it fails where it works with λ = 10.",
            LAMBDAS,
            ("with λ = 10", "with λ = 1"),
            _fails,
        ),
        _rates_claim(values),
        _fid_claim(
            values,
            "wustl-claim-c",
            "The results of the paired comparison and of the cycle are similar.",
            PAIRED,
            ("by the cycle", "paired"),
            _alike,
        ),
    ]


def _fid_claim(
    values: Values,
    id: str,
    text: str,
    pairs: list[tuple[str, str]],
    words: tuple[str, str],
    order: Callable[[Values, str, str], Order],
) -> Claim:
    """order: what a pair says about the claim, `better` if it agrees; words: what the two of a pair are called."""
    made = [pair for pair in pairs if values.runs.keys() >= set(pair)]
    if not made:
        return Claim(id, text, "not run", NO_RUN)
    compared = []
    for pair in made:
        fids = ", ".join(f"{with_spread(values, e, 'fid')} {word}" for word, e in zip(words, pair, strict=True))
        compared.append(f"{values.one(pair[0]).config.label} {fids} ({_difference(values, *pair)[0]:+.1%})")
    told = [f"FID on {title_of(values, values.one(made[0][0]).asked_dataset)}: {'; '.join(compared)}."]
    told += values.collapses(*(experiment for pair in made for experiment in pair))
    missing = [experiment for pair in pairs for experiment in pair if experiment not in values]
    if missing:
        told.append(f"Not run: {', '.join(missing)}.")
    found = verdict([order(values, *pair) for pair in made], not missing)
    return Claim(id, text, found, " ".join(told), values.keys(*(experiment for pair in made for experiment in pair)))


def _fails(values: Values, high: str, low: str) -> Order:
    """Whether the low λ fails and the high one works."""
    if values.collapses(high):
        return "worse"
    if len(values.collapses(low)) == len(values.runs[low]):
        return "better"
    return _beyond_alike(*_difference(values, high, low))


def _alike(values: Values, first: str, second: str) -> Order:
    if values.collapses(first, second):
        return "unclear"
    difference, spread = _difference(values, first, second)
    opposite: dict[Order, Order] = {"better": "worse", "worse": "better", "unclear": "unclear"}
    return opposite[_beyond_alike(abs(difference), spread)]


def _difference(values: Values, first: str, second: str) -> tuple[float, float]:
    """By how much the second FID is higher, and the spread of that over the seeds, as shares of the mean of both."""
    a, b = (values.mean(experiment, "fid") for experiment in (first, second))
    spreads = [values.spread(experiment, "fid") or 0.0 for experiment in (first, second)]
    return (b - a) / ((a + b) / 2), hypot(*spreads) / ((a + b) / 2)


def _beyond_alike(difference: float, spread: float) -> Order:
    """`better` if a difference is surely more than alike, `worse` if it surely is not."""
    if difference - spread > ALIKE:
        return "better"
    return "worse" if difference + spread <= ALIKE else "unclear"


def _rates_claim(values: Values) -> Claim:
    """D ends at zero with equal rates, not with normal ones, and G's GAN loss does not fall: for each seed."""
    id, text = (
        "wustl-claim-b",
        "With equal learning rates D's loss reaches almost zero, and G can no longer be trained.",
    )
    missing = [experiment for experiment in (NORMAL, EQUAL) if experiment not in values]
    if missing:
        return Claim(id, text, "not run", f"Not run: {', '.join(missing)}.")
    agrees, told = [], []
    for normal, equal in zip(values.runs[NORMAL], values.runs[EQUAL], strict=True):
        histories = {run.key: read_history(values.root / run.folder) for run in (normal, equal)}
        if lost := [NOT_FINITE.format(key) for key, history in histories.items() if not is_finite(history)]:
            told += lost
            continue
        (_, usual), (begin, end) = map(_begin_and_end, histories.values())
        learns = end["g_ab_gan"] < (1 - FALLS) * begin["g_ab_gan"]
        agrees.append(end["d_b"] < D_AT_ZERO <= usual["d_b"] and not learns)
        told.append(
            f"Seed {equal.seed}, {values.records[equal.key]['epochs']} epochs: D's loss ends at {end['d_b']:.3f}, with "
            f"normal rates at {usual['d_b']:.3f}; G's GAN loss goes from {begin['g_ab_gan']:.2f} to "
            f"{end['g_ab_gan']:.2f}."
        )
    told += [
        f"Begin and end are means over a tenth of the epochs, two at least. D is at zero below {D_AT_ZERO}; G still "
        f"learns if its GAN loss ends more than {FALLS:.0%} lower than it began.",
        *values.collapses(NORMAL, EQUAL),
    ]
    return Claim(id, text, verdict_of_seeds(agrees), " ".join(told), values.keys(NORMAL, EQUAL))


def _begin_and_end(history: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Means of all losses over the first and over the last tenth of the epochs."""
    means = history.groupby("epoch").mean()
    tenth = max(2, ceil(TENTH * len(means)))
    return means.head(tenth).mean(), means.tail(tenth).mean()
