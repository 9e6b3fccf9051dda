import json
from pathlib import Path

import numpy as np
import pytest
import torch

from pixcycle.base.errors import UserError
from pixcycle.evaluation.segmenter import fcn, load_segmenter, segment, train_segmenter
from pixcycle.metrics.segmentation import fcn_score
from pixcycle.params.schema import Segmenter
from pixcycle.records.manifest import Manifest, read_manifest

CLASSES = {"sea": (20, 40, 200), "wood": (30, 120, 40), "rock": (150, 140, 130)}
VOID = [(0, 0, 0)]
CELL, LOAD, CROP = 16, 48, 32
SEA, WOOD, ROCK, OUTSIDE = range(4)
N_TRAIN, N_TEST = 24, 10
TRAIN, TEST = [0.2, 0.5, 0.2, 0.1], [0.5, 0.2, 0.2, 0.1]
"""Share of each of the four kinds of cells."""


def world(seed: int, n: int, side: int, shares: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return photos, label maps and class indices of square cells; classes differ in brightness, OUTSIDE is random."""
    generator = np.random.default_rng(seed)
    cells = generator.choice(4, (n, side // CELL, side // CELL), p=shares).repeat(CELL, axis=1).repeat(CELL, axis=2)
    brightness = np.array([60, 120, 200, 0])[cells]
    brightness[cells == OUTSIDE] = generator.integers(0, 256, (cells == OUTSIDE).sum())
    photos = (brightness[..., None] + generator.integers(0, 40, (n, side, side, 3))).clip(0, 255).astype(np.uint8)
    palette = np.array([*CLASSES.values(), *VOID], np.uint8)
    return photos, palette[cells], cells


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    """Prepared data in which wood is most common in the training split, and sea in the test split."""
    folder = tmp_path_factory.mktemp("prepared")
    splits = {}
    for split, n, side, shares in (("train", N_TRAIN, LOAD, TRAIN), ("test", N_TEST, CROP, TEST)):
        photos, labels, _ = world(n, n, side, shares)
        np.save(folder / f"{split}_A.npy", photos)
        np.save(folder / f"{split}_B.npy", labels)
        splits[split] = {domain: {"n": n, "names": [f"{split}/{i}" for i in range(n)]} for domain in "AB"}
    spec = {"load_size": LOAD, "crop_size": CROP, "preprocess": "crop", "resize": "nearest"}
    Manifest(dataset="tiny", paired=True, spec=spec, splits=splits).write(folder / "manifest.json")
    return folder


def train(prepared: Path, out: Path, seed: int = 0, **changed) -> Path:
    defaults = {"backbone": "resnet18", "steps": 2, "batch_size": 4, "lr": 3e-3, "min_accuracy": 0}
    settings = Segmenter(**(defaults | changed))
    train_segmenter(settings, CLASSES, VOID, prepared, out, "0" * 8, seed)
    return out


@pytest.fixture(scope="module")
def trained(prepared, tmp_path_factory) -> Path:
    return train(prepared, tmp_path_factory.mktemp("trained") / "segmenter", steps=60)


def record(folder: Path) -> dict:
    return json.loads((folder / "segmenter.json").read_text())


def test_train_segmenter_learns_visible_classes(trained):
    measured = record(trained)
    assert measured["real"]["pixel_accuracy"] > 0.8 > 2 * measured["most_common_class_accuracy"]


def test_train_segmenter_scores_most_common_class_on_test_split(trained, prepared):
    _, _, cells = world(N_TEST, N_TEST, CROP, TEST)
    wood_among_scored = (cells == WOOD).sum() / (cells != OUTSIDE).sum()
    assert record(trained)["most_common_class_accuracy"] == pytest.approx(wood_among_scored)


def test_train_segmenter_records_what_it_was_trained_on(trained):
    measured = record(trained)
    assert measured["fingerprint"] == "0" * 8
    assert measured["classes"] == {name: list(colour) for name, colour in CLASSES.items()}
    assert measured["void"] == [[0, 0, 0]]
    assert measured["settings"]["backbone"] == "resnet18"
    assert (measured["steps"], measured["n_train"], measured["n_test"]) == (60, N_TRAIN, N_TEST)
    assert measured["seconds"] > 0


def test_load_segmenter_reproduces_recorded_scores(trained, prepared):
    network, measured = load_segmenter(trained)
    photos, labels = (np.load(prepared / f"test_{domain}.npy", mmap_mode="r") for domain in "AB")
    assert fcn_score(photos, labels, CLASSES, VOID, lambda images: segment(network, images)) == measured.real


def test_fcn_score_is_worse_for_photos_of_other_scenes(trained, prepared):
    network, measured = load_segmenter(trained)
    photos, labels = (np.load(prepared / f"test_{domain}.npy") for domain in "AB")
    elsewhere = fcn_score(np.roll(photos, 1, axis=0), labels, CLASSES, VOID, lambda images: segment(network, images))
    assert elsewhere["pixel_accuracy"] < measured.real["pixel_accuracy"] - 0.2


def test_segment_does_not_depend_on_other_photos(trained, prepared):
    network, _ = load_segmenter(trained)
    photos = np.load(prepared / "test_A.npy")
    together = segment(network.train(), photos)
    assert (together.dtype, together.shape) == (np.uint8, photos.shape[:3])
    np.testing.assert_array_equal(segment(network, photos, batch_size=3), together)


def test_fcn_score_of_label_maps_needs_no_network():
    _, labels, cells = world(5, 4, CROP, TEST)
    generated = labels.copy()
    generated[cells == ROCK] = (25, 110, 50)  # a little off the colour of wood
    scored = cells != OUTSIDE
    assert fcn_score(labels, labels, CLASSES, VOID) == {"pixel_accuracy": 1, "class_accuracy": 1, "class_iou": 1}
    measured = fcn_score(generated, labels, CLASSES, VOID)
    wood, rock = (cells == WOOD).sum(), (cells == ROCK).sum()
    assert measured == pytest.approx(
        {
            "pixel_accuracy": 1 - rock / scored.sum(),
            "class_accuracy": 2 / 3,
            "class_iou": (1 + wood / (wood + rock) + 0) / 3,
        }
    )


def test_train_segmenter_is_reproducible_bit_for_bit(prepared, tmp_path):
    weights = [
        (train(prepared, tmp_path / name, seed) / "model.safetensors").read_bytes()
        for name, seed in (("a", 3), ("b", 3), ("c", 4))
    ]
    assert weights[0] == weights[1] != weights[2]


def test_train_segmenter_refuses_unpaired_dataset(prepared, tmp_path):
    read_manifest(prepared).model_copy(update={"paired": False}).write(tmp_path / "manifest.json")
    with pytest.raises(UserError, match="unpaired"):
        train(tmp_path, tmp_path / "o")
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(("backbone", "channels"), [("resnet18", 128), ("resnet50", 2048)])
def test_fcn_predicts_once_per_8x8_pixels_and_enlarges(backbone, channels):
    network = fcn(backbone, 5).eval()
    photos = torch.zeros(1, 3, 64, 48)
    with torch.inference_mode():
        assert network.backbone(photos)["out"].shape == (1, channels, 8, 6)
        assert network(photos)["out"].shape == (1, 5, 64, 48)
