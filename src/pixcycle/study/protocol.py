"""The trials of a participant: the "real vs fake" study of Isola et al. (CVPR 2017).

Each trial shows a real and a generated image side by side for one second. The participant then says, without a time
limit, which one was real. Ten practice trials with feedback are followed by forty that count, without feedback.
Attention checks are ours. On maps, the studies of Isola et al. and of Zhu et al. (ICCV 2017) took the two images from
different inputs.
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
Pairing = Literal["same_input", "other_input"]
Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True)
class Protocol:
    """What may differ between studies.

    Attributes
    ----------
    pairing
        same_input: a generated image is shown beside the truth of its own input, if the dataset is paired, which makes
        it easier to find. other_input: beside the truth of another input.
    checks
        Number of attention checks of each participant.
    """

    pairing: Pairing = "same_input"
    checks: int = CHECKS

    def __str__(self) -> str:
        input = {"same_input": "the same", "other_input": "another"}[self.pairing]
        return f"real images of {input} input, {self.checks or 'no'} attention checks"


DEFAULT = Protocol()


@dataclass(frozen=True)
class Trial:
    """One pair: the index of the image in the test split, and the side of the real image."""

    kind: Kind
    image: int
    real: Side


def schedule(seed: int, images: int, checks: int = CHECKS) -> list[Trial]:
    """Return the trials of one participant in order: practice, then tests, with checks at random places among them.

    No image is shown twice. If there are few images, a fifth of them is for practice and the rest for tests; checks
    then show practice images again, beside noise.

    Parameters
    ----------
    seed
        The participant's seed.
    images
        Number of images in the test split, at least 2.
    checks
        Number of attention checks; there are no more than tests.
    """
    random = Random(seed)
    order = random.sample(range(images), images)
    practice = min(PRACTICE, max(1, images // 5))
    tests = min(TRIALS, images - practice)
    practised, tested, unused = order[:practice], order[practice : practice + tests], order[practice + tests :]
    trials: list[tuple[Kind, int]] = [("test", image) for image in tested]
    for image in [*unused, *practised][: min(checks, tests)]:
        trials.insert(random.randrange(len(trials) + 1), ("check", image))
    trials = [("practice", image) for image in practised] + trials
    return [Trial(kind, image, random.choice(SIDES)) for kind, image in trials]


def spare(seed: int, images: int, used: set[int]) -> Trial | None:
    """Return a test that replaces an aborted one, with an image that is not in `used`; None if there is none left."""
    unused = [image for image in range(images) if image not in used]
    random = Random(seed * 1_000_003 + len(used))
    return Trial("test", random.choice(unused), random.choice(SIDES)) if unused else None


def other_inputs(images: int) -> list[int]:
    """Return for each image the index of another one, in a random order that is the same for all studies.

    Every image is the other one of exactly one image: all of them form a single cycle.
    """
    order = Random(0).sample(range(images), images)
    return [following for _, following in sorted(zip(order, [*order[1:], order[0]], strict=True))]
