import hashlib
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import torch
from PIL import Image
from torch_fidelity import FeatureExtractorInceptionV3, feature_extractor_inceptionv3
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

from pixcycle.base.errors import UserError
from pixcycle.evaluation.features import InceptionFeatures, extract, load_extractor
from pixcycle.metrics.extractors import EXTRACTORS


@pytest.fixture(scope="module")
def lite():
    return load_extractor("efficientnet-lite0", None)


@pytest.fixture
def no_download(monkeypatch):
    def download(*args, **kwargs):
        raise AssertionError("torch-fidelity tried to download its weights")

    monkeypatch.setattr(feature_extractor_inceptionv3, "load_state_dict_from_url", download)


def photos(size: int) -> np.ndarray:
    images = [skimage.data.chelsea()[:, 75:375], skimage.data.coffee()[:, 100:500]]
    return np.stack([np.asarray(Image.fromarray(image).resize((size, size))) for image in images])


def test_extractors_name_weights_by_checksum_and_inception_is_comparable():
    for name, spec in EXTRACTORS.items():
        assert spec.name == name
        assert spec.weights_sha256[:8] in spec.weights_file
    assert [name for name, spec in EXTRACTORS.items() if spec.comparable] == ["inception-v3"]
    assert "not comparable" in EXTRACTORS["efficientnet-lite0"].label


def test_extractors_are_imported_without_torch():
    program = "import sys, pixcycle.metrics.extractors; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_efficientnet_lite0_recognises_cat_and_coffee(lite):
    head = lite.network.efficientnet._fc
    logits = torch.from_numpy(extract(lite, photos(256))) @ head.weight.T + head.bias
    cat, coffee = logits.argmax(dim=1).tolist()
    assert cat in (281, 282, 285)  # ImageNet: tabby, tiger cat, Egyptian cat
    assert coffee in (967, 968)  # espresso, cup


def test_efficientnet_lite0_preprocess_resizes_like_pillow(lite):
    # Enlarged black and white stripes overshoot both ends of the scale; a reduced photo needs antialiasing.
    stripes = 255 * np.random.default_rng(0).integers(0, 2, (64, 1, 3), dtype=np.uint8)
    for image in (photos(300)[0], np.repeat(stripes, 64, axis=1)):
        resized = Image.fromarray(image).resize((224, 224), Image.Resampling.BICUBIC)
        expected = (np.asarray(resized, np.float32) - 127) / 128
        ours = lite.network.preprocess(torch.from_numpy(image).permute(2, 0, 1)[None])
        assert np.abs(ours[0].permute(1, 2, 0).numpy() - expected).max() < 1.5 / 128


def test_extract_does_not_depend_on_batch_size_or_run(lite):
    images = np.concatenate([photos(64), 255 - photos(64), photos(64)[:, ::-1]])
    together, in_pairs = extract(lite, images), extract(lite, images, batch_size=2)
    assert together.shape == (6, lite.spec.dimension)
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, in_pairs, atol=1e-4)
    again = extract(load_extractor("efficientnet-lite0", None), images)
    np.testing.assert_array_equal(together, again)


def test_extract_reads_memory_mapped_images(lite, tmp_path):
    np.save(tmp_path / "images.npy", photos(32))
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    np.testing.assert_array_equal(extract(lite, mapped), extract(lite, photos(32)))


def test_load_extractor_and_extract_print_and_warn_nothing(capfd, recwarn):
    extract(load_extractor("efficientnet-lite0", None), photos(32))
    assert tuple(capfd.readouterr()) == ("", "")
    assert len(recwarn) == 0


def test_extract_refuses_images_of_other_shape_or_type(lite):
    for images in (photos(32) / 255, photos(32)[0], photos(32)[..., :1], photos(32)[:0]):
        with pytest.raises(ValueError, match=r"\(N, H, W, 3\) uint8"):
            extract(lite, images)


@pytest.mark.parametrize("layout", ["zip", "old", "without counters"])
def test_inception_features_equal_torch_fidelity_for_both_weights_files(
    layout, inception_weights, tmp_path, expect_as_published, no_download
):
    """The file of 2019 has torch's old layout; torch-fidelity's converter writes no batch counters."""
    weights = inception_weights
    if layout == "without counters":
        weights = {name: value for name, value in weights.items() if "num_batches_tracked" not in name}
    path = tmp_path / "weights.pth"
    torch.save(weights, path, _use_new_zipfile_serialization=layout != "old")
    expect_as_published(path)
    images = photos(64)
    ours = extract(load_extractor("inception-v3", path), images)
    reference = FeatureExtractorInceptionV3("reference", ["2048"], feature_extractor_weights_path=str(path))
    assert ours.shape == (2, 2048)
    expected = reference(torch.from_numpy(images).permute(0, 3, 1, 2))[0].numpy()
    np.testing.assert_allclose(ours, expected, atol=1e-5 * expected.std())
    assert np.abs(expected[0] - expected[1]).max() > 0.1 * expected.std()


def test_inception_preprocess_resizes_like_torch_fidelity(inception_weights):
    network = InceptionFeatures(inception_weights)
    for size in ((32, 32), (299, 299), (256, 512), (600, 301)):
        images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, *size), dtype=np.uint8))
        expected = interpolate_bilinear_2d_like_tensorflow1x(images.float(), (299, 299), align_corners=False)
        assert (128 * network.preprocess(images) + 128 - expected).abs().max() < 1e-4  # of 255


def test_load_extractor_without_weights_names_file_source_and_stand_in(tmp_path, no_download):
    place = tmp_path / "weights.pth"
    with pytest.raises(UserError) as error:
        load_extractor("inception-v3", place)
    for part in (
        "pt_inception-2015-12-05-6726825d.pth",
        "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/",
        f"put it at {place}",
        "--extractor efficientnet-lite0",
        "not comparable",
    ):
        assert part in str(error.value)
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="no path given"):
        load_extractor("inception-v3", None)


def test_load_extractor_refuses_other_checksum_before_reading(tmp_path, no_download):
    path = tmp_path / "pt_inception-2015-12-05-6726825d.pth"
    path.write_bytes(b"<html>404</html>")
    digest = hashlib.sha256(b"<html>404</html>").hexdigest()[:8]
    with pytest.raises(UserError, match=f"sha256 is {digest}.*not 6726825d"):
        load_extractor("inception-v3", path)


def test_load_extractor_does_not_run_code_in_weights(tmp_path, expect_as_published):
    witness = tmp_path / "witness"

    class Attack:
        def __reduce__(self):
            return Path.touch, (witness,)

    path = tmp_path / "weights.pth"
    torch.save({"fc.weight": Attack()}, path)
    expect_as_published(path)
    with pytest.raises(pickle.UnpicklingError):
        load_extractor("inception-v3", path)
    assert not witness.exists()


def test_load_extractor_lists_extractors_for_unknown_name():
    with pytest.raises(UserError, match=r"'vgg16' .* inception-v3, efficientnet-lite0"):
        load_extractor("vgg16", None)
