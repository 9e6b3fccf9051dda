"""Compare FID, precision, recall and their features with torch-fidelity, and measure how their cost grows with N.

    python benchmarks/metrics.py [--rounds 3] [--images 256] [--most 16384]

Inception's weights are random, because the published ones cannot be shipped: that changes the values, not the work.
Exits with an error if FID differs by more than 0.1% from torch-fidelity's, which takes the eigenvalues of C_r C_g.
Takes a quarter of an hour on 2 cores.
"""

import ctypes
import dataclasses
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import skimage.data
import torch
import torchvision
from measure import Growth, Ratio, forget_the_peak, in_turn, megabytes, options, publish, ratio, take_turns
from PIL import Image
from torch_fidelity import FeatureExtractorInceptionV3
from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_prc import KEY_METRIC_PRECISION, KEY_METRIC_RECALL, prc_features_to_metric

from pixcycle.evaluation.features import extract, load_extractor
from pixcycle.machine.memory import keep_freed_memory
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.metrics.fid import fid
from pixcycle.metrics.precision_recall import precision_recall

DIMENSION, SIZE = 2048, 256
THEIRS = "torch-fidelity"
TARGETS = {256: 50, 2048: 3}
"""N -> target speed-up of FID, precision and recall from given features."""
PIXCYCLE = """
import dataclasses, sys
from pixcycle.cli.app import main
from pixcycle.metrics.extractors import EXTRACTORS
spec = dataclasses.replace(EXTRACTORS["inception-v3"], weights_sha256=sys.argv.pop(1))
EXTRACTORS["inception-v3"] = spec
main()
"""
"""The pixcycle command, with the published weights replaced by the file of the given sha256."""


def main() -> None:
    parser = options(__doc__, rounds=3)
    parser.add_argument("--images", type=int, default=256, help="images per set where features are extracted")
    parser.add_argument("--most", type=int, default=16384, help="largest N of the growth curves")
    chosen = parser.parse_args()
    growths = list(growth(chosen.most))
    ratios = [from_features(n, target, chosen.rounds) for n, target in TARGETS.items()]
    with tempfile.TemporaryDirectory() as folder:
        weights = random_weights(Path(folder))
        ratios.append(extraction(weights, chosen.images, chosen.rounds))
        ratios.append(whole_command(weights, Path(folder), chosen.images, chosen.rounds))
    publish("metrics", chosen.rounds, ratios, growths)
    off = [row.work for row in ratios if row.more.get("fid_difference", 0) > 1e-3]
    if off:
        raise SystemExit(f"FID differs: {', '.join(off)}")


def growth(most: int) -> Iterator[Growth]:
    """Measure seconds and memory of FID, precision and recall once for each N."""
    seconds, peaks = [], []
    for n in [256 * 4**i for i in range(10) if 256 * 4**i <= most]:
        real, fake = features_of(n, 0), features_of(n, 1)
        ctypes.CDLL(None).malloc_trim(0)  # else it reuses memory freed before, and seems to need none
        before = megabytes("VmRSS")
        forget_the_peak()
        began = time.perf_counter()
        ours(real, fake)
        seconds.append((n, time.perf_counter() - began))
        peaks.append((n, megabytes("VmHWM") - before))
    last, slowest = seconds[-1]
    squares = [(n, slowest * (n / last) ** 2) for n, _ in seconds]
    title = "FID, precision and recall from given features of 2048 dimensions"
    yield Growth(title, "images per set", "seconds", seconds, squares, "N^2, through the last point")
    copies = [(n, held(n) / 2**20) for n, _ in peaks]
    label = "float32 copies, blocks of N x N up to 64 MB, square matrices of min(N, D)"
    yield Growth(title, "images per set", "MB besides the features", peaks, copies, label)


def held(n: int) -> int:
    """Return the bytes expected from theory for N images per set."""
    return 2 * n * DIMENSION * 4 + 6 * min(n * n * 4, 2**26) + 4 * min(n, DIMENSION) ** 2 * 8


def from_features(n: int, target: float, rounds: int) -> Ratio:
    real, fake, values = features_of(n, 0), features_of(n, 1), {}
    ways = {
        "ours": lambda: values.update(ours=ours(real, fake)),
        THEIRS: lambda: values.update(theirs=theirs(real, fake)),
    }
    seconds = take_turns(ways, rounds)
    own, other = values["ours"], values["theirs"]
    return ratio(
        f"FID, precision and recall from given features, N = {n}",
        seconds,
        "ours",
        THEIRS,
        target,
        **differences(own, other),
    )


def extraction(weights: Path, images: int, rounds: int) -> Ratio:
    with in_turn(prepared_extraction, weights, images) as own, in_turn(their_extraction, weights, images) as other:
        seconds = take_turns({"ours": own, THEIRS: other}, rounds, 0)
        features, reference = own(), other()
    difference = np.abs(features - reference).max() / np.abs(reference).max()
    work = f"InceptionV3 features of {images} images of {SIZE}x{SIZE}"
    return ratio(work, seconds, "ours", THEIRS, 1.9, feature_difference=float(difference))


def prepared_extraction(weights: Path, images: int) -> Callable[[], np.ndarray]:
    keep_freed_memory()  # as the command does
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    EXTRACTORS["inception-v3"] = dataclasses.replace(EXTRACTORS["inception-v3"], weights_sha256=digest)
    return partial(extract, load_extractor("inception-v3", weights), np.stack(list(photos(images, 0))))


def their_extraction(weights: Path, images: int) -> Callable[[], np.ndarray]:
    network = FeatureExtractorInceptionV3("inception-v3", ["2048"], feature_extractor_weights_path=str(weights))
    pixels = torch.from_numpy(np.stack(list(photos(images, 0)))).permute(0, 3, 1, 2).contiguous()

    def features() -> np.ndarray:
        with torch.no_grad():  # 64 at a time, as its command does
            return np.concatenate([network(batch)[0].numpy() for batch in pixels.split(64)])

    return features


def whole_command(weights: Path, folder: Path, images: int, rounds: int) -> Ratio:
    real, fake = folder / "real", folder / "fake"
    for seed, place in enumerate((real, fake)):
        place.mkdir()
        for i, image in enumerate(photos(images, seed)):
            Image.fromarray(image).save(place / f"{i}.png")
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    their_extractor = ["--feature-extractor", "inception-v3-compat", "--feature-extractor-weights-path", weights]
    their_options = ["--cpu", "--fid", "--prc", "--json", "--no-cache", *their_extractor]
    commands = {
        "ours": ["-c", PIXCYCLE, digest, "metrics", real, fake, "--weights", weights],
        THEIRS: ["-m", "torch_fidelity.fidelity", *their_options, "--input1", fake, "--input2", real],
    }
    results = {}

    def call(name: str) -> None:
        command = [sys.executable, *map(str, commands[name])]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        results[name] = json.loads(printed)

    seconds = take_turns({name: lambda name=name: call(name) for name in commands}, rounds, 0)
    own = [results["ours"][key] for key in ("fid", "precision", "recall")]
    other = [results[THEIRS][key] for key in (KEY_METRIC_FID, KEY_METRIC_PRECISION, KEY_METRIC_RECALL)]
    return ratio(
        f"whole command: FID, precision and recall of {images} against {images} PNG files",
        seconds,
        "ours",
        THEIRS,
        4,
        **differences(own, other),
    )


def differences(own: Sequence[float], other: Sequence[float]) -> dict[str, float]:
    """Return the differences of two (FID, precision, recall); that of FID is relative."""
    return {
        "fid_difference": abs(own[0] / other[0] - 1),
        "precision_difference": abs(own[1] - other[1]),
        "recall_difference": abs(own[2] - other[2]),
    }


def ours(real: np.ndarray, fake: np.ndarray) -> tuple[float, float, float]:
    """Return (FID, precision, recall) as pixcycle computes them."""
    return fid(real, fake), *precision_recall(real, fake)


def theirs(real: np.ndarray, fake: np.ndarray) -> tuple[float, float, float]:
    tensors = torch.from_numpy(fake), torch.from_numpy(real)
    distance = fid_statistics_to_metric(*map(fid_features_to_statistics, tensors), verbose=False)[KEY_METRIC_FID]
    shares = prc_features_to_metric(*tensors, verbose=False)
    return distance, shares[KEY_METRIC_PRECISION], shares[KEY_METRIC_RECALL]


def features_of(n: int, seed: int) -> np.ndarray:
    """Return (n, 2048) features like Inception's: positive, skewed and correlated, slightly larger for seed 1."""
    mixing = np.random.default_rng(2).gamma(0.5, 1 / DIMENSION, (DIMENSION, DIMENSION)).astype(np.float32)
    drawn = np.random.default_rng(seed).standard_gamma(1 + seed / 100, (n, DIMENSION), dtype=np.float32)
    return drawn @ mixing


def photos(count: int, seed: int) -> Iterator[np.ndarray]:
    """Yield crops of photographs with noise, stronger for seed 1 than for seed 0; uint8 (256, 256, 3)."""
    generator = np.random.default_rng(seed)
    for i in range(count):
        photo = [skimage.data.chelsea, skimage.data.coffee, skimage.data.astronaut][i % 3]()
        top, left = (generator.integers(side - SIZE) for side in photo.shape[:2])
        noise = generator.normal(0, 5 + 10 * seed, (SIZE, SIZE, 3))
        yield (photo[top : top + SIZE, left : left + SIZE] + noise).clip(0, 255).astype(np.uint8)


def random_weights(folder: Path) -> Path:
    """Write weights with the names of pytorch-fid's; norms are scaled so that features vary as those of photos do."""
    torch.manual_seed(0)
    network = torchvision.models.inception_v3(num_classes=1008, aux_logits=False, init_weights=False)
    for norm in network.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(norm.weight, 2, 4)
            torch.nn.init.uniform_(norm.running_mean, -0.5, 0.5)
    torch.save(network.state_dict(), folder / "weights.pth")
    return folder / "weights.pth"


if __name__ == "__main__":
    main()
