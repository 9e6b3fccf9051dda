"""The two nodes of evaluation: features of the real test images, and all metrics of one run."""

from math import inf, isfinite
from pathlib import Path

import numpy as np

from pixcycle.data.batches import test_images
from pixcycle.engine import ranks
from pixcycle.errors import UserError
from pixcycle.files import finished_folder, read_json, write_json
from pixcycle.metrics import pixel
from pixcycle.metrics.checkerboard import checkerboard_energy
from pixcycle.metrics.compared import Features
from pixcycle.metrics.evaluate import evaluate
from pixcycle.metrics.features import extract, load_extractor
from pixcycle.metrics.segmenter import fcn_score, load_segmenter
from pixcycle.metrics.stored import read_features, write_features
from pixcycle.runs import Run
from pixcycle.schema import Params
from pixcycle.training.translated import read_fakes, read_png
from pixcycle.translations import TARGET, fakes_folder


def real_features(extractor: str, weights: Path | None, prepared: Path, out: Path) -> None:
    """Make the folder `out` with the features of the real test images of both domains, see `write_features`."""
    with finished_folder(out) as work:
        network, device = load_extractor(extractor, weights), ranks.fabric().device
        test = read_json(prepared / "manifest.json")["splits"]["test"]
        made = {}
        for domain, images in zip("AB", test_images(prepared)[:2], strict=True):
            vectors, source = extract(network, images, device=device), f"{prepared}/test_{domain}.npy"
            made[domain] = Features.of(vectors, source, network.spec, test[domain].get("file_types", ()))
        write_features(work, prepared, made)


def evaluate_run(
    run: Run,
    params: Params,
    trained: Path,
    translated: Path,
    prepared: Path,
    real: Path,
    out: Path,
    weights: Path | None,
    segmenter: Path | None,
) -> None:
    """Write the metrics of every direction of a run, each with what it was measured on.

    segmenter: the folder of the network behind FCN-score, for data whose domain B is a map of classes.
    """
    paired = read_json(prepared / "manifest.json", "paired")["paired"]
    network, device = load_extractor(run.extractor, weights), ranks.fabric().device
    truth = dict(zip("AB", test_images(prepared)[:2], strict=True))
    dataset = params.datasets[run.config.dataset]
    judge, judged_by = load_segmenter(segmenter) if segmenter else (None, None)
    measured, images, file_types = {}, {}, {"generated": ["png"]}
    for direction, domain in TARGET.items():
        if not fakes_folder(translated, direction).exists():
            continue
        fakes, fakes_of = read_fakes(translated, direction, prepared), str(fakes_folder(translated, direction))
        reals = read_features(real, domain, prepared)
        numbers = evaluate(
            fakes,
            reals,
            Features.of(extract(network, fakes, device=device), fakes_of, network.spec, ["png"]),
            truth[domain] if paired else None,
            seed=run.seed,
            k=params.neighbours,
            mixed_file_types=True,
        )
        file_types[domain] = reals.file_types
        numbers["checkerboard"] = float(checkerboard_energy(fakes).mean())
        if judge:
            asked = judge if domain == "A" else None
            numbers |= fcn_score(fakes, truth["B"], dataset.classes, dataset.void, asked, device)
        measured[direction] = _finite(numbers, f"{run.key}, {direction} of {translated}")
        if paired:
            images[direction] = {
                "l1": pixel.l1(fakes, truth[domain]).tolist(),
                "l1_mirrored": pixel.l1(fakes, np.ascontiguousarray(truth[domain][:, :, ::-1])).tolist(),
            }
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
            "segmenter": judged_by,
            "file_types": file_types,
            "neighbours": params.neighbours,
            "seed": run.seed,
            "direction": run.config.direction,
            "metrics": measured,
            "images": images,
            "real": {domain: {"checkerboard": float(checkerboard_energy(truth[domain]).mean())} for domain in "AB"},
            "samples": _samples(run, trained),
        },
    )


def _finite(numbers: dict[str, float | int | None], measured_on: str) -> dict[str, float | int | None]:
    """JSON has no infinity, which PSNR is where a generated image equals its truth: None stands for it."""
    for name, number in numbers.items():
        if number is not None and not isfinite(number) and (name, number) != ("psnr", inf):
            raise UserError(f"{measured_on}: {name} is {number}, which is no finite number; nothing was written")
    return numbers | {"psnr": None if numbers["psnr"] == inf else numbers["psnr"]}


def _samples(run: Run, trained: Path) -> list[dict]:
    """The checkerboard energy of what the run made of a few test images on the way: a row an epoch and direction."""
    rows = []
    for folder in sorted((trained / "samples").glob("*")):
        for direction in TARGET:
            pictures = [read_png(file) for file in sorted(fakes_folder(folder, direction).rglob("*.png"))]
            if pictures:
                energy = float(checkerboard_energy(np.stack(pictures)).mean())
                rows.append({"epoch": int(folder.name), "direction": direction, "checkerboard": energy})
    return rows
