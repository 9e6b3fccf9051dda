"""The trials that a participant is shown."""

from collections import Counter

import pytest

from pixcycle.study.protocol import CHECKS, PRACTICE, TRIALS, other_inputs, schedule, spare


@pytest.mark.parametrize("images", [54, 60, 1098])
def test_schedule_is_practice_then_tests_and_checks_without_repeats(images):
    trials = schedule(7, images)
    assert [trial.kind for trial in trials[:PRACTICE]] == ["practice"] * PRACTICE
    assert Counter(trial.kind for trial in trials[PRACTICE:]) == {"test": TRIALS, "check": CHECKS}
    assert len({trial.image for trial in trials}) == len(trials) == PRACTICE + TRIALS + CHECKS


@pytest.mark.parametrize("images", [2, 3, 10, 49])
def test_schedule_of_few_images_is_one_fifth_practice(images):
    trials = schedule(0, images)
    tests = [trial.image for trial in trials if trial.kind == "test"]
    practice = [trial.image for trial in trials if trial.kind == "practice"]
    assert sorted(tests + practice) == list(range(images)) and len(practice) == max(1, images // 5)
    assert not {trial.image for trial in trials if trial.kind == "check"} & set(tests)


def test_schedule_without_checks_is_that_of_the_published_studies():
    kinds = [trial.kind for trial in schedule(7, 1098, checks=0)]
    assert kinds == ["practice"] * PRACTICE + ["test"] * TRIALS


@pytest.mark.parametrize("images", [2, 3, 60, 1098])
def test_other_inputs_pairs_each_image_once_and_none_with_itself(images):
    others = other_inputs(images)
    assert sorted(others) == list(range(images))
    assert all(other != image for image, other in enumerate(others))
    neighbours = sum((other - image) % images == 1 for image, other in enumerate(others))
    assert images < 60 or neighbours < 10, "in random order"


def test_schedule_balances_sides_and_differs_between_participants():
    sides = Counter(trial.real for seed in range(200) for trial in schedule(seed, 100))
    assert abs(sides["left"] - sides["right"]) < 4 * (200 * 54) ** 0.5  # four standard deviations of their difference
    assert len({tuple(trial.image for trial in schedule(seed, 100)) for seed in range(200)}) == 200
    places = Counter(place for seed in range(200) for place, t in enumerate(schedule(seed, 100)) if t.kind == "check")
    assert len(places) == TRIALS + CHECKS, "a check may come anywhere"


def test_spare_replaces_an_aborted_test_by_an_unseen_image():
    assert spare(0, 60, used=set(range(59))).image == 59
    assert spare(0, 60, used=set(range(60))) is None
