import json
import re

import numpy as np
import pytest
import skimage.data
import torch
from PIL import Image
from torch_fidelity import calculate_metrics
from torch_fidelity.utils import create_feature_extractor, extract_featuresdict_from_input_id

from pixcycle.cli import app as cli
from pixcycle.evaluation.features import extract, load_extractor
from pixcycle.metrics import registry
from pixcycle.metrics.feature_sets import Features
from pixcycle.metrics.fid import fid
from pixcycle.metrics.metric import Images

PHOTOS = [skimage.data.chelsea(), skimage.data.coffee(), skimage.data.astronaut()]


def write(folder, count, seed, suffix=".png", sizes=((64, 64),)):
    """Write crops of three photos, the i-th of sizes[i % len(sizes)], and return them in the order of their names."""
    folder.mkdir()
    generator = np.random.default_rng(seed)
    images = []
    for i in range(count):
        (height, width), photo = sizes[i % len(sizes)], PHOTOS[i % len(PHOTOS)]
        top, left = generator.integers(0, photo.shape[0] - height), generator.integers(0, photo.shape[1] - width)
        images.append(photo[top : top + height, left : left + width])
        Image.fromarray(images[-1]).save(folder / f"{i:03}{suffix}")
    return images


@pytest.fixture
def measure(monkeypatch, capsys):
    """Call `pixcycle metrics`: returns (its output as JSON, None), or (None, its error message)."""

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["pixcycle", "metrics", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capsys.readouterr()
        return (None, err) if stop.value.code == 2 else (json.loads(out), None)

    return call


def test_metrics_command_equals_torch_fidelity(tmp_path, measure, inception_weights, expect_as_published):
    real, fake, weights = tmp_path / "real", tmp_path / "fake", tmp_path / "weights.pth"
    write(real, 9, seed=0)
    write(fake, 7, seed=1)
    torch.save(inception_weights, weights)
    expect_as_published(weights)
    printed, _ = measure(real, fake, "--weights", weights, "--batch-size", 4)

    settings = {
        "input1": str(fake),
        "input2": str(real),
        "feature_extractor": "inception-v3-compat",
        "feature_extractor_weights_path": str(weights),
        "cuda": False,
        "cache": False,
        "verbose": False,
        "save_cpu_ram": True,  # no loader processes
    }
    theirs = calculate_metrics(kid=True, prc=True, kid_subset_size=7, rng_seed=0, **settings)
    assert printed["kid"] == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-4)
    assert (printed["precision"], printed["recall"]) == pytest.approx((theirs["precision"], theirs["recall"]))
    assert 0 < printed["precision"] + printed["recall"] < 2
    network = create_feature_extractor("inception-v3-compat", ["2048"], **settings)
    features = [extract_featuresdict_from_input_id(i, network, **settings)["2048"].numpy() for i in (2, 1)]
    assert printed["fid"] == pytest.approx(fid(*features), rel=1e-5)  # theirs takes half a minute
    assert (printed["n_real"], printed["n_fake"]) == (9, 7)
    assert printed["file_types"] == {"real": ["png"], "generated": ["png"]}
    assert (printed["extractor"], printed["comparable"]) == ("inception-v3", True)


def test_metrics_command_resizes_each_image_to_extractor_input(tmp_path, measure):
    real = write(tmp_path / "real", 9, seed=0, sizes=((64, 64), (64, 64), (80, 48), (100, 100)))
    fake = write(tmp_path / "fake", 6, seed=1, sizes=((64, 64), (32, 50)))
    printed, _ = measure(tmp_path / "real", tmp_path / "fake", "--extractor", "efficientnet-lite0", "--batch-size", 4)
    lite = load_extractor("efficientnet-lite0", None)
    vectors = [np.concatenate([extract(lite, image[None]) for image in images]) for images in (real, fake)]
    sets = [Features.of(array, "", lite.spec, ["png"]) for array in vectors]
    expected = registry.measure(Images(0, 3, real_features=sets[0], fake_features=sets[1]))
    assert {name: printed[name] for name in expected} == pytest.approx(expected, rel=1e-3)
    assert "bicubic" in printed["resize"] and not printed["comparable"]


def test_metrics_command_measures_subfolders_that_translate_writes(tmp_path, measure):
    for seed, name in enumerate(("real", "fake")):
        write(tmp_path / name, 8, seed)
    lite = "--extractor", "efficientnet-lite0"
    flat, _ = measure(tmp_path / "real", tmp_path / "fake", *lite)
    below = tmp_path / "fake/trip/day 2.png"
    below.mkdir(parents=True)
    (tmp_path / "linked").mkdir()
    (tmp_path / "fake/trip/linked").symlink_to(tmp_path / "linked")
    (tmp_path / "fake/trip/circle").symlink_to(tmp_path / "fake")
    (tmp_path / "fake/.hidden").mkdir()
    (tmp_path / "fake/.hidden/0.png").write_bytes(b"no image")
    for i in range(4, 8):
        (tmp_path / f"fake/00{i}.png").rename((below if i < 6 else tmp_path / "linked") / f"{i}.png")
    nested, _ = measure(tmp_path / "real", tmp_path / "fake", *lite)
    assert nested["n_fake"] == 8
    assert {name: nested[name] for name in ("fid", "precision", "recall")} == pytest.approx(
        {name: flat[name] for name in ("fid", "precision", "recall")}
    )
    (below / "broken.png").write_bytes(b"no image")
    assert f"{below}/broken.png" in measure(tmp_path / "real", tmp_path / "fake", *lite)[1]


def test_metrics_command_refuses_mixed_file_types_without_option(tmp_path, measure):
    write(tmp_path / "real", 4, seed=0)
    write(tmp_path / "fake", 4, seed=1, suffix=".jpg")
    folders = tmp_path / "real", tmp_path / "fake", "--extractor", "efficientnet-lite0"
    _, error = measure(*folders)
    assert f"{tmp_path}/real/003.png is a png" in error and f"{tmp_path}/fake/003.jpg" in error
    assert "--mixed-file-types" in error and error.count("\n") == 1
    printed, _ = measure(*folders, "--mixed-file-types")
    assert printed["file_types"] == {"real": ["png"], "generated": ["jpeg"]}


def test_metrics_command_detects_jpeg_named_png(tmp_path, measure):
    write(tmp_path / "real", 4, seed=0)
    write(tmp_path / "fake", 4, seed=1, suffix=".jpg")
    for path in (tmp_path / "fake").iterdir():
        path.rename(path.with_suffix(".png"))
    _, error = measure(tmp_path / "real", tmp_path / "fake")
    assert f"{tmp_path}/fake/003.png a jpeg" in error


def test_metrics_command_names_unusable_folder_or_file_in_one_line(tmp_path, measure):
    real, few = tmp_path / "real", tmp_path / "few"
    write(real, 4, seed=0)
    write(few, 3, seed=1)
    (few / "notes.txt").write_text("no image")
    lite = "--extractor", "efficientnet-lite0"
    assert re.fullmatch(rf"pixcycle: {few} .* 3 .* at least 4 .*\n", measure(real, few, *lite)[1])
    assert measure(tmp_path / "none", real, *lite)[1] == f"pixcycle: {tmp_path / 'none'}: no such folder\n"
    (few / "003.png").write_bytes(b"<html>404</html>")
    assert f"generated: cannot read the image {few}/003.png" in measure(real, few, *lite)[1]
    whole = (real / "000.png").read_bytes()
    (few / "003.png").write_bytes(whole[: len(whole) // 2])
    assert f"generated: cannot read the image {few}/003.png" in measure(real, few, *lite)[1]
    without_weights = measure(real, real)[1]
    assert "its weights file is missing" in without_weights and "--extractor efficientnet-lite0" in without_weights
