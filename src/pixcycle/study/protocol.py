"""What a participant is shown, in which order: the "real vs fake" study of Isola et al. (CVPR 2017).

Each trial shows a real and a generated image beside each other for one second; then, without a limit of time, the
participant says which was real. The first ten are for practice, with feedback; forty without feedback count.
"""

from dataclasses import dataclass
from random import Random
from typing import Literal

PRACTICE = 10
TRIALS = 40
CHECKS = 4
"""Attention checks among the forty, beside them: noise in place of the generated image."""
MISSED_CHECKS = 1
"""Who misses more of the checks did not look, and is counted apart."""
SHOWN_MS = 1000

Kind = Literal["practice", "test", "check"]
Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True)
class Trial:
    """One pair: the image's place in the test split, and the side on which the real one is."""

    kind: Kind
    image: int
    real: Side


def schedule(seed: int, images: int) -> list[Trial]:
    """The trials of one participant, in order: practice, then tests with the checks at random places among them.

    No image comes twice, but that a check, of few images, repeats one of the practice, beside noise. Of few images a
    fifth is practice, the rest tests.
    seed: of the participant. images: how many the test split has, at least 2.
    """
    random = Random(seed)
    order = random.sample(range(images), images)
    practice = min(PRACTICE, max(1, images // 5))
    tests = min(TRIALS, images - practice)
    shown, counted, left = order[:practice], order[practice : practice + tests], order[practice + tests :]
    trials: list[tuple[Kind, int]] = [("test", image) for image in counted]
    for image in [*left, *shown][: min(CHECKS, tests)]:
        trials.insert(random.randrange(len(trials) + 1), ("check", image))
    trials = [("practice", image) for image in shown] + trials
    return [Trial(kind, image, random.choice(SIDES)) for kind, image in trials]


def spare(seed: int, images: int, used: set[int]) -> Trial | None:
    """A test in place of one that was broken off, with an image that the participant has not seen, if one is left."""
    left = [image for image in range(images) if image not in used]
    random = Random(seed * 1_000_003 + len(used))
    return Trial("test", random.choice(left), random.choice(SIDES)) if left else None
