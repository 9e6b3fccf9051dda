"""The claims of report 001: a on a low λ, c on the paired comparison; b, d and e on learning rates are in rates.py."""

from collections.abc import Callable
from itertools import chain

from pixcycle.report.chapters.wustl.rates import TASKS, rates_claims
from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft
from pixcycle.report.verdicts import Order, half_width, verdict

LAMBDAS = [(f"wustl-{task}", f"wustl-{task}-lambda1") for task in ("cezanne2photo", "photo2cezanne")]
PAIRED = [(f"wustl-facades-{task}", f"wustl-facades-{task}-paired") for task in TASKS]

ALIKE = 0.1
"""Maximum difference of two similar scores, as a fraction of their mean.

Reruns of one recipe by one team differ by up to 9 at an FID of about 100. The limit is relative because the FID of a
stand-in extractor has its own scale.
"""
NAMES = {"fid": "an FID", "l1": "a pixel L1"}

SHOWN_IN = {
    "wustl-claim-a": ("wustl-quality", "wustl-figure-5", "wustl-figure-6"),
    "wustl-claim-b": ("wustl-figure-7", "wustl-samples-lr"),
    "wustl-claim-c": ("wustl-quality", "wustl-figure-3", "wustl-figure-4"),
    "wustl-claim-d": ("wustl-figure-7",),
    "wustl-claim-e": ("wustl-figure-7",),
}

RULES = (
    f"In this chapter not every difference counts: two FIDs are alike if they differ by at most {ALIKE:.0%} of their "
    "mean, as reruns of one recipe by others do; where the 95% interval reaches across that limit, it is "
    "not distinguishable. λ = 1 fails if its run collapses, or if its FID is higher than that of λ = 10 and not alike. "
    "FID does not see whether G(x) keeps what x shows: where pairs exist, results are similar only if their L1 is "
    "alike, too."
)


def claims(draft: Draft) -> list[Claim]:
    """Return claims a to e."""
    untrainable, normal, jumps = rates_claims(draft)
    low = _pairs_claim(
        draft,
        "wustl-claim-a",
        "The network cannot work with a low λ: with λ = 1 it fails where it works with λ = 10.",
        LAMBDAS,
        ("with λ = 10", "with λ = 1"),
        {
            "better": "λ = 1 fails",
            "worse": "λ = 1 does not fail where λ = 10 works",
            "unclear": "whether λ = 1 fails cannot be told",
        },
        _fails,
    )
    similar = _pairs_claim(
        draft,
        "wustl-claim-c",
        "The results of the paired comparison and of the cycle are similar.",
        PAIRED,
        ("by the cycle", "paired"),
        {"better": "they are alike", "worse": "they differ", "unclear": "whether they are alike cannot be told"},
        _alike,
        also=("l1",),
    )
    return [low, untrainable, similar, normal, jumps]


def _pairs_claim(
    draft: Draft,
    id: str,
    text: str,
    pairs: list[tuple[str, str]],
    words: tuple[str, str],
    outcomes: dict[Order, str],
    order: Callable[[Draft, str, str, str], Order],
    also: tuple[str, ...] = (),
) -> Claim:
    """Return a claim about the FIDs of pairs of experiments.

    Parameters
    ----------
    words
        Names of the first and the second experiment of a pair.
    outcomes
        What each order of a pair says.
    order
        Judges a pair by a metric; `better` if it agrees with the claim.
    also
        Further metrics, by which pairs are judged where both have them.
    """
    present = [pair for pair in pairs if not draft.missing(pair, "fid")]
    if not present:
        return draft.claim(id, text, "not run")
    orders: list[Order] = []
    evidence = []
    for metric in ("fid", *also):
        for pair in present:
            if not draft.missing(pair, metric):
                orders.append(order(draft, *pair, metric))
                evidence.append(f"{_compared(draft, pair, words, metric)}: {outcomes[orders[-1]]}.")
    missing = draft.missing(chain(*pairs), "fid")
    outcome = verdict(orders, complete=not missing)
    return draft.claim(id, text, outcome, evidence, [*chain(*present), *missing], metric="fid")


def _compared(draft: Draft, pair: tuple[str, str], words: tuple[str, str], metric: str) -> str:
    """Return `Label to photo has an FID of 100.00 by the cycle and of 110.00 paired (+9.5%)`."""
    first, second = (f"{draft.with_spread(e, metric)} {word}" for word, e in zip(words, pair, strict=True))
    label = draft.one(pair[0]).config.label
    label = label[0].upper() + label[1:]
    return f"{label} has {NAMES[metric]} of {first} and of {second} ({_difference(draft, *pair, metric)[0]:+.1%})"


def _fails(draft: Draft, high: str, low: str, metric: str) -> Order:
    """Return `better` if the low λ fails and the high one works."""
    if draft.collapses(high):
        return "worse"
    if len(draft.collapses(low)) == len(draft.runs[low]):
        return "better"
    return _beyond_alike(*_difference(draft, high, low, metric))


def _alike(draft: Draft, first: str, second: str, metric: str) -> Order:
    if draft.collapses(first, second):
        return "unclear"
    difference, spread = _difference(draft, first, second, metric)
    opposite: dict[Order, Order] = {"better": "worse", "worse": "better", "unclear": "unclear"}
    return opposite[_beyond_alike(abs(difference), spread)]


def _difference(draft: Draft, first: str, second: str, metric: str) -> tuple[float, float]:
    """Return the increase of a metric from first to second and half its interval's width, as fractions of their mean.

    With a single seed the interval is that over test images: ALIKE allows for reruns.
    """
    a, b = (draft.mean(experiment, metric) for experiment in (first, second))
    return (b - a) / ((a + b) / 2), half_width(draft, first, second, metric, reruns=False) / ((a + b) / 2)


def _beyond_alike(difference: float, spread: float) -> Order:
    """Return `better` if a difference is certainly above ALIKE, `worse` if it certainly is not."""
    if difference - spread > ALIKE:
        return "better"
    return "worse" if difference + spread <= ALIKE else "unclear"
