"""A training that is killed and restarted many times gives the same result as an undisturbed one."""

import json
import random
import signal
from collections import Counter

import pytest

from pixcycle.plan.runs import Run
from tests.conftest import tiny_experiment, tiny_run
from tests.support.finished import assert_same_files
from tests.support.watched import Place, Watched

SEED = 6
"""Seed of the moments at which to kill. Where they fall depends on the machine; the result must not."""
KILLS = 50
MOST_STEPS = 3
"""Most steps of an attempt: one epoch, which passes all places, and few enough that the run outlasts all kills."""
PLACES = [Place.START, Place.STEP, Place.STATE, Place.SAMPLES, Place.BETWEEN_EPOCHS]

SETTINGS = {
    "pix2pix": {"method": "pix2pix"},
    "pix2pix in bf16-mixed": {"method": "pix2pix", "precision": "bf16-mixed"},
    "cyclegan in bf16-mixed": {"method": "cyclegan", "lambda_identity": 0.5, "precision": "bf16-mixed"},
    "cyclegan with one discriminator": {"method": "cyclegan", "discriminators": 1, "norm": "instance"},
}


def long_enough(settings: dict) -> Run:
    """Return a run with dropout, a pool, both schedules and samples that is longer than KILLS attempts."""
    epochs = KILLS * MOST_STEPS // 3 + 1
    schedules = {"n_epochs": epochs // 2, "n_epochs_decay": epochs - epochs // 2}
    sampled = {"sample_epochs": list(range(1, epochs + 1))}
    return tiny_run(tiny_experiment(**settings, crop_size=8, patch=1, pool_size=5, **schedules, **sampled))


def kill(training: Watched, at: Place, after: int, moments: random.Random) -> int:
    """Kill a training when it has reached a place after a number of steps; return its exit code."""
    training.wait_for(at, after, moments)
    training.process.kill()
    return training.end()


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_run_killed_50_times_equals_undisturbed_run(settings, prepared, tmp_path):
    run, out = long_enough(settings), tmp_path / "killed"
    undisturbed = Watched(run, prepared, tmp_path / "undisturbed", seconds_between=60)
    moments, places, saved = random.Random(SEED), [], 0
    for halt in PLACES + [None] * (KILLS - len(PLACES)):  # once at each place, then at random moments
        at = moments.choice(PLACES) if halt is None else halt
        after = moments.randint(1, 2) if halt is None and at != Place.START else 0
        training = Watched(run, prepared, out, leash=MOST_STEPS, halt=halt)
        assert kill(training, at, after, moments) == -signal.SIGKILL
        places.append(training.place)
        saved += max(training.steps - 1, 0)  # each step is saved; the last state may not be written yet
        assert not out.exists(), f"ended too early: {Counter(places)}"
    assert places[: len(PLACES)] == PLACES
    kill(Watched(run, prepared, out, seconds_between=0.2), Place.FINAL_WEIGHTS, 0, moments)
    if not out.exists():
        assert Watched(run, prepared, out, seconds_between=0.2).end() == 0
    assert undisturbed.end() == 0
    assert_same_files(out, tmp_path / "undisturbed")

    attempts = json.loads((out / "run.json").read_text())["attempts"]
    first_steps = [3 * attempt["from_epoch"] + attempt["from_step"] for attempt in attempts]
    assert first_steps == sorted(first_steps), "an attempt started before its predecessor"
    assert first_steps[-1] >= saved > KILLS / 3, "attempts did not continue from the saved states"
