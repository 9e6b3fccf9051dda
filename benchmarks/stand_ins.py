"""Stand-ins for the files that `dvc repro` makes, so that Snakemake and DVC see a finished project."""

from collections.abc import Iterator
from pathlib import Path

from pixcycle.base.files import write_bytes, write_json
from pixcycle.plan.names import features_key, weights_key
from pixcycle.plan.runs import Plan
from pixcycle.report.fingerprint import report_fingerprints


def write_stand_ins(plan: Plan, root: Path, images: int) -> None:
    """Write all files that a finished plan has, most with their own path as content.

    Parameters
    ----------
    root
        The project's folder.
    images
        Test images per direction, instead of as many as the datasets have.
    """
    for path in [*_of_data(plan), *_of_runs(plan, images), *_of_reports(plan, root)]:
        write_bytes(root / path, path.encode())
    counts = {"A": {"n": images}, "B": {"n": images}}
    splits = {"train": counts, "test": counts}
    for key in plan.data:  # the Snakefile reads this file
        write_json(root / f"data/prepared/{key}/manifest.json", {"dataset": key, "paired": True, "splits": splits})


def _of_data(plan: Plan) -> Iterator[str]:
    for data in plan.data.values():
        yield f"data/raw/{data.raw}/archive"
        for name in ("train_A.npy", "train_B.npy", "test_A.npy", "test_B.npy"):
            yield f"data/prepared/{data.key}/{name}"
    for name in plan.params.fetched_weights:
        yield f"data/weights/{weights_key(plan.params, name)}.pth"
    for run in plan.runs.values():
        yield f"data/features/{features_key(run.data, run.extractor)}/features.npy"
        if run.segmenter:
            yield f"data/segmenters/{run.segmenter}/model.safetensors"


def _of_runs(plan: Plan, images: int) -> Iterator[str]:
    for run in plan.runs.values():
        cyclegan = run.config.method == "cyclegan"
        for name in ("config.json", "history.csv", "run.json", "final.safetensors"):
            yield f"{run.folder}/{name}"
        for epoch in run.config.sample_epochs:
            yield from (f"{run.folder}/samples/{epoch}/{i}.png" for i in range(10 if cyclegan else 5))
        for name in ("fake_A", "fake_B", "cycle_A") if cyclegan else ("fake_B",):
            yield from (f"{run.translated}/{name}/{i}.png" for i in range(images))
        yield run.metrics


def _of_reports(plan: Plan, root: Path) -> Iterator[str]:
    names = report_fingerprints(plan, root)
    for selection in ("all", *plan.params.chapters):
        folder = f"reports/{plan.params.scale}" + ("" if selection == "all" else f"/{selection}")
        for name in ("report.html", "report.pdf", "values.json", f"made-from/{names[selection]}.json"):
            yield f"{folder}/{name}"
        for i in range(10):
            yield from (f"{folder}/tables/{i}.csv", f"{folder}/figures/{i}.jpg")
    for run in plan.runs.values():
        yield f"reports/{run.scale}/metrics/{run.chapter}/{run.name}.json"
        yield f"reports/{run.scale}/losses/{run.chapter}/{run.name}.csv"
