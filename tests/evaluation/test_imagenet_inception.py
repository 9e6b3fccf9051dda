"""Keras' InceptionV3: its weights from files of both kinds, its layers, its pools and its two kinds of input."""

import hashlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import functional
from torchvision.models import inception, inception_v3

from pixcycle.base.errors import UserError
from pixcycle.data.fetch.locations import fetch_file
from pixcycle.evaluation import imagenet_inception
from pixcycle.evaluation.features import Extractor, extract, load_extractor
from pixcycle.evaluation.imagenet_inception import AtOwnSize, WeightsFile, keras_weights
from pixcycle.evaluation.ruler import measure_with
from pixcycle.evaluation.run import ruler_network
from pixcycle.metrics.extractors import EXTRACTORS, IMAGENET
from pixcycle.metrics.fid import fid
from pixcycle.metrics.precision_recall import precision_recall
from pixcycle.metrics.rulers import RULERS
from pixcycle.params.dataset import Source
from tests.support.servers import served

h5py = pytest.importorskip("h5py")

STEM = [(32, 3, 3), (32, 3, 3), (64, 3, 3), (80, 1, 1), (192, 3, 3)]
CREATED = [
    *STEM,
    *[
        c
        for n in (32, 64, 64)
        for c in ((64, 1, 1), (48, 1, 1), (64, 5, 5), (64, 1, 1), (96, 3, 3), (96, 3, 3), (n, 1, 1))
    ],
    *[(384, 3, 3), (64, 1, 1), (96, 3, 3), (96, 3, 3)],
    *[
        c
        for n in (128, 160, 160, 192)
        for c in (
            *[(192, 1, 1), (n, 1, 1), (n, 1, 7), (192, 7, 1)],
            *[(n, 1, 1), (n, 7, 1), (n, 1, 7), (n, 7, 1), (192, 1, 7), (192, 1, 1)],
        )
    ],
    *[(192, 1, 1), (320, 3, 3), (192, 1, 1), (192, 1, 7), (192, 7, 1), (192, 3, 3)],
    *2
    * [
        *[(320, 1, 1), (384, 1, 1), (384, 1, 3), (384, 3, 1)],
        *[(448, 1, 1), (384, 3, 3), (384, 1, 3), (384, 3, 1), (192, 1, 1)],
    ],
]
"""(filters, rows, columns) of each `conv2d_bn` of keras/applications/inception_v3.py, in the order of the source."""


@pytest.fixture(scope="module")
def weights(inception_weights):
    """Random weights by torchvision's names, without classifier; gains are 1, as Keras' batch norms have none."""
    kept = {name: value for name, value in inception_weights.items() if not name.startswith("fc.")}
    return {name: torch.ones_like(value) if name.endswith("bn.weight") else value for name, value in kept.items()}


@pytest.fixture(scope="module")
def keras_file(weights, tmp_path_factory):
    """The same weights in the layout of Keras' file, whose layers are stored by the letters of their names."""
    path = tmp_path_factory.mktemp("keras") / IMAGENET.weights_file
    names = [name.removesuffix(".conv.weight") for name in weights if name.endswith(".conv.weight")]
    with h5py.File(path, "w") as file:
        for i, name in enumerate(names, start=1):
            kernel = weights[f"{name}.conv.weight"].permute(2, 3, 1, 0).numpy()
            norm = {"beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}
            arrays = {k: weights[f"{name}.bn.{v}"].numpy() for k, v in norm.items()}
            file.create_group(f"activation_{i}")
            file[f"conv2d_{i}/conv2d_{i}/kernel:0"] = kernel
            for key, value in arrays.items():
                file[f"batch_normalization_{i}/batch_normalization_{i}/{key}:0"] = value
    return path


@pytest.fixture
def publish(monkeypatch):
    """Make a file of the tests pass for Keras' own."""

    def call(path):
        known = WeightsFile("Keras' own file", path.name, "md5", hashlib.md5(path.read_bytes()).hexdigest())
        monkeypatch.setattr(imagenet_inception, "FILES", (known,))

    return call


def test_torchvision_convolutions_are_in_the_order_of_keras_source(weights):
    kernels = [value for name, value in weights.items() if name.endswith("conv.weight")]
    assert [(k.shape[0], *k.shape[2:]) for k in kernels] == CREATED
    assert len(CREATED) == 94


def test_keras_weights_returns_what_the_hdf5_file_was_written_from(keras_file, weights):
    read = keras_weights(keras_file)
    assert read.keys() == weights.keys()
    assert all(torch.equal(read[name], weights[name]) for name in weights)


def test_keras_weights_refuses_a_file_with_other_layers(tmp_path):
    with h5py.File(tmp_path / "vgg.h5", "w") as file:
        file["conv2d_1/kernel:0"] = np.zeros((3, 3, 3, 8))
    with pytest.raises(UserError, match="has 1 conv2d and 0 batch_normalization layers, not 94 of each"):
        keras_weights(tmp_path / "vgg.h5")


def images(size):
    return np.random.default_rng(0).integers(0, 256, (2, size, size, 3), dtype=np.uint8)


def reference(weights, inputs, monkeypatch):
    """Features by torchvision's own forward pass, in which an average pool leaves the border out."""
    network = inception_v3(weights=None, init_weights=False, aux_logits=False, transform_input=False)
    network.fc = torch.nn.Identity()
    network.load_state_dict(weights)
    pools = []

    def without_border(x, **settings):
        pools.append(settings)
        return functional.avg_pool2d(x, **settings, count_include_pad=False)

    known = {name: getattr(functional, name) for name in ("relu", "max_pool2d")}
    monkeypatch.setattr(inception, "F", SimpleNamespace(avg_pool2d=without_border, **known))
    with torch.inference_mode():
        features = network.eval()(inputs).numpy()
    monkeypatch.undo()
    assert len(pools) == 9
    return features


def test_imagenet_inception_equals_torchvision_with_keras_pools(keras_file, weights, publish, monkeypatch):
    publish(keras_file)
    network = load_extractor(IMAGENET.name, keras_file)
    ours = extract(network, images(64))
    rows = torch.tensor([int((i + 0.5) * 64 / 299) for i in range(299)])  # nearest by pixel centres
    enlarged = torch.from_numpy(images(64)).permute(0, 3, 1, 2).float()[:, :, rows][:, :, :, rows]
    expected = reference(weights, enlarged / 127.5 - 1, monkeypatch)
    assert ours.shape == (2, 2048)
    np.testing.assert_allclose(ours, expected, atol=1e-4 * expected.std())
    network_with_border = inception_v3(weights=None, init_weights=False, aux_logits=False).eval()
    network_with_border.fc = torch.nn.Identity()
    network_with_border.load_state_dict(weights)
    with torch.inference_mode():
        other = network_with_border(enlarged / 127.5 - 1).numpy()
    assert np.abs(other - expected).max() > 0.01 * expected.std()


def test_at_own_size_gives_images_in_0_to_1_to_the_same_network(keras_file, weights, publish, monkeypatch):
    publish(keras_file)
    network = load_extractor(IMAGENET.name, keras_file).network
    inputs = torch.from_numpy(images(96)).permute(0, 3, 1, 2)
    with torch.inference_mode():
        ours = AtOwnSize(network).eval()(inputs).numpy()
    expected = reference(weights, inputs.float() / 255, monkeypatch)
    np.testing.assert_allclose(ours, expected, atol=1e-4 * expected.std())


def test_load_extractor_reads_timm_port_and_names_the_file(weights, inception_weights, tmp_path, monkeypatch):
    path = tmp_path / "tf_inception_v3.pth"
    classifier = {name: value for name, value in inception_weights.items() if name.startswith("fc.")}
    torch.save(weights | classifier, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(imagenet_inception, "FILES", (WeightsFile("timm's port", path.name, "sha256", digest[:8]),))
    loaded = load_extractor(IMAGENET.name, path)
    assert (loaded.spec.weights_file, loaded.spec.weights_sha256) == (path.name, digest)
    assert loaded.spec.label == f"{IMAGENET.label}, timm's port"
    assert torch.equal(loaded.network.inception.Conv2d_1a_3x3.conv.weight, weights["Conv2d_1a_3x3.conv.weight"])


def test_load_extractor_refuses_other_imagenet_weights(tmp_path, keras_file):
    with pytest.raises(UserError, match=r"is not inception_v3_weights_.*md5 bcbd.* or tf_inception_v3-e0069de4.pth"):
        load_extractor(IMAGENET.name, keras_file)
    with pytest.raises(UserError, match="weights file is missing"):
        load_extractor(IMAGENET.name, tmp_path / "none.h5")


def test_ruler_network_is_fetched_by_md5_from_a_server_and_named(keras_file, publish, tmp_path, capsys):
    publish(keras_file)
    out, md5 = tmp_path / "weights.pth", hashlib.md5(keras_file.read_bytes()).hexdigest()
    with served(keras_file.parent) as address:
        source = Source(locations=[f"{address}/{keras_file.name}"], md5=md5)
        fetch_file("ruler", source, out, mirror=None, recorded=tmp_path / "recorded.json", progress=False)
    chosen = Extractor(EXTRACTORS["efficientnet-lite0"], torch.nn.Identity())
    network = ruler_network(IMAGENET.name, chosen, out)
    assert network.spec.weights_sha256 == hashlib.sha256(keras_file.read_bytes()).hexdigest()
    assert capsys.readouterr().out == f"ruler: {IMAGENET.label}, Keras' own file ({IMAGENET.weights_file})\n"
    assert ruler_network("efficientnet-lite0", chosen, None) is chosen


def test_measure_with_keras_network_reads_precision_at_own_size(keras_file, publish):
    publish(keras_file)
    network = load_extractor(IMAGENET.name, keras_file)
    real, fake = (np.random.default_rng(seed).integers(0, 256, (5, 80, 80, 3), dtype=np.uint8) for seed in (0, 1))
    ruled = measure_with(RULERS["ucsd"], network, real, fake)
    own_size = Extractor(network.spec, AtOwnSize(network.network).eval())
    at_299, at_own = ([extract(n, images) for images in (real, fake)] for n in (network, own_size))
    assert (ruled.fid, (ruled.precision, ruled.recall)) == (fid(*at_299), precision_recall(*at_own, 3))
    assert (ruled.extractor, ruled.weights_file, ruled.size) == (IMAGENET.name, keras_file.name, 80)
