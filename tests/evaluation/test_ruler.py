"""The ruler of report 000: JPEG files, the first images by name, and both distances."""

import io

import numpy as np
import pytest
import skimage.data
import torch
from PIL import Image
from scipy.linalg import sqrtm

from pixcycle.evaluation import ruler
from pixcycle.evaluation.features import Extractor
from pixcycle.evaluation.ruler import as_jpeg, measure_test_images, measure_with
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.metrics.rulers import RULERS

UCSD = RULERS["ucsd"]


class Means(torch.nn.Module):
    """The mean of each quarter of an image, (N, 12)."""

    def forward(self, images):
        return torch.nn.functional.adaptive_avg_pool2d(images.float(), 2).flatten(1)


NETWORK = Extractor(EXTRACTORS["efficientnet-lite0"], Means())


def noise(n, seed, side=16):
    return np.random.default_rng(seed).integers(0, 256, (n, side, side, 3), dtype=np.uint8)


def test_stretched_maps_each_image_to_its_own_full_range_and_cuts():
    photo = skimage.data.chelsea()[:128, :128]
    dim = (photo // 4 + 40).astype(np.uint8)  # 40 to about 100
    exact = (dim.astype(float) - dim.min()) / (int(dim.max()) - int(dim.min())) * 255
    stretched = ruler._stretched(dim).astype(int)
    assert (stretched.min(), stretched.max()) == (0, 255)
    away = np.abs(exact - np.round(exact)) > 0.01  # where float32 cannot decide the cut
    assert away.mean() > 0.3
    np.testing.assert_array_equal(stretched[away], np.floor(exact[away]))
    assert np.isin(np.round(exact[~away]) - stretched[~away], (0, 1)).all()
    assert not ruler._stretched(np.full((4, 4, 3), 77, np.uint8)).any()


def test_as_jpeg_has_the_tables_and_subsampling_of_keras_save_img(monkeypatch):
    written = []
    save = Image.Image.save

    def spy(image, file, *args, **settings):
        save(image, file, *args, **settings)
        written.append(Image.open(io.BytesIO(file.getvalue())))

    monkeypatch.setattr(Image.Image, "save", spy)
    image = skimage.data.astronaut()[:256, :256]
    (read,) = as_jpeg(image[None])
    (file,) = written
    default = io.BytesIO()
    save(Image.fromarray(image), default, "JPEG")  # as Keras calls Pillow: without any setting
    plain = Image.open(default)
    assert file.quantization == plain.quantization and file.layer == plain.layer
    assert [component[1:3] for component in file.layer] == [(2, 2), (1, 1), (1, 1)]  # 4:2:0
    assert 0.5 < np.abs(read.astype(int) - image).mean() < 8


def test_measure_with_gives_fid_with_n_minus_1_and_real_part_of_the_root():
    real, fake = noise(40, 0), noise(30, 1) // 2
    ruled = measure_with(UCSD, NETWORK, real, fake)
    x, y = (Means()(torch.from_numpy(images).permute(0, 3, 1, 2)).double().numpy() for images in (real, fake))
    cx, cy = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    expected = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(cx + cy - 2 * sqrtm(cx @ cy).real)
    assert ruled.fid == pytest.approx(expected, rel=1e-6)


def test_measure_with_counts_the_border_of_spheres_as_inside():
    side = np.zeros((6, 16, 16, 3), np.uint8)
    side += np.array([0, 10, 20, 30, 40, 60], np.uint8)[:, None, None, None]
    # the third neighbour of 60 is 20, of 40 is 10: 100 lies on the border of the sphere around 60
    fake = np.full((4, 16, 16, 3), 100, np.uint8)
    assert measure_with(UCSD, NETWORK, side, fake).precision == 1
    assert measure_with(UCSD, NETWORK, side, fake + 1).precision == 0


def test_measure_test_images_takes_the_first_256_and_fewer_if_there_are_fewer():
    real, fake = noise(300, 0, side=8), noise(280, 1, side=8)
    ruled = measure_test_images(UCSD, NETWORK, real, fake, "cpu")
    assert (ruled.n_real, ruled.n_fake, ruled.size) == (256, 256, 8)
    assert ruled == measure_with(UCSD, NETWORK, as_jpeg(real[:256]), as_jpeg(fake[:256]))
    few = measure_test_images(UCSD, NETWORK, real[:3], fake[:3], "cpu")
    assert few.fid is not None and (few.precision, few.recall) == (None, None)
    assert measure_test_images(UCSD, NETWORK, real[:1], fake[:1], "cpu").fid is None


@pytest.mark.parametrize(
    ("available", "evaluated"), [(106, 96), (206, 192), (120, 112), (500, 256), (1098, 256), (9, 0)]
)
def test_evaluated_is_what_the_code_of_report_000_would_generate(available, evaluated):
    assert UCSD.evaluated(available) == evaluated
