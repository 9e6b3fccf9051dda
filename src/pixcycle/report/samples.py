"""Grids of test images: input, truth and what each experiment made of it."""

from pathlib import Path

import numpy as np

from pixcycle.files import read_json
from pixcycle.report import figures
from pixcycle.report.values import Values
from pixcycle.training.translate import SOURCE, TARGET, fakes_folder, read_png


def sample_grid(
    values: Values, experiments: list[str], root: Path, file: Path, *, name: str | None = None, rows: int = 1
) -> tuple[Path, list[str]]:
    """Draw and save a grid of the experiments' first seeds; returns the file and the names of its images.

    name: the one image to show, if the test split has it; otherwise `rows` images at even distances, or for one row
    the eighth. All experiments share one dataset.
    """
    first = values.one(experiments[0])
    prepared = root / "data/prepared" / first.data
    manifest = read_json(prepared / "manifest.json")
    target = TARGET[first.config.direction]
    source = SOURCE[first.config.direction]
    names = manifest["splits"]["test"][source]["names"]
    if name in names:
        chosen = [names.index(name)]
    elif rows == 1:
        chosen = [min(7, len(names) - 1)]
    else:
        chosen = np.unique(np.linspace(0, len(names) - 1, rows).round().astype(int)).tolist()
    columns = [
        ("Input", _real(prepared, source, chosen)),
        *([("Ground truth", _real(prepared, target, chosen))] if manifest["paired"] else []),
        *((values.one(e).config.label, _fakes(values, e, root, [names[i] for i in chosen])) for e in experiments),
    ]
    figures.save(figures.image_grid(columns), file)
    return file, [names[i] for i in chosen]


def _real(prepared: Path, domain: str, chosen: list[int]) -> list[np.ndarray]:
    images = np.load(prepared / f"test_{domain}.npy", mmap_mode="r")
    return [np.asarray(images[i]) for i in chosen]


def _fakes(values: Values, experiment: str, root: Path, names: list[str]) -> list[np.ndarray]:
    run = values.one(experiment)
    folder = fakes_folder(root / run.translated, run.config.direction)
    return [read_png(folder / f"{name}.png") for name in names]
