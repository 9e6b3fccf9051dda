"""The page of all experiments at full scale: how large it is where every image is a photograph."""

import io
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from pixcycle import config, runs
from pixcycle.report import page, samples
from pixcycle.report.document import document
from tests.edited import edited_json
from tests.report.results import ROOT, Results

SIDE, PHOTOS, STEPS = 256, 20, 2000
FACADE = 30_300
"""Bytes of a photograph of facades of this size as JPEG, quality 92, all colours: the mean of 61 of the val split."""
FOLDERS = ("trainA", "trainB", "testA", "testB")


def photographs() -> np.ndarray:
    """Noise of an amplitude that falls with the frequency, as photographs have it: uint8 (PHOTOS, SIDE, SIDE, 3)."""
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE))
    frequency[0, 0] = 1 / SIDE
    white = np.random.default_rng(0).standard_normal((PHOTOS, SIDE, SIDE, 4))
    spectrum = np.fft.rfft2(white, axes=(1, 2)) / frequency[..., None] ** 1.3
    noise = np.fft.irfft2(spectrum, axes=(1, 2))
    noise /= noise.std(axis=(0, 1, 2))
    return np.clip(128 + 34 * noise[..., :1] + 9 * noise[..., 1:], 0, 255).astype(np.uint8)  # grey, then its tint


def written(run: Path) -> None:
    """A history of as many steps as a long training logs, none of them like the last."""
    names = (run / "history.csv").read_text().partition("\n")[0]
    losses = np.random.default_rng(0).random((STEPS, names.count(",") - 1))
    rows = [f"{i // 10},{i},{','.join(f'{loss:.5f}' for loss in row)}" for i, row in enumerate(losses)]
    (run / "history.csv").write_text("\n".join([names, *rows]))


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Results:
    params = config.check(yaml.safe_load((ROOT / "params.yaml").read_text()) | {"scale": "full"})
    plan = runs.plan(params, ROOT)
    experiments = list(dict.fromkeys(run.id for run in plan.runs.values()))
    results = Results(tmp_path_factory.mktemp("size"), experiments, seeds=params.seeds, scale="full")
    for run in results.plan.runs.values():
        written(results.root / run.folder)
    for file in results.root.glob("data/prepared/*/manifest.json"):
        with edited_json(file) as manifest:
            manifest["card"]["counts"] = {f: {"found": 900, "published": 900, "difference": 0} for f in FOLDERS}
    return results


def test_the_page_of_all_experiments_at_full_scale_is_smaller_than_15_megabytes(results, monkeypatch):
    photos = photographs()
    as_jpeg = io.BytesIO()
    Image.fromarray(np.vstack(photos)).save(as_jpeg, "JPEG", quality=92, subsampling=0)
    assert as_jpeg.tell() / PHOTOS > FACADE
    monkeypatch.setattr(samples, "read_array", lambda path: photos)
    dealt = cycle(photos)
    monkeypatch.setattr(samples, "read_png", lambda path: next(dealt))
    out = results.root / "reports/full"
    content = document(results.values(), out)
    assert len(list(out.glob("figures/*.jpg"))) == 30
    assert len(page.render(content, out).encode()) < 15_000_000
