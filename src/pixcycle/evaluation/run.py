"""The two nodes of evaluation: features of the real test images, and all metrics of a run."""

from math import inf, isfinite
from pathlib import Path

import numpy as np

from pixcycle.base.checksums import SUMS, file_sha256, recorded_sha256
from pixcycle.base.errors import UserError
from pixcycle.base.files import finished_folder
from pixcycle.data.batches import test_images
from pixcycle.evaluation.feature_files import read_features, write_features
from pixcycle.evaluation.features import Extractor, extract, load_extractor
from pixcycle.evaluation.ruler import measure_test_images
from pixcycle.evaluation.segmenter import load_segmenter, segment
from pixcycle.machine import ranks
from pixcycle.metrics import pixel
from pixcycle.metrics.checkerboard import checkerboard_energy
from pixcycle.metrics.extractors import IMAGENET
from pixcycle.metrics.feature_sets import Features
from pixcycle.metrics.metric import Images
from pixcycle.metrics.registry import SCORES, left_out, measure, resample
from pixcycle.metrics.rulers import RULERS
from pixcycle.params.schema import Params
from pixcycle.paths import TARGET, fakes_folder
from pixcycle.plan.runs import Run
from pixcycle.records.manifest import read_manifest
from pixcycle.records.metrics import MadeFrom, Measured, Sample
from pixcycle.records.run import weights_file
from pixcycle.records.translated import read_fakes, read_png


def real_features(extractor: str, weights: Path | None, prepared: Path, out: Path) -> None:
    """Write the features of the real test images of both domains to the folder `out`, see `write_features`."""
    with finished_folder(out) as work:
        network, device = load_extractor(extractor, weights), ranks.fabric().device
        test = read_manifest(prepared).test
        features = {}
        for domain, images in zip("AB", test_images(prepared)[:2], strict=True):
            vectors, source = extract(network, images, device=device), f"{prepared}/test_{domain}.npy"
            features[domain] = Features.of(vectors, source, network.spec, test[domain].file_types)
        write_features(work, prepared, features)


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
    weights_of_metrics: dict[str, Path],
) -> None:
    """Write the metrics of every direction of a run, and a record of what they were computed from, to `out`.

    Parameters
    ----------
    segmenter
        Folder of the network behind FCN-score, for datasets whose domain B is label maps.
    weights_of_metrics
        Downloaded weights files, by their name under ``weights`` in params.yaml; also those of the ruler.
    """
    manifest = read_manifest(prepared)
    network, device = load_extractor(run.extractor, weights), ranks.fabric().device
    truth = dict(zip("AB", test_images(prepared)[:2], strict=True))
    dataset = params.datasets[run.config.dataset]
    segmentation, segmenter_record = load_segmenter(segmenter) if segmenter else (None, None)
    measured, resampled, too_few, images, file_types = {}, {}, {}, {}, {"generated": ["png"]}
    ruled = None
    for direction, domain in TARGET.items():
        if not fakes_folder(translated, direction).exists():
            continue
        fakes, source = read_fakes(translated, direction, prepared), str(fakes_folder(translated, direction))
        reals = read_features(real, domain, prepared)
        are_photos = segmentation and domain == "A"
        compared = Images(
            seed=run.seed,
            neighbours=params.neighbours,
            fakes=fakes,
            fake_features=Features.of(extract(network, fakes, device=device), source, network.spec, ["png"]),
            real_features=reals,
            pairs=truth[domain] if manifest.paired else None,
            labels=truth["B"] if segmentation else None,
            classes=dataset.classes,
            void=dataset.void,
            segment=(lambda photos: segment(segmentation, photos, device)) if are_photos else None,
            weights=weights_of_metrics,
            device=device,
        )
        numbers = measure(compared, mixed_file_types=True)
        if without := left_out(compared):
            too_few[direction] = without
        file_types[domain] = reals.file_types
        measured[direction] = _finite(numbers, f"{run.key}, {direction} of {translated}")
        resampled[direction] = resample(compared)
        if run.ruler and direction == run.config.direction:
            own = ruler_network(run.ruler_extractor, network, weights_of_metrics.get(IMAGENET.name))
            ruled = measure_test_images(RULERS[run.ruler], own, truth[domain], fakes, device)
        if manifest.paired:
            images[direction] = {
                "l1": pixel.l1(fakes, truth[domain]).tolist(),
                "l1_mirrored": pixel.l1(fakes, np.ascontiguousarray(truth[domain][:, :, ::-1])).tolist(),
            }
    record = Measured(
        run=run.key,
        fingerprint=run.metrics_fingerprint,
        made_from=MadeFrom(
            run=run.fingerprint,
            translated=run.translated_fingerprint,
            data=run.data,
            weights_sha256=recorded_sha256(weights_file(trained)),
            translated_sha256=file_sha256(translated / SUMS) if (translated / SUMS).exists() else "",
            images_sha256=manifest.sha256("test"),
        ),
        extractor=network.spec.name,
        resize=network.spec.resize,
        comparable=network.spec.comparable,
        segmenter=segmenter_record,
        file_types=file_types,
        neighbours=params.neighbours,
        seed=run.seed,
        direction=run.config.direction,
        metrics=measured,
        resampled=resampled,
        left_out=too_few,
        images=images,
        real={domain: {"checkerboard": float(checkerboard_energy(truth[domain]).mean())} for domain in "AB"},
        samples=_samples(run, trained),
        ruled=ruled,
    )
    record.write(out)


def ruler_network(name: str, chosen: Extractor, weights: Path | None) -> Extractor:
    """Return the network that a ruler measures with: the one chosen for all metrics, or the ruler's own.

    Prints which file the ruler's own weights come from.
    """
    if name == chosen.spec.name:
        return chosen
    own = load_extractor(name, weights)
    print(f"ruler: {own.spec.label} ({own.spec.weights_file})", flush=True)
    return own


def _finite(numbers: dict[str, float | int | None], measured_on: str) -> dict[str, float | int | None]:
    """Return the numbers with None for infinity, which JSON lacks, where a score may be infinite.

    Raises
    ------
    UserError
        If any other number is not finite.
    """
    unbounded = {name for name, score in SCORES.items() if score.unbounded and numbers.get(name) == inf}
    for name, number in numbers.items():
        if number is not None and not isfinite(number) and name not in unbounded:
            raise UserError(f"{measured_on}: {name} is {number}, not a finite number; nothing was written")
    return numbers | dict.fromkeys(unbounded)


def _samples(run: Run, trained: Path) -> list[Sample]:
    """Return the checkerboard energy of the images sampled during training, one row per epoch and direction."""
    rows = []
    for folder in sorted((trained / "samples").glob("*")):
        for direction in TARGET:
            pictures = [read_png(file) for file in sorted(fakes_folder(folder, direction).rglob("*.png"))]
            if pictures:
                energy = float(checkerboard_energy(np.stack(pictures)).mean())
                rows.append(Sample(epoch=int(folder.name), direction=direction, checkerboard=energy))
    return rows
