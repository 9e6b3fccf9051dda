from collections import Counter

import numpy as np
import pytest

from pixcycle.data.draws import Draws, Sampling, shuffled_in_buffer

N, SIDE = 200, 30


def sampling(paired: bool = True, seed: int = 0, **settings) -> Sampling:
    return Sampling(seed=seed, crop_size=10, flip=True, paired=paired, **settings)


def of_images(drawn: Sampling, epoch: int, domain: int, samples: int = N) -> dict[int, tuple[int, int, bool]]:
    """Return the last (top, left, flip) of each image that an epoch shows of a domain."""
    draws = drawn.draws(epoch, domain, N, SIDE, samples)
    return dict(zip(draws.rows.tolist(), places(draws), strict=True))


def places(draws: Draws) -> list[tuple[int, int, bool]]:
    return [(*corner, flip) for corner, flip in zip(draws.corners.tolist(), draws.flips.tolist(), strict=True)]


def same(one: dict, other: dict, part: slice) -> float:
    """Return the share of images with equal crops (0:2) or flips (2:3)."""
    return np.mean([one[i][part] == other[i][part] for i in one])


CROP, FLIP = slice(0, 2), slice(2, 3)


def test_pair_jitter_independent_shifts_and_flips_sides_of_a_pair_apart():
    drawn = sampling(pair_jitter="independent")
    a, b = (drawn.draws(3, domain, N, SIDE, N) for domain in (0, 1))
    np.testing.assert_array_equal(a.rows, b.rows)
    assert (a.corners == b.corners).all(axis=1).mean() < 0.05  # 21 x 21 places: 1 in 441 by chance
    assert 0.35 < (a.flips == b.flips).mean() < 0.65
    shifts = a.corners - b.corners
    assert shifts.min() < -15 and shifts.max() > 15
    again = drawn.draws(4, 1, N, SIDE, N)
    assert same(of_images(drawn, 3, 1), of_images(drawn, 4, 1), CROP) < 0.05 and again.rows.tolist() != b.rows.tolist()


def test_pair_jitter_leaves_crops_of_domain_a_unchanged():
    shared, independent = (of_images(sampling(pair_jitter=way), 2, 0) for way in ("shared", "independent"))
    assert shared == independent


@pytest.mark.parametrize("paired", [True, False])
def test_augmentation_once_keeps_crop_and_flip_of_the_first_epoch(paired):
    kept, fresh = sampling(paired, augmentation="once"), sampling(paired)
    for domain in (0, 1):
        first = of_images(fresh, 0, domain)
        assert all(of_images(kept, epoch, domain) == first for epoch in (0, 1, 50))
        assert same(of_images(fresh, 1, domain), first, CROP) < 0.05
    orders = [kept.draws(epoch, 0, N, SIDE, N).rows.tolist() for epoch in (0, 1)]
    assert orders[0] != orders[1]


def test_augmentation_once_holds_when_a_domain_starts_again():
    drawn = sampling(paired=False, augmentation="once").draws(2, 1, N, SIDE, 3 * N)
    assert Counter(drawn.rows.tolist()) == dict.fromkeys(range(N), 3)
    assert len(set(zip(drawn.rows.tolist(), places(drawn), strict=True))) == N


def test_flip_draw_whole_training_flips_all_or_none_of_a_domain():
    coins = []
    for seed in range(200):
        drawn = sampling(seed=seed, pair_jitter="independent", flip_draw="whole_training")
        flips = [
            {bool(drawn.draws(e, domain, N, SIDE, N).flips[i]) for e in (0, 7) for i in (0, 9)} for domain in (0, 1)
        ]
        assert all(len(values) == 1 for values in flips)
        coins.append(tuple(values.pop() for values in flips))
    counts = Counter(coins)
    assert set(counts) == {(a, b) for a in (True, False) for b in (True, False)}
    assert sum((n - 50) ** 2 / 50 for n in counts.values()) < 16.3  # 3 degrees of freedom: once in a thousand


def test_flip_draw_whole_training_is_one_coin_for_shared_pairs():
    for seed in range(20):
        drawn = sampling(seed=seed, flip_draw="whole_training")
        a, b = (drawn.draws(1, domain, N, SIDE, N).flips for domain in (0, 1))
        assert a.tolist() == b.tolist() and len(set(a.tolist())) == 1


def test_flip_draw_whole_training_keeps_the_crops_of_each_image():
    one, other = (of_images(sampling(flip_draw=way), 2, 0) for way in ("each_image", "whole_training"))
    assert same(one, other, CROP) == 1
    assert 0.3 < same(one, other, FLIP) < 0.7


def test_shuffle_buffer_of_525_sees_the_first_1049_photos_only():
    """Report 001: Cézanne to photo, 6287 photos through a buffer as long as the 525 paintings (its code)."""
    seen = set()
    for epoch in range(300):
        rows = sampling(paired=False, shuffle_buffer=525).draws(epoch, 1, 6287, SIDE, 525).rows
        assert len(set(rows.tolist())) == 525
        seen |= set(rows.tolist())
    assert max(seen) <= 1048
    assert len(seen) > 1000


def test_shuffle_buffer_shows_every_image_once_and_no_image_early():
    numbers = np.random.default_rng(0).random(50)
    order = shuffled_in_buffer(numbers, 8)
    assert sorted(order) == list(range(50))
    assert all(step >= image - 7 for step, image in enumerate(order))
    assert order.tolist() != list(range(50))
    assert shuffled_in_buffer(numbers, 1).tolist() == list(range(50))


def test_shuffle_buffer_draws_uniformly_from_what_it_holds():
    """The probability that image 0 is still waiting after k of 4 draws from a buffer of 4 is (3/4)^k."""
    draw = np.random.default_rng(0)
    steps = [shuffled_in_buffer(draw.random(20), 4).tolist().index(0) for _ in range(4000)]
    for k in (1, 2, 4):
        assert np.mean([step >= k for step in steps]) == pytest.approx(0.75**k, abs=0.03)


def test_shuffle_buffer_as_long_as_the_domain_changes_nothing():
    whole, buffered = (sampling(shuffle_buffer=size).draws(1, 0, N, SIDE, N).rows for size in (None, N))
    assert whole.tolist() == buffered.tolist()
