import numpy as np
import pytest

from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.metrics.feature_sets import Features
from pixcycle.metrics.metric import Images
from pixcycle.metrics.registry import left_out, measure


def features(vectors: np.ndarray) -> Features:
    return Features.of(vectors, "images", EXTRACTORS["inception-v3"], ["png"])


def evaluate(fakes, real_features, fake_features, truth, seed, k):
    return measure(Images(seed, k, fakes, fake_features, real_features, truth))


GENERATOR = np.random.default_rng(0)
VECTORS = GENERATOR.normal(size=(7, 5))
REAL_FEATURES = features(VECTORS)
FAKE_FEATURES = features(np.concatenate([VECTORS, VECTORS + 1000.0]))
IMAGES = GENERATOR.integers(0, 205, (14, 16, 16, 3), dtype=np.uint8)


def test_measure_paired_task_gives_all_metrics_and_image_counts():
    values = evaluate(IMAGES, REAL_FEATURES, FAKE_FEATURES, IMAGES + np.uint8(51), seed=0, k=3)
    assert (values["n_real"], values["n_fake"]) == (7, 14)
    assert values["precision"] == 0.5  # half the generated features lie far away
    assert values["recall"] == 1.0
    assert values["fid"] > 500.0**2 * 5  # the means are 500 apart in each of 5 dimensions
    assert values["kid"] > 0 and values["kid_std"] > 0
    assert values["l1"] == pytest.approx(0.2)
    assert values["psnr"] == pytest.approx(20 * np.log10(5))
    assert 0 < values["ssim"] < 1


def test_measure_unpaired_task_lacks_only_pixel_metrics():
    paired = evaluate(IMAGES, REAL_FEATURES, FAKE_FEATURES, IMAGES, seed=0, k=3)
    unpaired = evaluate(IMAGES, REAL_FEATURES, FAKE_FEATURES, None, seed=0, k=3)
    pixels = ("l1", "psnr", "ssim")
    assert all(unpaired[name] is None for name in pixels)
    assert {n: v for n, v in unpaired.items() if n not in pixels} == {
        n: v for n, v in paired.items() if n not in pixels
    }


def test_measure_seed_changes_only_kid():
    first, second = (evaluate(IMAGES, REAL_FEATURES, FAKE_FEATURES, IMAGES, seed, k=3) for seed in (0, 1))
    assert {name for name in first if first[name] != second[name]} == {"kid", "kid_std"}


def test_measure_neighbours_change_only_precision_and_recall():
    generator = np.random.default_rng(1)
    real, fake = features(generator.normal(size=(14, 3))), features(generator.normal(1.0, 1.0, size=(14, 3)))
    narrow, wide = (evaluate(IMAGES, real, fake, None, seed=0, k=k) for k in (1, 6))
    assert narrow["precision"] < wide["precision"] and narrow["recall"] < wide["recall"]
    assert {name for name in narrow if narrow[name] != wide[name]} == {"precision", "recall"}


def test_measure_refuses_features_of_another_number_of_images():
    with pytest.raises(ValueError, match="14 generated images, but features of 7"):
        evaluate(IMAGES, FAKE_FEATURES, REAL_FEATURES, None, seed=0, k=3)


@pytest.mark.parametrize(("count", "lacking"), [(1, ["fid", "kid", "precision"]), (3, ["precision"]), (4, [])])
def test_measure_leaves_out_metrics_that_need_more_images(count, lacking):
    few = features(VECTORS[:count])
    images = Images(0, 3, IMAGES[:count], few, few, IMAGES[:count])
    values = measure(images)
    assert values["l1"] == 0 and [name for name in ("fid", "kid", "precision") if name not in values] == lacking
    assert len(left_out(images)) == len(lacking)
    assert not lacking or left_out(images)[-1] == "Precision and Recall (at least 4 images per set)"
