"""Calibration: the authors' archive from a server, its images measured as they are, and what is refused."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pixcycle.base.errors import UserError
from pixcycle.evaluation import calibrate as calibrate_module
from pixcycle.evaluation.calibrate import calibrate
from pixcycle.evaluation.features import Extractor
from pixcycle.evaluation.ruler import measure_with
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.metrics.rulers import RULERS
from pixcycle.params.chapter import Calibration
from pixcycle.plan.rulers import CalibrationNode
from tests.support.servers import served

TOP = "image_to_image_translation-1d619d9"
N = 12


class Means(torch.nn.Module):
    def forward(self, images):
        return torch.nn.functional.adaptive_avg_pool2d(images.float(), 2).flatten(1)


NETWORK = Extractor(EXTRACTORS["efficientnet-lite0"], Means())
NODE = CalibrationNode(
    scale="small",
    chapter="ucsd",
    dataset="cityscapes",
    ruler="ucsd",
    extractor="efficientnet-lite0",
    weights=None,
    fingerprint="0" * 8,
)


def jpeg(seed, k):
    file = io.BytesIO()
    pixels = np.random.default_rng([seed, k]).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def address(tmp_path, monkeypatch):
    """Address of an archive with 12 real and 12 generated images, named as in the repository of report 000."""
    project, folder = tmp_path / "project", tmp_path / "served"
    project.mkdir(), folder.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.setattr(calibrate_module, "load_extractor", lambda name, weights: NETWORK)
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.writestr(f"{TOP}/readme.md", "not an image")
        for seed, kind in enumerate(("real", "fake")):
            for k in range(1, N + 1):
                archive.writestr(f"{TOP}/data/{kind}/im ({k}).jpeg", jpeg(seed, k))
    with served(folder) as url:
        yield f"{url}/archive.zip"


def declared(address, content, real=f"{TOP}/data/real"):
    return Calibration(
        dataset="cityscapes",
        archive={"locations": [address]},
        real=real,
        generated=f"{TOP}/data/fake",
        content=content,
    )


@pytest.fixture
def digest(tmp_path):
    """Digest of the images, by the definition: the sha256 of sorted lines of sha256 and name."""
    import hashlib

    kinds = enumerate(("real", "generated"))
    files = {f"{kind}/im ({k}).jpeg": jpeg(seed, k) for seed, kind in kinds for k in range(1, N + 1)}
    lines = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    assert lines
    return hashlib.sha256(lines.encode()).hexdigest()


OUT = Path("results/small/ucsd/calibration-00000000.json")


def test_calibrate_measures_the_images_of_the_archive_as_they_are(address, digest, capsys):
    record = calibrate(NODE, declared(address, digest), None, None, OUT)
    sets = [np.stack([np.asarray(Image.open(io.BytesIO(jpeg(seed, k)))) for k in range(1, N + 1)]) for seed in (0, 1)]
    assert record.ruled == measure_with(RULERS["ucsd"], NETWORK, *sets)
    assert (record.ruled.n_real, record.ruled.n_fake, record.location) == (N, N, address)
    assert json.loads(OUT.read_text())["ruled"]["fid"] == record.ruled.fid
    assert "ruler: EfficientNet-Lite0" in capsys.readouterr().out
    left = [path.name for path in Path().rglob("*") if path.is_file() and not path.name.endswith(".lock")]
    assert left == [OUT.name]  # neither the archive nor a record of its checksum, which may change


def test_calibrate_refuses_other_images_and_writes_nothing(address):
    with pytest.raises(UserError, match=r"have the digest [0-9a-f]{64}, expected 0{64}; .*ucsd\.calibration\.content"):
        calibrate(NODE, declared(address, "0" * 64), None, None, OUT)
    assert not OUT.exists()


def test_calibrate_names_a_folder_that_the_archive_lacks(address, digest):
    with pytest.raises(UserError, match="the archive has no folder originals"):
        calibrate(NODE, declared(address, digest, real=f"{TOP}/data/originals"), None, None, OUT)


def test_calibrate_reads_the_mirror_before_the_address(address, digest):
    gone = "https://nowhere.invalid/archive.zip"
    mirror = address.removesuffix("/archive.zip")
    assert calibrate(NODE, declared(gone, digest), None, mirror, OUT).location == address
