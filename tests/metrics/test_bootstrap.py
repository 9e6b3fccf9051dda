import numpy as np
import pytest

from pixcycle.metrics.bootstrap import MOST, SAMPLES, draws
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.metrics.feature_sets import Features
from pixcycle.metrics.metric import Images
from pixcycle.metrics.registry import resample


def images(n_real: int, n_fake: int, seed: int = 0, paired: bool = False, dimension: int = 3) -> Images:
    generator = np.random.default_rng(n_real + n_fake)
    real, fake = (
        Features.of(generator.normal(size=(n, dimension)), "images", EXTRACTORS["inception-v3"], ["png"])
        for n in (n_real, n_fake)
    )
    pairs = np.zeros((n_fake, 1, 1, 3), np.uint8) if paired else None
    return Images(seed, 3, fake_features=fake, real_features=real, pairs=pairs)


def test_draws_have_as_many_images_as_their_set():
    samples = draws(images(5, 8))
    assert samples.real.shape == (SAMPLES, 5) and (samples.real.sum(axis=1) == 5).all()
    assert samples.fake.shape == (SAMPLES, 8) and (samples.fake.sum(axis=1) == 8).all()


def test_draws_take_an_image_and_its_truth_together_only_if_paired():
    paired, unpaired = (draws(images(8, 8, paired=paired)) for paired in (True, False))
    assert (paired.real == paired.fake).all() and (unpaired.real != unpaired.fake).any()


def test_draws_depend_on_seed_and_number_of_images_alone():
    first, again, other = draws(images(8, 8)), draws(images(8, 8, dimension=5)), draws(images(8, 8, seed=1))
    assert (first.fake == again.fake).all() and (first.real == again.real).all()
    assert (first.fake != other.fake).any()


@pytest.mark.parametrize(("count", "names"), [(1, set()), (2, {"fid", "kid"}), (MOST + 1, set())])
def test_resample_has_scores_of_neither_too_few_nor_too_many_images(count, names):
    scores = resample(images(8, count))
    assert scores.keys() == names and all(np.isfinite(scores[name]).all() for name in names)
