"""What a study found: how often generated images were taken for real ones, and how sure that is."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pixcycle.study.protocol import MISSED_CHECKS
from pixcycle.study.storage import Answer

RESAMPLED = 5000


@dataclass(frozen=True)
class Share:
    """Percent of generated images that were labelled real, with its 95% interval."""

    percent: float
    low: float
    high: float
    participants: int
    answers: int


@dataclass(frozen=True)
class Result:
    """everybody: who answered at least one test. attentive: those of them who missed at most one attention check."""

    everybody: Share | None
    attentive: Share | None
    each: dict[int, Share]
    """By participant."""
    inattentive: list[int]


def result(answers: list[Answer]) -> Result:
    """From all answers of a study; practice and checks are no part of the percentages. None where nobody answered."""
    tests = [answer for answer in answers if answer.kind == "test"]
    ids = dict.fromkeys(answer.participant for answer in tests)
    return Result(
        everybody=share(tests),
        attentive=attentive(answers),
        each={id: found for id in ids if (found := share(a for a in tests if a.participant == id))},
        inattentive=_inattentive(answers),
    )


def attentive(answers: list[Answer]) -> Share | None:
    """Of those who missed at most one attention check, all answers to tests."""
    left_out = _inattentive(answers)
    return share(a for a in answers if a.kind == "test" and a.participant not in left_out)


def _inattentive(answers: list[Answer]) -> list[int]:
    missed = Counter(a.participant for a in answers if a.kind == "check" and a.took_generated_for_real)
    return sorted(id for id, n in missed.items() if n > MISSED_CHECKS)


def share(answers: Iterable[Answer]) -> Share | None:
    """The percentage and its interval by the bootstrap over participants and images at once; None without answers.

    Participants and images are drawn anew, each with replacement, and an answer weighs as often as both of its own were
    drawn: people differ, and so do images. Of a single participant only the images are drawn. The interval is that
    between the 2.5th and the 97.5th percentile of 5000 such draws; of answers that are all alike it has no width.
    """
    rows = list(answers)
    if not rows:
        return None
    people, person = np.unique([row.participant for row in rows], return_inverse=True)
    images, image = np.unique([row.image for row in rows], return_inverse=True)
    given, fooled = np.zeros((2, len(people), len(images)))
    given[person, image] = 1
    fooled[person, image] = [row.took_generated_for_real for row in rows]
    random = np.random.default_rng(0)
    of_people, of_images = (random.multinomial(n, np.full(n, 1 / n), RESAMPLED) for n in given.shape)
    answered, taken = (((of_people @ answers) * of_images).sum(axis=1) for answers in (given, fooled))
    some = answered > 0  # few answers may all be missed by a draw
    low, high = np.percentile(100 * taken[some] / answered[some], [2.5, 97.5])
    return Share(float(100 * fooled.sum() / given.sum()), float(low), float(high), len(people), len(rows))
