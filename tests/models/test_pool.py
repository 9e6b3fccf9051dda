import io

import pytest
import torch

from pixcycle.models.pool import ImagePool


def numbered(*numbers):
    """Return a batch of images, each filled with its number."""
    return torch.tensor(numbers, dtype=torch.float32)[:, None, None, None].expand(-1, 3, 2, 2)


def numbers(images):
    return [int(image[0, 0, 0]) for image in images]


def test_pool_of_size_zero_returns_its_input_without_gradient():
    batch = torch.rand(4, 3, 2, 2, requires_grad=True)
    returned = ImagePool(0, seed=0).query(batch)
    assert torch.equal(returned, batch)
    assert not returned.requires_grad


def test_pool_returns_its_input_until_it_is_full():
    pool = ImagePool(5, seed=0)
    assert numbers(pool.query(numbered(0, 1, 2))) == [0, 1, 2]
    assert numbers(pool.query(numbered(3, 4))) == [3, 4]
    assert numbers(pool.images) == [0, 1, 2, 3, 4]


def test_pool_swap_returns_a_stored_image_and_keeps_the_new_one():
    pool = ImagePool(5, seed=0)
    for start in range(0, 100, 2):
        before = set(numbers(pool.images))
        batch = {start, start + 1}
        returned = set(numbers(pool.query(numbered(start, start + 1))))
        kept = set(numbers(pool.images))
        if len(before) + len(batch) <= 5:
            assert returned == batch and kept == before | batch
        elif len(before) == 5:
            assert len(returned) == 2 and returned <= before | batch
            assert len(kept) == 5 and kept == (before | batch) - returned


def test_pool_delays_half_of_the_images_by_two_pool_sizes_on_average():
    """A later image replaces a stored one with probability 1 / (2 * size), so that its delay is geometric."""
    size, n = 10, 20_000
    pool = ImagePool(size, seed=1)
    delays = [i - numbers(pool.query(numbered(i)))[0] for i in range(n)][size:]
    late = torch.tensor([x for x in delays if x > 0], dtype=torch.float64)
    assert abs(len(late) / len(delays) - 1 / 2) < 4 * 0.5 / n**0.5
    # The standard deviation of this geometric distribution is sqrt(1 - p) / p with p = 1 / (2 * size).
    assert abs(late.mean() - 2 * size) < 4 * 2 * size / len(late) ** 0.5


def test_pool_image_is_unchanged_when_its_batch_is_overwritten():
    pool = ImagePool(1, seed=0)
    batch = numbered(7).clone()
    pool.query(batch)
    batch.zero_()
    assert numbers(pool.images) == [7]


def test_pool_keeps_no_gradient():
    pool = ImagePool(2, seed=0)
    assert not pool.query(torch.rand(4, 3, 2, 2, requires_grad=True)).requires_grad
    assert not any(image.requires_grad for image in pool.images)


def run(pool, start, stop):
    return torch.stack([pool.query(numbered(i, i + 1)) for i in range(start, stop, 2)])


def test_resumed_pool_equals_undisturbed_pool():
    undisturbed = ImagePool(6, seed=3)
    run(undisturbed, 0, 40)
    saved = io.BytesIO()
    state = undisturbed.state_dict()
    expected = run(undisturbed, 40, 200)

    torch.save(state, saved)  # saved only now: the queries above must not have changed the state
    saved.seek(0)
    resumed = ImagePool(6, seed=99)
    resumed.load_state_dict(torch.load(saved, weights_only=True))
    assert torch.equal(run(resumed, 40, 200), expected)


@pytest.mark.parametrize(("seed", "same"), [(1, True), (2, False)])
def test_pool_draws_depend_on_its_own_seed_only(seed, same):
    torch.manual_seed(0)
    first = run(ImagePool(6, seed=1), 0, 100)
    torch.manual_seed(1)
    assert torch.equal(run(ImagePool(6, seed=seed), 0, 100), first) is same
