"""The trials of a participant: the "real vs fake" study of Isola et al. (CVPR 2017).

Each trial shows a real and a generated image side by side for one second. The participant then says, without a time
limit, which one was real. Ten practice trials with feedback are followed by forty that count, without feedback.
"""

from dataclasses import dataclass
from random import Random
from typing import Literal

PRACTICE = 10
TRIALS = 40
CHECKS = 4
"""Attention checks, mixed with the forty trials but in addition to them: noise replaces the generated image."""
MISSED_CHECKS = 1
"""Participants who miss more checks than this were not looking, and are counted separately."""
SHOWN_MS = 1000

Kind = Literal["practice", "test", "check"]
Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True)
class Trial:
    """One pair: the index of the image in the test split, and the side of the real image."""

    kind: Kind
    image: int
    real: Side


def schedule(seed: int, images: int) -> list[Trial]:
    """Return the trials of one participant in order: practice, then tests, with checks at random places among them.

    No image is shown twice. If there are few images, a fifth of them is for practice and the rest for tests; checks
    then show practice images again, beside noise.

    Parameters
    ----------
    seed
        The participant's seed.
    images
        Number of images in the test split, at least 2.
    """
    random = Random(seed)
    order = random.sample(range(images), images)
    practice = min(PRACTICE, max(1, images // 5))
    tests = min(TRIALS, images - practice)
    practised, tested, unused = order[:practice], order[practice : practice + tests], order[practice + tests :]
    trials: list[tuple[Kind, int]] = [("test", image) for image in tested]
    for image in [*unused, *practised][: min(CHECKS, tests)]:
        trials.insert(random.randrange(len(trials) + 1), ("check", image))
    trials = [("practice", image) for image in practised] + trials
    return [Trial(kind, image, random.choice(SIDES)) for kind, image in trials]


def spare(seed: int, images: int, used: set[int]) -> Trial | None:
    """Return a test that replaces an aborted one, with an image that is not in `used`; None if there is none left."""
    unused = [image for image in range(images) if image not in used]
    random = Random(seed * 1_000_003 + len(used))
    return Trial("test", random.choice(unused), random.choice(SIDES)) if unused else None
