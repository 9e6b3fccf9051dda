"""Percentages computed from answers, and their confidence intervals."""

import numpy as np
import pytest

from pixcycle.study.result import result, share
from pixcycle.study.storage import Answer


def answer(participant, image, fooled, kind="test"):
    return Answer(participant, image, kind, image, fooled, 1000.0, 0.5)


def answered_at_random(people, images, chance, seed):
    random = np.random.default_rng(seed)
    return [answer(p, i, bool(random.random() < chance)) for p in range(people) for i in range(images)]


def test_result_is_percentage_of_generated_images_taken_for_real():
    both = result([answer(1, i, fooled=i < 3) for i in range(10)] + [answer(2, i, fooled=i < 1) for i in range(10)])
    assert both.everybody.percent == pytest.approx(20) and both.everybody.participants == 2
    assert {id: own.percent for id, own in both.by_participant.items()} == {1: pytest.approx(30), 2: pytest.approx(10)}


def test_result_ignores_practice_and_checks():
    others = [answer(1, i, True, kind) for i, kind in ((10, "practice"), (11, "check"))]
    assert result([answer(1, 0, False), *others]).everybody.percent == 0
    assert result(others).everybody is None


def test_result_separates_participants_who_missed_two_checks():
    missed_twice = [answer(2, 50 + i, True, "check") for i in range(2)]
    missed_once = [answer(3, 50, True, "check")]
    summary = result([answer(1, 0, False), answer(2, 0, True), answer(3, 0, False), *missed_twice, *missed_once])
    assert summary.inattentive == [2] and summary.everybody.participants == 3
    assert summary.attentive.participants == 2 and summary.attentive.percent == 0


def test_share_of_one_participant_has_the_binomial_interval():
    fooled = 0.3
    interval = share([answer(1, i, i < 400 * fooled) for i in range(400)])
    half = 100 * 1.96 * np.sqrt(fooled * (1 - fooled) / 400)
    assert interval.low == pytest.approx(30 - half, abs=0.4) and interval.high == pytest.approx(30 + half, abs=0.4)


def test_share_interval_has_its_nominal_coverage():
    """The participants differ; an interval over answers alone would cover the truth in only half of the studies."""
    covered, studies = 0, 100
    random = np.random.default_rng(0)
    for _ in range(studies):
        chances = np.clip(random.normal(0.3, 0.15, 20), 0, 1)
        rows = [answer(p, i, bool(random.random() < chances[p])) for p in range(20) for i in range(40)]
        interval = share(rows)
        covered += interval.low <= 30.3 <= interval.high  # the mean of the clipped chances
    assert 88 <= covered <= 100


def test_share_interval_widens_if_images_or_people_differ():
    alike = share(answered_at_random(20, 40, 0.5, seed=1))
    by_image = share([answer(p, i, fooled=i % 2 == 0) for p in range(20) for i in range(40)])
    by_person = share([answer(p, i, fooled=p % 2 == 0) for p in range(20) for i in range(40)])
    assert alike.high - alike.low < 15 < by_image.high - by_image.low < by_person.high - by_person.low


def test_share_is_not_biased_by_missing_answers():
    complete = [answer(1, i, True) for i in range(30)]
    partial = [answer(2, i, False) for i in range(10)]
    interval = share(complete + partial)
    assert interval.percent == 75 and interval.low < 75 < interval.high


def test_share_without_answers_is_none():
    assert share([]) is None
