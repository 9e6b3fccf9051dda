"""A training that is killed again and again, and started again with the same call, ends as one that was left alone."""

import json
import random
import signal
from collections import Counter

import pytest

from pixcycle.runs import Run
from tests.conftest import tiny_experiment, tiny_run
from tests.training.finished import assert_same_files
from tests.training.watched import Place, Watched

SEED = 6
"""Of the moments at which to kill. What a machine makes of them is its own; what comes out must not be."""
KILLS = 50
MOST_STEPS = 3
"""Of an attempt: an epoch, on whose way all places lie, and so few that a run outlives its kills on any machine."""
PLACES = [Place.START, Place.STEP, Place.STATE, Place.SAMPLES, Place.BETWEEN_EPOCHS]

SETTINGS = {
    "pix2pix": {"method": "pix2pix"},
    "pix2pix in bf16-mixed": {"method": "pix2pix", "precision": "bf16-mixed"},
    "cyclegan in bf16-mixed": {"method": "cyclegan", "lambda_identity": 0.5, "precision": "bf16-mixed"},
    "cyclegan with one discriminator": {"method": "cyclegan", "discriminators": 1, "norm": "instance"},
}


def long_enough(settings: dict) -> Run:
    """A run with dropout, a pool, both schedules and samples on the way, which so many kills do not outlast."""
    epochs = KILLS * MOST_STEPS // 3 + 1
    schedules = {"n_epochs": epochs // 2, "n_epochs_decay": epochs - epochs // 2}
    sampled = {"sample_epochs": list(range(1, epochs + 1))}
    return tiny_run(tiny_experiment(**settings, crop_size=8, patch=1, pool_size=5, **schedules, **sampled))


def kill(training: Watched, at: Place, after: int, moments: random.Random) -> int:
    """Kill it when it has come to the place, after so many steps; its exit code."""
    training.wait_for(at, after, moments)
    training.process.kill()
    return training.end()


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_run_that_is_killed_50_times_equals_one_that_was_left_alone(settings, prepared, tmp_path):
    run, out = long_enough(settings), tmp_path / "killed"
    alone = Watched(run, prepared, tmp_path / "alone", seconds_between=60)
    moments, died, saved = random.Random(SEED), [], 0
    for halt in PLACES + [None] * (KILLS - len(PLACES)):  # at each place for certain, then at random moments
        at = moments.choice(PLACES) if halt is None else halt
        after = moments.randint(1, 2) if halt is None and at != Place.START else 0
        training = Watched(run, prepared, out, leash=MOST_STEPS, halt=halt)
        assert kill(training, at, after, moments) == -signal.SIGKILL
        died.append(training.place)
        saved += max(training.steps - 1, 0)  # a state follows each step; that of the last may not be written yet
        assert not out.exists(), f"ended too early: {Counter(died)}"
    assert died[: len(PLACES)] == PLACES
    kill(Watched(run, prepared, out, seconds_between=0.2), Place.FINAL_WEIGHTS, 0, moments)
    if not out.exists():
        assert Watched(run, prepared, out, seconds_between=0.2).end() == 0
    assert alone.end() == 0
    assert_same_files(out, tmp_path / "alone")

    attempts = json.loads((out / "run.json").read_text())["attempts"]
    noted = [3 * attempt["from_epoch"] + attempt["from_step"] for attempt in attempts]
    assert noted == sorted(noted), "no attempt fell behind the one before"
    assert noted[-1] >= saved > KILLS / 3, "attempts went on from the states of those before"
