"""Size of the page of all experiments at full scale if every image is a photograph."""

import io
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from pixcycle.params.load import check_params
from pixcycle.plan.make import make_plan
from pixcycle.plan.runs import written_id
from pixcycle.records.calibration import CalibrationRecord
from pixcycle.records.metrics import Ruled
from pixcycle.report.document import document
from pixcycle.report.drawing import samples
from pixcycle.report.rendering import page
from tests.support.edited import edited_json
from tests.support.results import ROOT, Results, as_published

SIDE, PHOTOS, STEPS = 256, 20, 2000
FACADE = 30_300
"""Mean bytes of a facades photograph of this size as JPEG (quality 92, no chroma subsampling), over 61 of val."""
FOLDERS = ("trainA", "trainB", "testA", "testB")


def photographs() -> np.ndarray:
    """Return noise whose amplitude falls with the frequency, as in photographs: uint8 (PHOTOS, SIDE, SIDE, 3)."""
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE))
    frequency[0, 0] = 1 / SIDE
    white = np.random.default_rng(0).standard_normal((PHOTOS, SIDE, SIDE, 4))
    spectrum = np.fft.rfft2(white, axes=(1, 2)) / frequency[..., None] ** 1.3
    noise = np.fft.irfft2(spectrum, axes=(1, 2))
    noise /= noise.std(axis=(0, 1, 2))
    return np.clip(128 + 34 * noise[..., :1] + 9 * noise[..., 1:], 0, 255).astype(np.uint8)  # grey, then its tint


def write_history(run: Path) -> None:
    """Write a history with as many steps as a long training logs, no two alike."""
    names = (run / "history.csv").read_text().partition("\n")[0]
    losses = np.random.default_rng(0).random((STEPS, names.count(",") - 1))
    rows = [f"{i // 10},{i},{','.join(f'{loss:.5f}' for loss in row)}" for i, row in enumerate(losses)]
    (run / "history.csv").write_text("\n".join([names, *rows]))


def write_calibration(results: Results) -> None:
    """Write what the ruler read of the authors' own images."""
    run = next(run for run in results.plan.runs.values() if run.ruler)
    for node in results.plan.calibrations.values():
        record = CalibrationRecord(
            chapter="ucsd", location="https://x.example/a.zip", content="0" * 64, ruled=Ruled(**as_published(run))
        )
        record.write(results.root / node.path)


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Results:
    params = check_params(yaml.safe_load((ROOT / "params.yaml").read_text()) | {"scale": "full"})
    plan = make_plan(params, ROOT)
    experiments = list(dict.fromkeys(written_id(run.id) for run in plan.runs.values()))
    root, readings = tmp_path_factory.mktemp("size"), ("written", "coded")
    results = Results(root, experiments, seeds=params.seeds, scale="full", readings=readings)
    write_calibration(results)
    for run in results.plan.runs.values():
        write_history(results.root / run.folder)
    for file in results.root.glob("data/prepared/*/manifest.json"):
        with edited_json(file) as manifest:
            manifest["card"]["counts"] = {f: {"found": 900, "published": 900, "difference": 0} for f in FOLDERS}
    return results


def test_page_of_all_experiments_at_full_scale_is_below_15_mb(results, monkeypatch):
    photos = photographs()
    as_jpeg = io.BytesIO()
    Image.fromarray(np.vstack(photos)).save(as_jpeg, "JPEG", quality=92, subsampling=0)
    assert as_jpeg.tell() / PHOTOS > FACADE
    monkeypatch.setattr(samples, "read_array", lambda path: photos)
    photos_in_turn = cycle(photos)
    monkeypatch.setattr(samples, "read_png", lambda path: next(photos_in_turn))
    out = results.root / "reports/full"
    content = document(results.draft(out=out))
    assert len(list(out.glob("figures/*.jpg"))) == 57
    size = len(page.render(content, out).encode())
    assert size < 15_000_000
