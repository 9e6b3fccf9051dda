"""From answers to percentages, and how sure they are."""

import numpy as np
import pytest

from pixcycle.study.result import result, share
from pixcycle.study.storage import Answer


def answer(participant, image, fooled, kind="test"):
    return Answer(participant, image, kind, image, fooled, 1000.0, 0.5)


def answered_at_random(people, images, chance, seed):
    random = np.random.default_rng(seed)
    return [answer(p, i, bool(random.random() < chance)) for p in range(people) for i in range(images)]


def test_the_percentage_is_that_of_generated_images_that_were_taken_for_real():
    found = result([answer(1, i, fooled=i < 3) for i in range(10)] + [answer(2, i, fooled=i < 1) for i in range(10)])
    assert found.everybody.percent == pytest.approx(20) and found.everybody.participants == 2
    assert {id: each.percent for id, each in found.each.items()} == {1: pytest.approx(30), 2: pytest.approx(10)}


def test_practice_and_checks_do_not_count():
    others = [answer(1, i, True, kind) for i, kind in ((10, "practice"), (11, "check"))]
    assert result([answer(1, 0, False), *others]).everybody.percent == 0
    assert result(others).everybody is None


def test_who_misses_more_than_one_check_is_left_out_and_told():
    missed = [answer(2, 50 + i, True, "check") for i in range(2)]
    once = [answer(3, 50, True, "check")]
    found = result([answer(1, 0, False), answer(2, 0, True), answer(3, 0, False), *missed, *once])
    assert found.inattentive == [2] and found.everybody.participants == 3
    assert found.attentive.participants == 2 and found.attentive.percent == 0


def test_one_participant_s_interval_is_that_of_the_binomial_distribution():
    fooled = 0.3
    found = share([answer(1, i, i < 400 * fooled) for i in range(400)])
    half = 100 * 1.96 * np.sqrt(fooled * (1 - fooled) / 400)
    assert found.low == pytest.approx(30 - half, abs=0.4) and found.high == pytest.approx(30 + half, abs=0.4)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """For people who differ: an interval over answers alone would be right in half of the cases only."""
    held, studies = 0, 100
    random = np.random.default_rng(0)
    for _ in range(studies):
        chances = np.clip(random.normal(0.3, 0.15, 20), 0, 1)
        rows = [answer(p, i, bool(random.random() < chances[p])) for p in range(20) for i in range(40)]
        found = share(rows)
        held += found.low <= 30.3 <= found.high  # the mean of the clipped chances
    assert 88 <= held <= 100


def test_images_that_differ_widen_the_interval_as_people_do():
    alike = share(answered_at_random(20, 40, 0.5, seed=1))
    by_image = share([answer(p, i, fooled=i % 2 == 0) for p in range(20) for i in range(40)])
    by_person = share([answer(p, i, fooled=p % 2 == 0) for p in range(20) for i in range(40)])
    assert alike.high - alike.low < 15 < by_image.high - by_image.low < by_person.high - by_person.low


def test_answers_that_are_missing_do_not_pull_the_percentage():
    everybody = [answer(1, i, True) for i in range(30)]
    early = [answer(2, i, False) for i in range(10)]
    found = share(everybody + early)
    assert found.percent == 75 and found.low < 75 < found.high


def test_nobody_s_answer_is_none():
    assert share([]) is None
