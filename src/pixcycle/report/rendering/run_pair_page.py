"""Render the comparison of two runs as one HTML page, with the images and losses of both."""

import tempfile
from pathlib import Path

import numpy as np

from pixcycle import paths
from pixcycle.base.files import write_bytes
from pixcycle.data.arrays import read_array
from pixcycle.ledger.run_pair import Side
from pixcycle.paths import SOURCE, TARGET, fakes_folder
from pixcycle.plan.runs import Plan
from pixcycle.records.history import read_history
from pixcycle.records.manifest import Manifest, manifest_file
from pixcycle.records.translated import read_png, sample_indices
from pixcycle.report import run_pair
from pixcycle.report.content import Block, Document, Figure, Notice, Section, Text
from pixcycle.report.drawing import curves, grids, style
from pixcycle.report.rendering import page

ROWS = 5


def write_page(a: Side, b: Side, plan: Plan, root: Path) -> Path:
    """Write reports/<scale>/compare/<experiment>-<A>-<B>.html and return its path."""
    names = [side.node.fingerprint for side in (a, b)]
    if names[0] == names[1]:
        names = [f"{side.node.scale}-{side.node.seed}-{side.node.fingerprint}" for side in (a, b)]
    out = root / f"reports/{plan.params.scale}/compare/{b.node.id}-{'-'.join(names)}.html"
    with tempfile.TemporaryDirectory() as drawn:
        write_bytes(out, page.render(_document(a, b, plan, root, Path(drawn)), Path(drawn)).encode())
    return out


def _document(a: Side, b: Side, plan: Plan, root: Path, drawn: Path) -> Document:
    titled = list(zip(run_pair.titles(a, b), (a, b), strict=True))
    sections = {
        "What differs": [run_pair.configuration(a, b), run_pair.metrics(a, b, plan)],
        "Images": [_images(a, b, root, drawn)],
        "Losses": [_losses(a, b, root, drawn)],
        "Where it comes from": [run_pair.cost(a, b), run_pair.provenance(a, b)],
    }
    return Document(
        title=f"{b.node.id}: {a.node.fingerprint} and {b.node.fingerprint}",
        subtitle="Two runs of one experiment, side by side",
        facts=[
            ("Scale", b.node.scale),
            ("Seed", str(b.node.seed)),
            *((label, side.node.path) for label, side in titled),
        ],
        notices=[Notice(label, f"{'; '.join(side.notes)}.") for label, side in titled if side.notes],
        sections=[Section(title.lower().replace(" ", "-"), title, 1, blocks) for title, blocks in sections.items()],
    )


def _images(a: Side, b: Side, root: Path, drawn: Path) -> Block:
    """Return evenly spaced test images that both runs translated: input, A, B and, for paired data, the truth."""
    direction = next((side.measured.direction for side in (b, a) if side.measured), None)
    folders = [fakes_folder(side.translated, direction) for side in (a, b) if side.translated and direction]
    if len(folders) < 2:
        return Text("Images of both would be shown if both were translated and measured.")
    one, other = ({path.relative_to(f).with_suffix("").as_posix() for path in f.rglob("*.png")} for f in folders)
    common = sorted(one & other)
    if not common:
        return Text("The two have no translated test image in common.")
    names = [common[i] for i in sample_indices(len(common), ROWS)]
    fakes = [[read_png(folder / f"{name}.png") for name in names] for folder in folders]
    columns = list(zip(run_pair.labels(a, b), fakes, strict=True))
    data, real = _real(a, b, direction, names, root)
    columns = [*real[:1], *columns, *real[1:]]
    style.save(grids.image_grid(columns), drawn / "figures/images.jpg")
    caption = "Test images at even distances, not chosen."
    if real and run_pair.data_of(a) != run_pair.data_of(b):
        caption += f" Input and truth are those of {data}."
    alt = f"{len(names)} test images as {', '.join(heading for heading, _ in columns)}"
    return Figure("images", caption, Path("figures/images.jpg"), alt)


def _real(
    a: Side, b: Side, direction: str, names: list[str], root: Path
) -> tuple[str, list[tuple[str, list[np.ndarray | str | None]]]]:
    """Return the name of prepared data on disk, B's before A's, and their columns: input and, if paired, truth."""
    for side in (b, a):
        folder = root / paths.prepared(str(run_pair.data_of(side)))
        if manifest := Manifest.find(manifest_file(folder)):
            break
    else:
        return "", []
    prepared = manifest.test[SOURCE[direction]].names
    columns = []
    for heading, domain in [("Input", SOURCE[direction]), ("Truth", TARGET[direction])][: 1 + manifest.paired]:
        images = read_array(folder / f"test_{domain}.npy")
        cells = [
            np.asarray(images[prepared.index(name)]) if name in prepared else "not in these data" for name in names
        ]
        columns.append((heading, cells))
    return folder.name, columns


def _losses(a: Side, b: Side, root: Path, drawn: Path) -> Block:
    """Return a figure of all loss terms that either run has, over epochs."""
    histories, steps = {}, {}
    for label, side in zip(run_pair.labels(a, b), (a, b), strict=True):
        folder = root / side.node.path
        if (folder / "history.csv").exists() and side.record and side.record.steps_per_epoch:
            histories[label], steps[label] = read_history(folder), side.record.steps_per_epoch
    terms = {term: term for history in histories.values() for term in history if term not in ("epoch", "step")}
    if not terms:
        return Text("Neither has a history of its losses.")
    picture = curves.compared_curves(histories, terms, steps)
    style.save(picture, drawn / "figures/losses.svg")
    caption = "Loss terms, as history.csv names them: each logged step light, the mean of each epoch strong."
    return Figure(
        "losses",
        f"{caption} {picture.note}".rstrip(),
        Path("figures/losses.svg"),
        f"Loss against epoch, {len(terms)} panels",
    )
