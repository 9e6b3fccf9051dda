"""Claims b, d and e of report 001: losses with normal and with equal learning rates, as its Figure 7 shows them."""

from collections.abc import Callable
from itertools import chain
from math import ceil

import pandas as pd

from pixcycle.plan.runs import Run
from pixcycle.report.chapters.wustl.losses import with_direction_left_out
from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft
from pixcycle.report.trends import TREND, is_finite, trend
from pixcycle.report.verdicts import DOUBTED, NOT_FINITE, Condition, Order, judge_course, verdict
from pixcycle.training.collapse import D_AT_ZERO

TASKS = ("label2photo", "photo2label")
RATES = [(f"wustl-facades-{task}", f"wustl-facades-{task}-lr") for task in TASKS]
"""Facades with a lower learning rate for D than for G, and with the same rate for both."""

FALLS = 0.1
"""Minimum relative decrease of G's GAN loss that counts as falling; the loss always fluctuates a little."""
TENTH = 0.1
"""Fraction of the epochs, at least two, over which the begin and the end of a loss are averaged."""
UNDECIDED, NEAR = 0.25, 0.05
"""D's loss if it answers 1/2 to everything, the 0.5 of the report, whose two halves are averaged here; and how close to
it its mean must be. The published normal curves have 0.225 to 0.25."""
SETTLED = 0.2
"""Fraction of the epochs after which D's normal curve is at its 0.5 (20,000 of 100,000 steps)."""
LOW = 1.0
"""Loss that G's total is below at the end of a normal training, as in Figure 7 from the same place on."""
JUMP = 3.0
"""Minimum ratio of an epoch mean of G's total to the lowest one before it that counts as a jump; in Figure 7 it is ten,
and normal curves have none."""

Course = tuple[list[Condition], str]
"""What a task must reach in one seed to agree with a claim, and what it does, as a sentence."""


def rates_claims(draft: Draft) -> list[Claim]:
    """Return claims b, d and e, each of which holds if it does for both tasks."""
    return [
        _claim(
            draft,
            "wustl-claim-b",
            "With equal learning rates D's loss reaches almost zero, and G can no longer be trained.",
            RATES,
            _untrainable,
            f"Begin and end are means over a tenth of the epochs, two at least. D's loss is almost zero below "
            f"{D_AT_ZERO}. G still learns if its GAN loss ends more than {FALLS:.0%} lower than it began.",
        ),
        _claim(
            draft,
            "wustl-claim-d",
            "With normal learning rates D's loss stays at 0.5 (0.25 in ours), and G's keeps decreasing.",
            [(normal,) for normal, _ in RATES],
            _normal,
            f"D stays if its mean after {SETTLED:.0%} of the epochs is within {NEAR} of {UNDECIDED}; G's total keeps "
            f"decreasing if the rank correlation of its epoch means with the epoch is at most -{TREND}, it ends below "
            f"{LOW:g}, and it never jumps to {JUMP:g} times the lowest mean before.",
        ),
        _claim(
            draft,
            "wustl-claim-e",
            "With equal learning rates G's loss jumps, as it does not with normal ones. (Its Figure 7.)",
            RATES,
            _jumps,
            f"A jump is an epoch mean of G's total of at least {JUMP:g} times the lowest one before it.",
        ),
    ]


def _claim(
    draft: Draft,
    id: str,
    text: str,
    tasks: list[tuple[str, ...]],
    course: Callable[..., Course],
    rule: str,
) -> Claim:
    """Return a claim that holds if it does on all tasks, and on a task if it does for all of its seeds.

    Parameters
    ----------
    tasks
        Experiments of each task.
    course
        Function from the histories of one seed of a task's experiments.
    """
    present = [task for task in tasks if not draft.missing(task)]
    missing = draft.missing(chain(*tasks))
    if not present:
        return draft.claim(id, text, "not run", experiments=missing)
    orders: list[Order] = []
    sentences = []
    for task in present:
        judged: list[Order] = []
        for runs in zip(*(draft.runs[experiment] for experiment in task), strict=True):
            histories = [with_direction_left_out(draft.history(run), run) for run in runs]
            if lost := [NOT_FINITE.format(r.key) for r, h in zip(runs, histories, strict=True) if not is_finite(h)]:
                sentences += lost
                continue
            conditions, numbers = course(*histories)
            judged.append(judge_course(conditions))
            sentences.append(f"{_named(draft, task[0], runs[-1])}: {numbers}{DOUBTED[judged[-1]]}")
        if judged:
            orders.append(judged[0] if len({*judged}) == 1 else "unclear")
    outcome = verdict(orders, complete=len(orders) == len(tasks))
    return draft.claim(id, text, outcome, sentences, [*chain(*present), *missing], rule=rule)


def _named(draft: Draft, experiment: str, run: Run) -> str:
    label = draft.one(experiment).config.label.capitalize()
    return f"{label}, seed {run.seed}, {draft.records[run.key].epochs} epochs"


def _untrainable(normal: pd.DataFrame, equal: pd.DataFrame) -> Course:
    """Return the conditions that D ends at zero with equal rates only, and that G's GAN loss does not fall."""
    (_, usual), (begin, end) = map(_begin_and_end, (normal, equal))
    learns, at_zero = end["g_gan"] < (1 - FALLS) * begin["g_gan"], end["d"] < D_AT_ZERO
    conditions = [(D_AT_ZERO, end["d"]), (usual["d"], D_AT_ZERO), (end["g_gan"], (1 - FALLS) * begin["g_gan"])]
    return conditions, (
        f"D's loss ends at {end['d']:.3f}, {'almost' if at_zero else 'not at'} zero (with normal rates at "
        f"{usual['d']:.3f}). G's GAN loss goes from {begin['g_gan']:.2f} to {end['g_gan']:.2f}: it "
        f"{'still learns' if learns else 'no longer learns'}."
    )


def _normal(history: pd.DataFrame) -> Course:
    """Return the conditions that D's loss stays at that of an undecided one, and that G's total only falls."""
    means = history.groupby("epoch").mean()
    settled = means["d"].iloc[round(SETTLED * len(means)) :].mean()
    (_, end), ratio, falls = _begin_and_end(history), jump(history), trend(history, "g")
    stays = abs(settled - UNDECIDED) <= NEAR
    decreases = falls <= -TREND and end["g"] < LOW and ratio < JUMP
    conditions = [(NEAR, abs(settled - UNDECIDED)), (-falls, TREND), (LOW, end["g"]), (JUMP, ratio)]
    return conditions, (
        f"D's loss is {settled:.3f} in the mean, {2 * settled:.2f} in the report's sum: it "
        f"{'stays' if stays else 'does not stay'} at 0.5 there. G's total ends at {end['g']:.2f} and "
        f"{'keeps' if decreases else 'does not keep'} decreasing (rank correlation {falls:+.2f}, at most {ratio:.1f} "
        "times its lowest mean before)."
    )


def _jumps(normal: pd.DataFrame, equal: pd.DataFrame) -> Course:
    """Return the conditions that G's total jumps with equal rates, and only with them."""
    usual, ratio = jump(normal), jump(equal)
    return [(JUMP, usual), (ratio, JUMP)], (
        f"G's total {'jumps to' if ratio >= JUMP else 'is at most'} {ratio:.1f} times its lowest epoch mean before, "
        f"with normal rates {'as well, to' if usual >= JUMP else 'at most'} {usual:.1f} times."
    )


def jump(history: pd.DataFrame) -> float:
    """Return the greatest ratio of an epoch mean of G's total to the lowest one before it; 0 for a single epoch."""
    means = history.groupby("epoch")["g"].mean()
    ratios = means / means.cummin().shift()
    return float(ratios.max()) if len(means) > 1 else 0.0


def _begin_and_end(history: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the means of all losses over the first and over the last tenth of the epochs, at least two each."""
    means = history.groupby("epoch").mean()
    tenth = max(2, ceil(TENTH * len(means)))
    return means.head(tenth).mean(), means.tail(tenth).mean()
