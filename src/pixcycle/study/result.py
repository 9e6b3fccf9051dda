"""The result of a study: how often generated images were taken for real ones, with confidence intervals."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pixcycle.study.protocol import MISSED_CHECKS
from pixcycle.study.storage import Answer

RESAMPLED = 5000


@dataclass(frozen=True)
class Share:
    """Percentage of generated images that were labelled real, with its 95% interval from `low` to `high`."""

    percent: float
    low: float
    high: float
    participants: int
    answers: int


@dataclass(frozen=True)
class Result:
    """The result of a study.

    Attributes
    ----------
    everybody
        All participants who answered at least one test; None if there are none.
    attentive
        Those of them who missed at most one attention check.
    by_participant
        Participant -> their own share.
    inattentive
        Participants who missed more attention checks.
    """

    everybody: Share | None
    attentive: Share | None
    by_participant: dict[int, Share]
    inattentive: list[int]


def result(answers: list[Answer]) -> Result:
    """Summarize all answers of a study. Practice and checks do not count towards the percentages."""
    tests = [answer for answer in answers if answer.kind == "test"]
    ids = dict.fromkeys(answer.participant for answer in tests)
    return Result(
        everybody=share(tests),
        attentive=attentive(answers),
        by_participant={id: own for id in ids if (own := share(a for a in tests if a.participant == id))},
        inattentive=_inattentive(answers),
    )


def attentive(answers: list[Answer]) -> Share | None:
    """Return the share over all tests of the participants who missed at most one attention check."""
    excluded = _inattentive(answers)
    return share(a for a in answers if a.kind == "test" and a.participant not in excluded)


def _inattentive(answers: list[Answer]) -> list[int]:
    missed = Counter(a.participant for a in answers if a.kind == "check" and a.took_generated_for_real)
    return sorted(id for id, n in missed.items() if n > MISSED_CHECKS)


def share(answers: Iterable[Answer]) -> Share | None:
    """Return the percentage and its interval, bootstrapped over participants and images at once; None without answers.

    Participants and images are both resampled with replacement, since people differ and so do images. The weight of an
    answer is the product of the counts of its participant and of its image. For a single participant only the images
    vary. The interval runs from the 2.5th to the 97.5th percentile of 5000 resamples; it has no width if all answers
    are the same.
    """
    rows = list(answers)
    if not rows:
        return None
    people, person = np.unique([row.participant for row in rows], return_inverse=True)
    images, image = np.unique([row.image for row in rows], return_inverse=True)
    answered, fooled = np.zeros((2, len(people), len(images)))
    answered[person, image] = 1
    fooled[person, image] = [row.took_generated_for_real for row in rows]
    random = np.random.default_rng(0)
    people_counts, image_counts = (random.multinomial(n, np.full(n, 1 / n), RESAMPLED) for n in answered.shape)
    totals, fooled_totals = (((people_counts @ m) * image_counts).sum(axis=1) for m in (answered, fooled))
    not_empty = totals > 0  # if there are few answers, a resample may contain none of them
    low, high = np.percentile(100 * fooled_totals[not_empty] / totals[not_empty], [2.5, 97.5])
    return Share(float(100 * fooled.sum() / answered.sum()), float(low), float(high), len(people), len(rows))
