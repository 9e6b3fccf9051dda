"""Finished runs with chosen numbers, written like the outputs of the workflow."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from pixcycle.methods.registry import METHODS
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.metrics.rulers import RULERS
from pixcycle.params.load import check_params
from pixcycle.paths import SOURCE, TARGET, cycled_folder, fakes_folder, samples_folder
from pixcycle.plan.make import make_plan
from pixcycle.plan.names import RECIPE
from pixcycle.plan.runs import Run
from pixcycle.records.translated import sample_indices
from pixcycle.report.draft import Draft
from pixcycle.report.values import Values
from tests.conftest import tiny_images
from tests.support import ROOT
from tests.support.edited import edited_json

SIDE, EPOCHS = 16, 12
NAMES = ["val/7", "val/8", "test/1", "test/2", "test/3", "test/4", "test/5", "test/6", "test/9"]
MEASURED = {
    "n_real": len(NAMES),
    "n_fake": len(NAMES),
    "fid": 100.0,
    "kid": 0.1,
    "precision": 0.5,
    "recall": 0.25,
    "l1": 0.2,
    "psnr": 15.0,
    "ssim": 0.3,
    "checkerboard": 0.01,
}
SCORES = {"pixel_accuracy": 0.6, "class_accuracy": 0.3, "class_iou": 0.2}
SEGMENTER = {
    "settings": {"backbone": "resnet18"},
    "steps": 10,
    "n_train": 9,
    "n_test": len(NAMES),
    "real": {"pixel_accuracy": 0.8, "class_accuracy": 0.5, "class_iou": 0.4},
    "most_common_class_accuracy": 0.3,
}
COMMIT = "5c4d1b0a9e8f7766554433221100ffeeddccbbaa"
_CLUSTER = {"host": "node-a", "gpus": "0,1", "scheduler": "SLURM", "job": "41"}
_LAPTOP = {"host": "laptop", "gpus": None, "scheduler": None, "job": None}
ATTEMPTS = [
    {"started": "2026-03-01T22:15:00+00:00", **_CLUSTER, "from_epoch": 0},
    {"started": "2026-03-02T07:30:05+00:00", **_LAPTOP, "from_epoch": 5},
]


class Results:
    """Finished runs of some experiments in a folder that looks like the project's.

    Parameters
    ----------
    measured
        Run -> its metrics that differ from MEASURED, in both directions.
    """

    def __init__(
        self,
        root: Path,
        experiments: list[str],
        measured: Callable[[Run], dict] = lambda run: {},
        seeds=(0,),
        scale="small",
        readings=("written",),
    ):
        asked = {"scale": scale, "seeds": list(seeds), "readings": list(readings)}
        tree = yaml.safe_load((ROOT / "params.yaml").read_text()) | asked
        chosen = tree["scales"][scale]
        chosen["experiments"] = experiments
        if "coded" in chosen:
            chosen["coded"] = [id for id in chosen["coded"] if id in experiments]
        self.root = root
        self.plan = make_plan(check_params(tree), ROOT)
        (root / "reports").mkdir(parents=True)
        (root / "reports/published").symlink_to(ROOT / "reports/published")
        for data in self.plan.data.values():
            self._write_data(data)
        for run in self.plan.runs.values():
            self.write_training(run)
            self.write_images(run)
            self.write_metrics(run, **measured(run))

    def values(self, selection="all") -> Values:
        return Values(self.plan, selection, self.root)

    def draft(self, selection="all", out: Path | None = None) -> Draft:
        """Return the report of a selection, whose figures go into `out` or, without one, into the folder `out`."""
        return Draft(self.plan, selection, self.root, out or self.root / "out")

    def write_training(self, run: Run, **losses: Callable[[int], float]) -> None:
        """Write run.json and history.csv, with one row per epoch; `losses` are functions of the epoch."""
        folder = self.root / run.folder
        folder.mkdir(parents=True, exist_ok=True)
        losses_of = METHODS[run.config.method].losses
        names = ["g", *losses_of.reconstruction, *losses_of.generator, *losses_of.discriminator]
        names += ["identity_a", "identity_b"] * bool(run.config.lambda_identity)
        # GAN losses fluctuate; reconstruction losses fall.
        values = {n: lambda e, n=n: [0.6, 0.5, 0.7][e % 3] if n.startswith("d") else 1 / (1 + e) for n in names}
        values |= {n: lambda e: [0.7, 0.9, 0.8][e % 3] for n in names if n.endswith("_gan")} | losses
        lines = [",".join(["epoch", "step", *values])]
        lines += [",".join(map(str, [e, e, *(loss(e) for loss in values.values())])) for e in range(EPOCHS)]
        (folder / "history.csv").write_text("\n".join(lines))
        record = {
            "fingerprint": run.fingerprint,
            "status": "finished",
            "collapse": "",
            "epochs": EPOCHS,
            "steps": EPOCHS,
            "steps_per_epoch": 1,
            "batch_size": 1,
            "parameters": {"g": 1000000, "d": 500000},
            "seconds": 60,
            "images_per_second": 20.0,
            "peak_memory_mb": 512,
            "device": "CPU",
            "threads": 1,
            "precision": "32-true",
            "versions": {"torch": "2.14.1"},
            "processes": 1,
            "commit": COMMIT,
            "attempts": ATTEMPTS,
            "recipe": RECIPE["train"],
        }
        (folder / "run.json").write_text(json.dumps(record))
        (folder / "config.json").write_text(run.model_dump_json())

    def write_images(self, run: Run) -> None:
        """Write the outputs of a run for the test images, after and during training; all images differ."""
        directions = [run.config.direction] if run.config.method == "pix2pix" else list(TARGET)
        for direction in directions:
            pictures = tiny_images(len(run.name) + len(direction), len(NAMES), SIDE)
            _save(fakes_folder(self.root / run.translated, direction), range(len(NAMES)), pictures)
            for epoch in [*run.config.sample_epochs, run.config.n_epochs + run.config.n_epochs_decay]:
                folder = fakes_folder(samples_folder(self.root / run.folder, epoch), direction)
                _save(folder, sample_indices(len(NAMES)), tiny_images(epoch, len(NAMES), SIDE))
            if run.config.method == "cyclegan" and direction == run.config.direction:
                _save(cycled_folder(self.root / run.translated, direction), range(len(NAMES)), pictures[::-1])

    def record(self, key: str, **fields) -> None:
        """Update fields of the run.json of a run."""
        with edited_json(self.root / self.plan.runs[key].folder / "run.json") as record:
            record |= fields

    def collapse(self, key: str, losses: str = "g", **fields) -> None:
        """Mark a run as collapsed because of the given losses."""
        self.record(key, status="collapsed", collapse=f"{losses} no longer finite", **fields)

    def count_images(self, run: Run, a: int, b: int) -> None:
        """Set the numbers of test images of a run's data, `a` and `b` per domain, also in its metrics."""
        with edited_json(self.root / f"data/prepared/{run.data}/manifest.json") as prepared:
            prepared["splits"]["test"] = {"A": {"n": a, "names": NAMES}, "B": {"n": b, "names": NAMES}}
        with edited_json(self.root / run.metrics) as measured:
            for direction, numbers in measured["metrics"].items():
                n = {"a_to_b": {"n_fake": a, "n_real": b}, "b_to_a": {"n_fake": b, "n_real": a}}[direction]
                numbers |= n
                for name, values in measured["images"].get(direction, {}).items():
                    measured["images"][direction][name] = np.resize(values, n["n_fake"]).tolist()

    def write_metrics(
        self,
        run: Run,
        samples: Callable[[int], float] = lambda epoch: 0.1 / epoch,
        beside_published: dict | None = None,
        **numbers,
    ) -> None:
        """Write the metrics file; `samples` maps an epoch to the checkerboard energy after it.

        `beside_published` is what the ruler of the chapter reads, by default `ruled`.
        """
        directions = [run.config.direction] if run.config.method == "pix2pix" else list(TARGET)
        paired = self.plan.params.datasets[run.config.dataset].paired
        scored = SCORES if run.segmenter else {}
        unpaired = {} if paired else {"l1": None, "psnr": None, "ssim": None}
        errors = np.linspace(0.1, 0.3, len(NAMES))
        metrics = {
            "fingerprint": run.metrics_fingerprint,
            "made_from": {"run": run.fingerprint, "translated": run.translated_fingerprint, "data": run.data},
            "split": "test",
            "extractor": run.extractor,
            "resize": EXTRACTORS[run.extractor].resize,
            "neighbours": self.plan.params.neighbours,
            "direction": run.config.direction,
            "seed": run.seed,
            "file_types": {"generated": ["png"], "A": ["jpeg"], "B": ["jpeg"]},
            "segmenter": SEGMENTER if run.segmenter else None,
            "metrics": {d: MEASURED | scored | unpaired | numbers for d in directions},
            "images": {d: {"l1": list(errors), "l1_mirrored": list(errors[::-1])} for d in directions}
            if paired
            else {},
            "real": {"A": {"checkerboard": 0.001}, "B": {"checkerboard": 0.002}},
            "samples": [
                {"epoch": epoch, "direction": d, "checkerboard": samples(epoch)}
                for epoch in sorted({*run.config.sample_epochs, run.config.n_epochs + run.config.n_epochs_decay} - {0})
                for d in directions
            ],
            "ruled": beside_published or (ruled(run) if run.ruler else None),
        }
        (self.root / run.metrics).write_text(json.dumps(metrics))

    def _write_data(self, data) -> None:
        folder = self.root / "data/prepared" / data.key
        folder.mkdir(parents=True)
        for domain in SOURCE.values():
            np.save(folder / f"test_{domain}.npy", tiny_images(ord(domain), len(NAMES), SIDE))
        test = {"n": len(NAMES), "names": NAMES}
        dataset = self.plan.params.datasets[data.dataset]
        manifest = {
            "dataset": data.dataset,
            "title": dataset.title,
            "paired": dataset.paired,
            "domains": dataset.domains,
            "splits": {"test": {"A": test, "B": test}},
            "card": {
                "counts": {"train": {"found": 399, "published": 400, "difference": -1}},
                "images": {"train": {"A": 399, "B": 399}, "test": {"A": 9, "B": 9}},
                "sizes": {"A": {"smallest": [9, 9], "largest": [16, 16], "most_common": [16, 16], "distinct": 2}},
                "duplicates": {"A": {"test": {"groups": 1, "images": 2, "names": [["val/7", "val/8"]]}}},
                "grey": {"A": {"total": 0, "names": []}},
            },
        }
        (folder / "manifest.json").write_text(json.dumps(manifest))


def ruled(run: Run, **fields) -> dict:
    """Return what the ruler of a run's chapter reads, by default with the network that stands in at its scale."""
    return {
        "ruler": run.ruler,
        "extractor": run.ruler_extractor,
        "features": EXTRACTORS[run.extractor].label,
        "weights_file": EXTRACTORS[run.extractor].weights_file,
        "weights_sha256": EXTRACTORS[run.extractor].weights_sha256,
        "size": SIDE,
        "n_real": len(NAMES),
        "n_fake": len(NAMES),
        "fid": 90.0,
        "precision": 0.6,
        "recall": 0.35,
    } | fields


def as_published(run: Run, **fields) -> dict:
    """Return what a ruler reads where nothing stands in for anything."""
    ruler = RULERS[run.ruler]
    network = {"extractor": ruler.extractor.name, "features": ruler.extractor.label}
    images = {"size": ruler.size, "n_real": ruler.images, "n_fake": ruler.images}
    return ruled(run, weights_file=ruler.extractor.weights_file, **network, **images) | fields


def _save(folder: Path, places, pictures) -> None:
    for i in places:
        path = folder / f"{NAMES[i]}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pictures[i]).save(path)
