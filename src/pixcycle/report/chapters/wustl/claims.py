"""The three claims of report 001, with thresholds for failing, learning and similar results."""

from collections.abc import Callable
from itertools import chain
from math import ceil

import pandas as pd

from pixcycle.report.chapters.wustl.losses import with_direction_left_out
from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft
from pixcycle.report.verdicts import NOT_FINITE, Order, half_width, is_finite, verdict
from pixcycle.training.collapse import D_AT_ZERO

TASKS = ("label2photo", "photo2label")
RATES = [(f"wustl-facades-{task}", f"wustl-facades-{task}-lr") for task in TASKS]
"""Facades with a lower learning rate for D than for G, and with the same rate for both."""
LAMBDAS = [(f"wustl-{task}", f"wustl-{task}-lambda1") for task in ("cezanne2photo", "photo2cezanne")]
PAIRED = [(f"wustl-facades-{task}", f"wustl-facades-{task}-paired") for task in TASKS]

ALIKE = 0.1
"""Maximum difference of two similar FIDs, as a fraction of their mean.

Reruns of one recipe by one team differ by up to 9 at an FID of about 100. The limit is relative because the FID of a
stand-in extractor has its own scale.
"""
FALLS = 0.1
"""Minimum relative decrease of G's GAN loss that counts as falling; the loss always fluctuates a little."""
TENTH = 0.1
"""Fraction of the epochs, at least two, over which the begin and the end of a loss are averaged."""

SHOWN_IN = {
    "wustl-claim-a": ("wustl-quality", "wustl-figure-5", "wustl-figure-6"),
    "wustl-claim-b": ("wustl-figure-7", "wustl-samples-lr"),
    "wustl-claim-c": ("wustl-quality", "wustl-figure-3", "wustl-figure-4"),
}

RULES = (
    f"In this chapter not every difference counts: two FIDs are alike if they differ by at most {ALIKE:.0%} of their "
    "mean, as reruns of one recipe by others do; where the 95% interval reaches across that limit, it is "
    "not distinguishable. λ = 1 fails if its run collapses, or if its FID is higher than that of λ = 10 and not alike. "
    "FID does not see whether G(x) keeps what x shows; the figures do."
)


def claims(draft: Draft) -> list[Claim]:
    """Return claims a to c."""
    return [
        _fid_claim(
            draft,
            "wustl-claim-a",
            "The network cannot work with a low λ: with λ = 1 it fails where it works with λ = 10.",
            LAMBDAS,
            ("with λ = 10", "with λ = 1"),
            _fails,
        ),
        _rates_claim(draft),
        _fid_claim(
            draft,
            "wustl-claim-c",
            "The results of the paired comparison and of the cycle are similar.",
            PAIRED,
            ("by the cycle", "paired"),
            _alike,
        ),
    ]


def _fid_claim(
    draft: Draft,
    id: str,
    text: str,
    pairs: list[tuple[str, str]],
    words: tuple[str, str],
    order: Callable[[Draft, str, str], Order],
) -> Claim:
    """Return a claim about the FIDs of pairs of experiments.

    Parameters
    ----------
    words
        Names of the first and the second experiment of a pair.
    order
        Judges a pair; `better` if it agrees with the claim.
    """
    present = [pair for pair in pairs if not draft.missing(pair, "fid")]
    if not present:
        return draft.claim(id, text, "not run")
    compared = []
    for pair in present:
        fids = ", ".join(f"{draft.with_spread(e, 'fid')} {word}" for word, e in zip(words, pair, strict=True))
        compared.append(f"{draft.one(pair[0]).config.label} {fids} ({_difference(draft, *pair)[0]:+.1%})")
    evidence = [f"FID on {draft.data_of(present[0][0])}: {'; '.join(compared)}."]
    missing = draft.missing(chain(*pairs), "fid")
    outcome = verdict([order(draft, *pair) for pair in present], complete=not missing)
    return draft.claim(id, text, outcome, evidence, [*chain(*present), *missing], metric="fid")


def _fails(draft: Draft, high: str, low: str) -> Order:
    """Return `better` if the low λ fails and the high one works."""
    if draft.collapses(high):
        return "worse"
    if len(draft.collapses(low)) == len(draft.runs[low]):
        return "better"
    return _beyond_alike(*_difference(draft, high, low))


def _alike(draft: Draft, first: str, second: str) -> Order:
    if draft.collapses(first, second):
        return "unclear"
    difference, spread = _difference(draft, first, second)
    opposite: dict[Order, Order] = {"better": "worse", "worse": "better", "unclear": "unclear"}
    return opposite[_beyond_alike(abs(difference), spread)]


def _difference(draft: Draft, first: str, second: str) -> tuple[float, float]:
    """Return the increase of FID from first to second and half the width of its interval, as fractions of their mean.

    With a single seed the interval is that over test images: ALIKE allows for reruns.
    """
    a, b = (draft.mean(experiment, "fid") for experiment in (first, second))
    return (b - a) / ((a + b) / 2), half_width(draft, first, second, "fid", reruns=False) / ((a + b) / 2)


def _beyond_alike(difference: float, spread: float) -> Order:
    """Return `better` if a difference is certainly above ALIKE, `worse` if it certainly is not."""
    if difference - spread > ALIKE:
        return "better"
    return "worse" if difference + spread <= ALIKE else "unclear"


def _rates_claim(draft: Draft) -> Claim:
    """Return claim b: for each task and seed, D ends at zero with equal rates only, and G's GAN loss does not fall."""
    id, text = (
        "wustl-claim-b",
        "With equal learning rates D's loss reaches almost zero, and G can no longer be trained.",
    )
    present = [pair for pair in RATES if not draft.missing(pair)]
    missing = draft.missing(chain(*RATES))
    if not present:
        return draft.claim(id, text, "not run", experiments=missing)
    orders, sentences = [], []
    for pair in present:
        agrees, evidence = _rates_of_seeds(draft, *pair)
        sentences += evidence
        if agrees:
            orders.append("better" if all(agrees) else "unclear" if any(agrees) else "worse")
    sentences.append(
        f"Begin and end are means over a tenth of the epochs, two at least. D is at zero below {D_AT_ZERO}; G still "
        f"learns if its GAN loss ends more than {FALLS:.0%} lower than it began."
    )
    outcome = verdict(orders, complete=len(orders) == len(RATES))
    return draft.claim(id, text, outcome, sentences, [*chain(*present), *missing])


def _rates_of_seeds(draft: Draft, normal: str, equal: str) -> tuple[list[bool], list[str]]:
    """Return whether each judged seed of a task agrees with claim b, and sentences with the numbers of all seeds."""
    agrees, sentences = [], []
    for runs in zip(draft.runs[normal], draft.runs[equal], strict=True):
        histories = [with_direction_left_out(draft.history(run), run) for run in runs]
        if lost := [NOT_FINITE.format(run.key) for run, h in zip(runs, histories, strict=True) if not is_finite(h)]:
            sentences += lost
            continue
        (_, usual), (begin, end) = map(_begin_and_end, histories)
        learns = end["g_gan"] < (1 - FALLS) * begin["g_gan"]
        agrees.append(end["d"] < D_AT_ZERO <= usual["d"] and not learns)
        sentences.append(
            f"{draft.one(normal).config.label.capitalize()}, seed {runs[1].seed}, {draft.records[runs[1].key].epochs} "
            f"epochs: D's loss ends at {end['d']:.3f}, with normal rates at {usual['d']:.3f}; G's GAN loss goes from "
            f"{begin['g_gan']:.2f} to {end['g_gan']:.2f}."
        )
    return agrees, sentences


def _begin_and_end(history: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the means of all losses over the first and over the last tenth of the epochs, at least two each."""
    means = history.groupby("epoch").mean()
    tenth = max(2, ceil(TENTH * len(means)))
    return means.head(tenth).mean(), means.tail(tenth).mean()
