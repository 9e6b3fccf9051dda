"""The two nodes of evaluation: features of the real test images, and all metrics of one run."""

from math import isfinite
from pathlib import Path

import numpy as np
from lightning_fabric import Fabric

from pixcycle.data.batches import test_images
from pixcycle.files import finished_folder, read_json, write_json
from pixcycle.metrics.evaluate import evaluate
from pixcycle.metrics.features import extract, load_extractor
from pixcycle.runs import Run
from pixcycle.training.translate import TARGET, fakes_folder, read_fakes


def real_features(extractor: str, weights: Path | None, prepared: Path, out: Path) -> None:
    """Write A.npy and B.npy, the (N, D) features of the real test images of both domains."""
    network, device = load_extractor(extractor, weights), Fabric(devices=1).device
    a, b, _, _ = test_images(prepared)
    with finished_folder(out) as work:
        np.save(work / "A.npy", extract(network, a, device=device))
        np.save(work / "B.npy", extract(network, b, device=device))


def evaluate_run(
    run: Run, neighbours: int, translated: Path, prepared: Path, real: Path, weights: Path | None, out: Path
) -> None:
    """Write the metrics of every direction of a run, each with what it was measured on."""
    manifest = read_json(prepared / "manifest.json")
    network, device = load_extractor(run.extractor, weights), Fabric(devices=1).device
    truth = dict(zip("AB", test_images(prepared)[:2], strict=True))
    measured = {}
    for direction, domain in TARGET.items():
        if not fakes_folder(translated, direction).exists():
            continue
        fakes = read_fakes(translated, direction, prepared)
        numbers = evaluate(
            fakes,
            np.load(real / f"{domain}.npy"),
            extract(network, fakes, device=device),
            truth[domain] if manifest["paired"] else None,
            seed=run.seed,
            k=neighbours,
        )
        # JSON has no infinity, which PSNR is where a generated image equals its truth.
        measured[direction] = {name: n if n is None or isfinite(n) else None for name, n in numbers.items()}
    write_json(
        out,
        {
            "run": run.key,
            "fingerprint": run.metrics_fingerprint,
            "made_from": {"run": run.fingerprint, "translated": run.translated_fingerprint, "data": run.data},
            "split": "test",
            "extractor": network.spec.name,
            "resize": network.spec.resize,
            "comparable": network.spec.comparable,
            "file_type": "png",
            "neighbours": neighbours,
            "seed": run.seed,
            "direction": run.config.direction,
            "metrics": measured,
        },
    )
