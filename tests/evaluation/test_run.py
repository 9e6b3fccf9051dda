"""Features of real images and metrics of a run, on tiny data, also after people or disks changed the files."""

import json
import re
import shutil
from contextlib import suppress

import numpy as np
import pytest
import torch
from PIL import Image

from pixcycle.base.errors import UserError
from pixcycle.evaluation import run
from pixcycle.evaluation.features import Extractor, extract
from pixcycle.evaluation.ruler import as_jpeg
from pixcycle.metrics.bootstrap import SAMPLES
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.metrics.feature_sets import Features
from pixcycle.metrics.fid import fid
from pixcycle.params.load import load_params
from pixcycle.records.metrics import Measured
from pixcycle.records.run import weights_file
from tests.conftest import tiny_experiment, tiny_run
from tests.support.edited import edited_json
from tests.support.results import ROOT


class Projection(torch.nn.Module):
    """An extractor that takes no time: a random projection of the pixels."""

    def forward(self, images):
        pixels = images.float().flatten(1)
        return pixels @ torch.randn(pixels.shape[1], 1280, generator=torch.Generator().manual_seed(0)) / 1000


LITE = Extractor(EXTRACTORS["efficientnet-lite0"], Projection())
RUN = tiny_run(tiny_experiment())


@pytest.fixture
def project(prepared, tmp_path, monkeypatch):
    """A folder with prepared data, features of its test images, and translations (B to A) that equal their inputs."""
    monkeypatch.setattr(run, "load_extractor", lambda name, weights: LITE)
    with edited_json(prepared / "manifest.json") as manifest:
        for domain, file_types in (("A", ["jpeg"]), ("B", ["jpeg", "png"])):
            manifest["splits"]["test"][domain] |= {"sha256": domain * 64, "file_types": file_types}
    run.real_features("efficientnet-lite0", None, prepared, tmp_path / "features")
    inputs = np.load(prepared / "test_B.npy")
    for name, image in zip(manifest["splits"]["test"]["B"]["names"], inputs, strict=True):
        path = tmp_path / "translated/fake_A" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    weights = weights_file(tmp_path / "run")
    weights.parent.mkdir()
    weights.write_bytes(b"weights")
    return tmp_path


@pytest.fixture(scope="module")
def params():
    loaded = load_params(ROOT / "params.yaml")
    return loaded.model_copy(update={"datasets": loaded.datasets | {"tiny": loaded.datasets["horse2zebra"]}})


@pytest.fixture
def measure(project, params):
    """Evaluate the run: returns its metrics file, or the one-line error if there is none."""

    def call():
        out = project / "metrics.json"
        folders = (project / "run", project / "translated", project / "prepared", project / "features")
        try:
            run.evaluate_run(RUN, params, *folders, out, None, None, {})
        except UserError as error:
            assert "\n" not in str(error) and not out.exists()
            return str(error)
        return json.loads(out.read_text())

    return call


def test_evaluate_run_records_extractor_and_file_types(measure):
    written = measure()
    assert written["file_types"] == {"generated": ["png"], "A": ["jpeg"]}
    assert (written["extractor"], written["metrics"]["b_to_a"]["n_fake"]) == ("efficientnet-lite0", 6)
    # B is the negative of A, in 4x4 blocks of one colour.
    assert written["metrics"]["b_to_a"]["l1"] == pytest.approx(np.mean(written["images"]["b_to_a"]["l1"]))


def test_evaluate_run_records_fid_and_kid_of_bootstrap_samples(measure):
    written = measure()
    scores, samples = written["metrics"]["b_to_a"], written["resampled"]["b_to_a"]
    assert samples.keys() == {"fid", "kid"} and {len(values) for values in samples.values()} == {SAMPLES}
    assert min(samples["kid"]) < scores["kid"] < max(samples["kid"])
    assert np.std(samples["fid"]) > 0


def test_evaluate_run_records_what_the_ruler_reads_in_the_scored_direction(measure, project, monkeypatch):
    assert measure()["ruled"] is None
    ruled_run = RUN.model_copy(update={"ruler": "ucsd", "ruler_extractor": "efficientnet-lite0"})
    monkeypatch.setitem(globals(), "RUN", ruled_run)
    (project / "metrics.json").unlink()
    written = measure()["ruled"]
    real, fake = (as_jpeg(np.load(project / f"prepared/test_{domain}.npy")) for domain in "AB")  # inputs as outputs
    features = [extract(LITE, images) for images in (real, fake)]
    assert written["fid"] == fid(*features)
    assert (written["ruler"], written["n_real"], written["n_fake"], written["size"]) == ("ucsd", 6, 6, 16)


def test_evaluate_run_writes_null_for_infinite_psnr(measure, project):
    for i, image in enumerate(np.load(project / "prepared/test_A.npy")):
        Image.fromarray(image).save(project / f"translated/fake_A/test/{i}.png")
    numbers = measure()["metrics"]["b_to_a"]
    assert (numbers["psnr"], numbers["l1"], numbers["ssim"]) == (None, 0, pytest.approx(1))


def test_evaluate_run_of_one_test_image_has_l1_and_says_what_it_left_out(measure, project):
    prepared = project / "prepared"
    for domain in "AB":
        np.save(prepared / f"test_{domain}.npy", np.load(prepared / f"test_{domain}.npy")[:1])
    with edited_json(prepared / "manifest.json") as manifest:
        for domain in "AB":
            manifest["splits"]["test"][domain] |= {"n": 1, "names": manifest["splits"]["test"][domain]["names"][:1]}
    for image in sorted((project / "translated/fake_A/test").glob("*"))[1:]:
        image.unlink()
    shutil.rmtree(project / "features")
    run.real_features("efficientnet-lite0", None, prepared, project / "features")
    written = measure()
    assert written["metrics"]["b_to_a"]["l1"] >= 0 and "kid" not in written["metrics"]["b_to_a"]
    assert [line.split(" (")[0] for line in written["left_out"]["b_to_a"]] == ["FID", "KID", "Precision and Recall"]
    Measured.read(project / "metrics.json")


@pytest.mark.parametrize("metric", ["fid", "kid", "recall", "l1", "psnr"])
def test_evaluate_run_names_metric_that_is_nan(measure, project, monkeypatch, metric):
    measured = run.measure
    monkeypatch.setattr(run, "measure", lambda *args, **more: measured(*args, **more) | {metric: float("nan")})
    assert measure().startswith(f"ucsd-tiny/0, b_to_a of {project}/translated: {metric} is nan")


def test_evaluate_run_refuses_nan_features(measure, project, monkeypatch):
    extract = run.extract
    monkeypatch.setattr(run, "extract", lambda *args, **more: extract(*args, **more) * np.nan)
    assert measure().startswith(f"{project}/translated/fake_A: the features of 6 of 6 images")


@pytest.mark.parametrize("missing", [1, 2])
def test_evaluate_run_refuses_translation_with_missing_images(measure, project, missing):
    for i in range(1, 1 + missing):
        (project / f"translated/fake_A/test/{i}.png").unlink()
    file = f"{project}/translated/fake_A/test/1.png"
    message = measure()
    assert message.startswith(f"{file} is missing ({missing} of 6") and f"remove {project}/translated" in message


def replaced_by_jpeg(file):
    Image.open(file).convert("RGB").save(file, format="JPEG")


def cut_off(file):
    file.write_bytes(file.read_bytes()[:-30])


def with_a_flipped_bit(file):
    """Flip a bit that decoders do not notice: the image changes, and only the checksum shows it."""
    whole, was = file.read_bytes(), np.asarray(Image.open(file))
    for place in range(whole.index(b"IDAT") + 4, len(whole) - 16):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with suppress(OSError, SyntaxError):
            if not np.array_equal(np.asarray(Image.open(file)), was):
                return
    raise AssertionError("every flipped bit is noticed")


def grey(file):
    Image.open(file).convert("L").save(file)


def enlarged(file):
    Image.open(file).resize((20, 20)).save(file)


@pytest.mark.parametrize("damage", [replaced_by_jpeg, cut_off, with_a_flipped_bit, grey, enlarged])
def test_evaluate_run_refuses_damaged_generated_image(measure, project, damage):
    file = project / "translated/fake_A/test/4.png"
    damage(file)
    assert measure().startswith(str(file))


@pytest.mark.parametrize(
    ("field", "value"),
    [("extractor", "inception-v3"), ("weights_sha256", "0" * 64), ("resize", "another")],
)
def test_evaluate_run_refuses_real_features_computed_differently(measure, project, field, value):
    with edited_json(project / "features/features.json") as record:
        record["A"][field] = value
    ours = {"extractor": "efficientnet-lite0"} | {f: getattr(LITE.spec, f) for f in ("weights_sha256", "resize")}
    expected = rf"{field} of {project}/features/A.npy: {value},.* of {project}/translated/fake_A: {ours[field]};"
    assert re.match(expected, measure())


def test_evaluate_run_refuses_nan_in_real_features_with_right_checksum(measure, project):
    shutil.rmtree(project / "features")
    vectors = np.zeros((6, LITE.spec.dimension), np.float32)
    features = Features.of(vectors, "", EXTRACTORS["efficientnet-lite0"], ["jpeg"])
    features.vectors[3, 7] = np.nan
    run.write_features(project / "features", project / "prepared", {"A": features, "B": features})
    assert measure().startswith(f"{project}/features/A.npy: the features of 1 of 6 images")
