import hashlib
import json
import os
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import interpolate

from pixcycle.base.errors import UserError
from pixcycle.data import prepare as module
from pixcycle.data.layouts import side_by_side
from pixcycle.data.prepare import prepare
from tests.conftest import wait_until
from tests.support.tiny_archives import dataset, record, spec


def places(side: int) -> np.ndarray:
    """Return an image whose pixels encode their place: (row, column, 0)."""
    grid = np.indices((side, side)).transpose(1, 2, 0)
    return np.concatenate([grid, np.zeros((side, side, 1))], axis=-1).astype(np.uint8)


def raw_pairs(raw: Path, a: np.ndarray, train: int = 3, val: int = 2) -> Path:
    """Write a fetched dataset of equal pairs, the image `a` and its negative, and return its raw folder."""
    for split, n in (("train", train), ("val", val)):
        (raw / "files" / split).mkdir(parents=True)
        for i in range(n):
            Image.fromarray(np.concatenate([a, 255 - a], axis=1)).save(raw / f"files/{split}/{i}.png")
    return record(raw, raw / "files")


def arrays(out: Path) -> dict[str, np.ndarray]:
    return {file.stem: np.load(file, mmap_mode="r") for file in sorted(out.glob("*.npy"))}


def manifest(out: Path) -> dict:
    return json.loads((out / "manifest.json").read_text())


@pytest.mark.parametrize("file_type", ["png", "jpeg"])
def test_prepare_records_file_types_whatever_the_suffix(tmp_path, file_type):
    raw = raw_pairs(tmp_path / "raw", places(16))
    for file in (raw / "files").rglob("*.png"):
        pair = Image.open(file).convert("RGB")
        file.unlink()
        pair.save(file, format=file_type)
    prepare("tiny", dataset(), raw, tmp_path / "out", spec())
    splits = manifest(tmp_path / "out")["splits"].values()
    assert [domain["file_types"] for split in splits for domain in split.values()] == [[file_type]] * 4


def test_prepare_keeps_every_pixel_of_images_of_the_right_size(tmp_path):
    a = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    prepare("tiny", dataset(), raw_pairs(tmp_path / "raw", a), tmp_path / "out", spec(resize="bicubic"))
    by_name = arrays(tmp_path / "out")
    assert {name: array.shape[0] for name, array in by_name.items()} == {
        "test_A": 2,
        "test_B": 2,
        "train_A": 3,
        "train_B": 3,
    }
    for name, array in by_name.items():
        assert (array.dtype, array.shape[1:], array.flags.c_contiguous) == (np.uint8, (16, 16, 3), True)
        np.testing.assert_array_equal(array, np.stack([255 - a if name.endswith("B") else a] * len(array)))


def test_prepare_jitter_trains_at_load_size_and_tests_at_crop_size(tmp_path):
    raw = raw_pairs(tmp_path / "raw", places(32))
    prepare("tiny", dataset(), raw, tmp_path / "out", spec(load_size=64, crop_size=16))
    by_name = arrays(tmp_path / "out")
    np.testing.assert_array_equal(by_name["train_A"][0], places(32).repeat(2, axis=0).repeat(2, axis=1))
    # Reducing by a factor of 2, nearest neighbour takes every second pixel.
    np.testing.assert_array_equal(by_name["test_A"][0], places(32)[1::2, 1::2])


def test_prepare_first_size_loses_detail_before_both_splits_are_resized(tmp_path):
    raw = raw_pairs(tmp_path / "raw", places(32))
    prepare("tiny", dataset(), raw, tmp_path / "out", spec(load_size=32, crop_size=16, first_size=8))
    by_name, small = arrays(tmp_path / "out"), places(32)[2::4, 2::4]
    np.testing.assert_array_equal(by_name["train_A"][0], small.repeat(4, axis=0).repeat(4, axis=1))
    np.testing.assert_array_equal(by_name["test_A"][0], small.repeat(2, axis=0).repeat(2, axis=1))
    assert manifest(tmp_path / "out")["splits"]["train"]["A"]["sizes"][0] == [32, 32]


@pytest.mark.parametrize(("crop_size", "first"), [(12, 10), (13, 9)])
def test_prepare_crop_tests_the_centre_of_the_loaded_image(tmp_path, crop_size, first):
    raw = raw_pairs(tmp_path / "raw", places(32))
    prepare("tiny", dataset(), raw, tmp_path / "out", spec(32, crop_size, preprocess="crop"))
    by_name = arrays(tmp_path / "out")
    assert by_name["train_A"].shape == (3, 32, 32, 3)
    last = first + crop_size
    np.testing.assert_array_equal(by_name["test_A"][0], places(32)[first:last, first:last])


@pytest.mark.parametrize("method", ["bilinear", "bicubic"])
def test_prepare_antialiases_bilinear_and_bicubic(tmp_path, method):
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    prepare("tiny", dataset(), raw_pairs(tmp_path / "raw", stripes), tmp_path / "out", spec(resize=method))
    inside = arrays(tmp_path / "out")["train_A"][0][:, 2:-2].astype(int)
    np.testing.assert_allclose(inside, 127.5, atol=1)


def test_prepare_jitters_maps_from_600_by_286_and_tests_them_whole_at_256(tmp_path):
    """As in the code of report 000: nearest neighbour by pixel centres, and no crop of test images."""
    a = np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8)
    raw = raw_pairs(tmp_path / "raw", a, train=1, val=1)
    prepare("tiny", dataset(), raw, tmp_path / "out", spec(286, 256, resize="nearest-exact"))
    tensor = torch.from_numpy(a).permute(2, 0, 1)[None]
    for split, side in (("train", 286), ("test", 256)):
        expected = interpolate(tensor, size=side, mode="nearest-exact")[0].permute(1, 2, 0)
        np.testing.assert_array_equal(arrays(tmp_path / "out")[f"{split}_A"][0], expected)


def test_prepare_stretches_intensities_of_whole_images_in_both_splits(tmp_path):
    a = np.random.default_rng(0).integers(100, 152, (16, 16, 3), dtype=np.uint8)
    a[0, 0], a[8, 8] = 100, 151
    raw = raw_pairs(tmp_path / "raw", a)
    prepare("tiny", dataset(), raw, tmp_path / "out", spec(16, 8, preprocess="crop", intensities="stretched"))
    expected = (a - 100) * 5  # 151 - 100 levels become 255
    by_name = arrays(tmp_path / "out")
    np.testing.assert_array_equal(by_name["train_A"][0], expected)
    np.testing.assert_array_equal(by_name["train_B"][0], 255 - expected)
    np.testing.assert_array_equal(by_name["test_A"][0], expected[4:12, 4:12])


def test_prepare_stretches_images_to_a_square(tmp_path):
    wide = places(16).repeat(2, axis=1)
    raw = raw_pairs(tmp_path / "raw", wide)
    prepare("tiny", dataset(), raw, tmp_path / "out", spec())
    np.testing.assert_array_equal(arrays(tmp_path / "out")["train_A"][0], places(16))


def test_prepare_manifest_describes_the_arrays(tmp_path):
    raw = raw_pairs(tmp_path / "raw", places(16))
    prepare("tiny", dataset(domains=("photo", "label")), raw, tmp_path / "out", spec(load_size=18))
    written = manifest(tmp_path / "out")
    assert {key: written[key] for key in ("dataset", "title", "paired", "domains", "spec")} == {
        "dataset": "tiny",
        "title": "Tiny pairs",
        "paired": True,
        "domains": ["photo", "label"],
        "spec": {
            "load_size": 18,
            "crop_size": 16,
            "preprocess": "jitter",
            "resize": "nearest",
            "first_size": None,
            "intensities": "fixed",
            "train_images": None,
            "test_images": None,
        },
    }
    assert written["card"]["counts"] == {
        "train": {"found": 3, "published": 5, "difference": -2},
        "val": {"found": 2, "published": None, "difference": None},
    }
    for split, names in (("train", ["train/0", "train/1", "train/2"]), ("test", ["val/0", "val/1"])):
        for domain in "AB":
            described = written["splits"][split][domain]
            array = np.load(tmp_path / f"out/{split}_{domain}.npy")
            assert described == {
                "n": len(array),
                "names": names,
                "sizes": [[16, 16]] * len(names),
                "file_types": ["png"],
                "sha256": hashlib.sha256(array.tobytes()).hexdigest(),
            }
    assert written["card"]["duplicates"]["A"]["across splits"]["images"] == 5


def test_prepare_limits_take_the_first_images_and_count_all(tmp_path):
    raw = raw_pairs(tmp_path / "raw", places(16), train=12, val=4)
    prepare("tiny", dataset(), raw, tmp_path / "out", spec(train_images=11, test_images=1))
    written = manifest(tmp_path / "out")
    assert written["splits"]["train"]["B"]["names"] == [f"train/{i}" for i in range(11)]
    assert written["splits"]["test"]["A"]["names"] == ["val/0"]
    assert [len(array) for array in arrays(tmp_path / "out").values()] == [1, 1, 11, 11]
    assert {folder: count["found"] for folder, count in written["card"]["counts"].items()} == {"train": 12, "val": 4}


def test_prepare_names_an_unreadable_image_and_leaves_nothing(tmp_path):
    raw = raw_pairs(tmp_path / "raw", places(16))
    broken = raw / "files/val/1.png"
    broken.write_bytes(broken.read_bytes()[:-30])
    with pytest.raises(UserError, match=r"tiny: cannot read the image .*files/val/1\.png"):
        prepare("tiny", dataset(), raw, tmp_path / "prepared/out", spec())
    assert list((tmp_path / "prepared").iterdir()) == []


def test_prepare_discards_what_an_interruption_left(tmp_path):
    raw = raw_pairs(tmp_path / "raw", places(16))
    (tmp_path / "out.part").mkdir()
    (tmp_path / "out.part/train_C.npy").write_bytes(b"half")
    prepare("tiny", dataset(), raw, tmp_path / "out", spec())
    assert sorted(arrays(tmp_path / "out")) == ["test_A", "test_B", "train_A", "train_B"]
    assert not (tmp_path / "out.part").exists()


def test_prepare_progress_names_dataset_split_and_domain(tmp_path, capfd):
    prepare("tiny", dataset(), raw_pairs(tmp_path / "raw", places(16)), tmp_path / "out", spec())
    assert "prepare tiny: train B, 3 images" in capfd.readouterr().err


def test_prepare_writes_the_same_bytes_with_any_number_of_threads(tmp_path):
    raw = raw_pairs(tmp_path / "raw", places(16), train=9)
    slow = np.random.default_rng(0).integers(0, 256, (1024, 2048, 3), dtype=np.uint8)
    Image.fromarray(slow).save(raw / "files/train/0.png")  # finishes after the images that follow it
    for threads in (1, 4):
        prepare("tiny", dataset(), raw, tmp_path / f"{threads}", spec(resize="bicubic"), threads)
    files = sorted(file.name for file in (tmp_path / "1").iterdir())
    assert files == ["SHA256SUMS", "manifest.json", "test_A.npy", "test_B.npy", "train_A.npy", "train_B.npy"]
    assert all((tmp_path / "1" / f).read_bytes() == (tmp_path / "4" / f).read_bytes() for f in files)


def test_prepare_decodes_in_the_requested_number_of_threads(tmp_path, monkeypatch):
    barrier, decode = threading.Barrier(3, timeout=20), side_by_side.decode

    def decode_together(*args):
        barrier.wait()
        return decode(*args)

    monkeypatch.setattr(side_by_side, "decode", decode_together)
    raw = raw_pairs(tmp_path / "raw", places(16), train=6, val=3)
    prepare("tiny", dataset(), raw, tmp_path / "out", spec(), threads=3)
    assert len(arrays(tmp_path / "out")["train_A"]) == 6


def test_prepare_threads_do_not_run_ahead_of_a_slow_disk(tmp_path, monkeypatch):
    opened, ahead, decode = [], [], side_by_side.decode

    def decode_and_record(*args):
        opened.append(args)
        return decode(*args)

    def written_slowly(images, *args, **kwargs):
        opened.clear()
        for i, image in enumerate(images):
            if not ahead:
                wait_until(lambda: len(opened) > 1)
            time.sleep(0.01)
            ahead.append(len(opened) - i)
            yield image

    monkeypatch.setattr(side_by_side, "decode", decode_and_record)
    monkeypatch.setattr(module, "track", written_slowly)
    prepare("tiny", dataset(), raw_pairs(tmp_path / "raw", places(16), 40, 1), tmp_path / "out", spec(), threads=2)
    assert 2 <= max(ahead) <= 6


PEAK = """
import json, resource, sys
from pathlib import Path
from pixcycle.params.dataset import Dataset
from pixcycle.data.prepare import PrepareSpec, prepare
raw, out, dataset, spec = sys.argv[1:]
prepare("tiny", Dataset(**json.loads(dataset)), Path(raw), Path(out), PrepareSpec(**json.loads(spec)), threads=2)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def peak_megabytes(raw: Path, out: Path, n: int) -> int:
    described, limits = dataset().model_dump_json(), spec(256, 256, train_images=n).model_dump_json()
    process = subprocess.run(
        [sys.executable, "-c", PEAK, raw, out, described, limits], capture_output=True, text=True, check=True
    )
    return int(process.stdout)


def test_prepare_memory_does_not_grow_with_the_number_of_images(tmp_path):
    raw = raw_pairs(tmp_path / "raw", np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8), 1, 1)
    for i in range(1, 200):
        os.link(raw / "files/train/0.png", raw / f"files/train/{i}.png")
    few, many = (peak_megabytes(raw, tmp_path / f"out{n}", n) for n in (10, 200))
    arrays_differ_by = 2 * 190 * 256 * 256 * 3 >> 20
    assert arrays_differ_by > 70
    assert many - few < 15


MIRROR = os.environ.get("PIXCYCLE_TEST_MIRROR", "")


@pytest.mark.skipif(not MIRROR, reason="PIXCYCLE_TEST_MIRROR names no mirror with pix2pix/datasets/facades.tar.gz")
def test_prepare_keeps_the_published_facades_pixel_for_pixel(tmp_path):
    archive = Path(unquote(urlsplit(MIRROR).path)) / "pix2pix/datasets/facades.tar.gz"
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "files", filter="data")
    published = {"train": 400, "val": 100, "test": 106}
    facades = dataset(splits={"train": ["train"], "test": ["val", "test"]}, published=published)
    prepare("facades", facades, record(tmp_path / "raw", tmp_path / "files"), tmp_path / "out", spec(256, 256))
    written = manifest(tmp_path / "out")
    assert all(count["found"] == count["published"] for count in written["card"]["counts"].values())
    assert [len(array) for array in arrays(tmp_path / "out").values()] == [206, 206, 400, 400]
    assert written["splits"]["test"]["A"]["names"].index("val/8") == 7
    with Image.open(tmp_path / "files/facades/val/8.jpg") as pair:
        photo, label = np.split(np.asarray(pair), 2, axis=1)
    np.testing.assert_array_equal(arrays(tmp_path / "out")["test_A"][7], photo)
    np.testing.assert_array_equal(arrays(tmp_path / "out")["test_B"][7], label)
