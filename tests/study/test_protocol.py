"""What a participant is shown."""

from collections import Counter

import pytest

from pixcycle.study.protocol import CHECKS, PRACTICE, TRIALS, schedule, spare


@pytest.mark.parametrize("images", [54, 60, 1098])
def test_ten_pairs_of_practice_then_forty_and_four_checks_no_image_twice(images):
    trials = schedule(7, images)
    assert [trial.kind for trial in trials[:PRACTICE]] == ["practice"] * PRACTICE
    assert Counter(trial.kind for trial in trials[PRACTICE:]) == {"test": TRIALS, "check": CHECKS}
    assert len({trial.image for trial in trials}) == len(trials) == PRACTICE + TRIALS + CHECKS


@pytest.mark.parametrize("images", [2, 3, 10, 49])
def test_of_few_images_a_fifth_is_practice_and_no_test_was_seen_before(images):
    trials = schedule(0, images)
    tests = [trial.image for trial in trials if trial.kind == "test"]
    practice = [trial.image for trial in trials if trial.kind == "practice"]
    assert sorted(tests + practice) == list(range(images)) and len(practice) == max(1, images // 5)
    assert not {trial.image for trial in trials if trial.kind == "check"} & set(tests)


def test_the_real_image_is_on_either_side_as_often_and_everybody_has_an_order_of_their_own():
    sides = Counter(trial.real for seed in range(200) for trial in schedule(seed, 100))
    assert abs(sides["left"] - sides["right"]) < 4 * (200 * 54) ** 0.5  # four standard deviations of their difference
    assert len({tuple(trial.image for trial in schedule(seed, 100)) for seed in range(200)}) == 200
    places = Counter(place for seed in range(200) for place, t in enumerate(schedule(seed, 100)) if t.kind == "check")
    assert len(places) == TRIALS + CHECKS, "a check may come at any time"


def test_a_broken_off_test_is_replaced_by_an_image_that_was_not_shown():
    assert spare(0, 60, used=set(range(59))).image == 59
    assert spare(0, 60, used=set(range(60))) is None
