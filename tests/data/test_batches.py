import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from baseline.loading import SideBySide
from baseline.loading import batches as batches_of_pillow
from PIL import Image
from torch.utils._python_dispatch import TorchDispatchMode

from pixcycle.base.errors import UserError
from pixcycle.data import batches as module
from pixcycle.data.batches import Batches, to_tensor, to_uint8
from pixcycle.data.prepare import PrepareSpec, prepare
from pixcycle.params.dataset import Dataset
from pixcycle.records.manifest import Manifest


def tell_tale(n: int, side: int) -> np.ndarray:
    """Return images whose pixels encode (image, row, column): uint8 (n, side, side, 3)."""
    return np.stack(np.indices((n, side, side)), axis=-1).astype(np.uint8)


def prepared(folder: Path, n_a: int = 10, n_b: int | None = None, side: int = 8, paired: bool = True) -> Path:
    folder.mkdir()
    for domain, n in (("A", n_a), ("B", n_a if n_b is None else n_b)):
        np.save(folder / f"train_{domain}.npy", tell_tale(n, side))
    Manifest(dataset="tiny", paired=paired, splits={}).write(folder / "manifest.json")
    return folder


def read(batch: torch.Tensor) -> list[tuple[int, int, int, bool]]:
    """Return (image, top, left, flipped) of each sample; fail unless it is a crop of one tell-tale image."""
    crops = []
    for image, rows, columns in to_uint8(batch).astype(int).transpose(0, 3, 1, 2):
        size = len(rows)
        flipped = size > 1 and columns[0, 0] > columns[0, 1]
        top, left = rows.min(), columns.min()
        across = np.arange(size)[::-1] if flipped else np.arange(size)
        assert (image == image[0, 0]).all()
        np.testing.assert_array_equal(rows, np.arange(top, top + size)[:, None].repeat(size, axis=1))
        np.testing.assert_array_equal(columns, (left + across)[None].repeat(size, axis=0))
        crops.append((int(image[0, 0]), int(top), int(left), bool(flipped)))
    return crops


def batches(folder: Path, **settings) -> Batches:
    defaults = {"crop_size": 5, "flip": True, "paired": True, "batch_size": 2, "seed": 3, "device": "cpu"}
    return Batches(folder, "train", **(defaults | settings))


def samples(data: Batches, epoch: int = 0) -> tuple[list, list]:
    """Return the samples that an epoch shows of A and of B, in order."""
    pairs = [(read(a), read(b)) for a, b in data.epoch(epoch)]
    return [s for a, _ in pairs for s in a], [s for _, b in pairs for s in b]


def test_batches_are_normalised_crops(tmp_path):
    a, b = next(batches(prepared(tmp_path / "d")).epoch(0))
    for batch in (a, b):
        assert (batch.dtype, batch.shape) == (torch.float32, (2, 3, 5, 5))
        levels = (batch + 1) * 127.5
        torch.testing.assert_close(levels, levels.round(), atol=1e-4, rtol=0)
        assert len(read(batch)) == 2


def test_paired_batches_share_image_crop_and_flip(tmp_path):
    a, b = samples(batches(prepared(tmp_path / "d", 100)))
    assert a == b
    assert len(set(a)) == 100


def test_unpaired_batches_share_neither_image_nor_crop(tmp_path):
    a, b = samples(batches(prepared(tmp_path / "d", 100), paired=False))
    assert sum(one[0] == other[0] for one, other in zip(a, b, strict=True)) < 10
    of_a, of_b = ({image: place for image, *place in domain} for domain in (a, b))
    assert sum(of_a[i] == of_b[i] for i in range(100)) < 20  # by chance, 16 places x 2 flips agree in 3 of 100


def test_epoch_shows_every_image_once_in_a_new_order(tmp_path):
    data = batches(prepared(tmp_path / "d", 50))
    orders = [[image for image, *_ in samples(data, epoch)[0]] for epoch in range(3)]
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert orders[0] != orders[1] != orders[2] != orders[0]


def test_batches_augmentation_depends_on_seed_epoch_and_image_alone(tmp_path):
    by_image = {}
    for name, n, batch_size in (("reference", 40, 2), ("larger batches", 40, 8), ("fewer images", 30, 3)):
        shown = samples(batches(prepared(tmp_path / name, n), batch_size=batch_size), epoch=4)[0]
        by_image[name] = {image: place for image, *place in shown}
    assert len(by_image["reference"]) == 40
    assert by_image["larger batches"] == by_image["reference"]
    assert by_image["fewer images"].items() <= by_image["reference"].items()


@pytest.mark.parametrize("other", [{"seed": 4}, {"epoch": 5}])
def test_batches_augment_differently_for_another_seed_or_epoch(tmp_path, other):
    folder = prepared(tmp_path / "d", 100)
    one, two = (
        {image: place for image, *place in samples(batches(folder, seed=s), epoch=e)[0]}
        for s, e in ((3, 4), (other.get("seed", 3), other.get("epoch", 4)))
    )
    assert sum(one[i] == two[i] for i in range(100)) < 20


def test_epochs_are_reproducible_in_any_order(tmp_path):
    data = batches(prepared(tmp_path / "d"))
    later = samples(data, epoch=7)
    assert samples(data, epoch=2) != later
    assert samples(batches(tmp_path / "d"), epoch=7) == later


def test_batches_draw_crops_and_flips_uniformly(tmp_path):
    data = batches(prepared(tmp_path / "d", 200, side=4), crop_size=2, batch_size=50)
    seen = Counter(tuple(place) for epoch in range(9) for _, *place in samples(data, epoch)[0])
    expected = 1800 / (3 * 3 * 2)
    assert set(seen) == {(top, left, flip) for top in range(3) for left in range(3) for flip in (False, True)}
    chi_squared = sum((count - expected) ** 2 / expected for count in seen.values())
    assert chi_squared < 40.8  # 17 degrees of freedom: exceeded once in a thousand


def test_batches_without_flip_or_crop_leave_images_unchanged(tmp_path):
    folder = prepared(tmp_path / "d", side=8)
    shown = samples(batches(folder, flip=False, crop_size=8))[0]
    assert {(top, left, flip) for _, top, left, flip in shown} == {(0, 0, False)}


def test_batches_draw_the_same_crops_with_and_without_flip(tmp_path):
    folder = prepared(tmp_path / "d", 40)
    flipping, plain = (samples(batches(folder, flip=flip))[0] for flip in (True, False))
    assert [s[:3] for s in plain] == [s[:3] for s in flipping]
    assert not any(s[3] for s in plain)


@pytest.mark.parametrize(("n_a", "n_b"), [(10, 4), (4, 10)])
def test_epoch_repeats_the_smaller_domain_in_new_order_and_crops(tmp_path, n_a, n_b):
    data = batches(prepared(tmp_path / "d", n_a, n_b, side=200, paired=False), paired=False)
    assert len(data) == 5
    large, small = sorted(samples(data), key=lambda domain: -len({image for image, *_ in domain}))
    assert sorted(image for image, *_ in large) == list(range(10))
    first, second = small[:4], small[4:8]
    assert sorted(s[0] for s in first) == sorted(s[0] for s in second) == [0, 1, 2, 3]
    assert not set(first) & set(second)
    rounds = {tuple(s[0] for s in samples(data, e)[0 if n_a == 4 else 1][i : i + 4]) for e in range(5) for i in (0, 4)}
    assert len(rounds) > 5


def test_epoch_length_smaller_shows_the_smaller_domain_once(tmp_path):
    data = batches(prepared(tmp_path / "d", n_a=4, n_b=40, paired=False), paired=False, epoch_length="smaller")
    assert len(data) == 2
    seen = [[{image for image, *_ in domain} for domain in samples(data, epoch)] for epoch in (0, 1)]
    assert all(a == {0, 1, 2, 3} and len(b) == 4 for a, b in seen)
    assert seen[0][1] != seen[1][1]


def test_epoch_leaves_out_different_images_that_fill_no_batch(tmp_path):
    data = batches(prepared(tmp_path / "d", 10), batch_size=4)
    assert len(data) == 2
    left_out = [set(range(10)) - {image for image, *_ in samples(data, epoch)[0]} for epoch in range(6)]
    assert all(len(images) == 2 for images in left_out)
    assert len(set.union(*left_out)) > 4


def test_epoch_of_fewer_images_than_a_batch_is_one_batch(tmp_path):
    data = batches(prepared(tmp_path / "d", 3), batch_size=16)
    assert len(data) == 1
    assert [len(a) for a, _ in data.epoch(0)] == [3]


def test_last_batch_kept_shows_every_image_once(tmp_path):
    data = batches(prepared(tmp_path / "d", 10), batch_size=4, last_batch="kept")
    assert [len(a) for a, _ in data.epoch(0)] == [4, 4, 2] and len(data) == 3
    a, b = samples(data)
    assert a == b and sorted(image for image, *_ in a) == list(range(10))
    assert data.images(7) == 10 + 10 + 4


def test_last_batch_kept_by_domain_differs_between_domains(tmp_path):
    """In report 000's code, the last batch of horse2zebra has 3 of 1067 horses and 8 of 1334 zebras; here 3 and 4."""
    folder = prepared(tmp_path / "d", n_a=7, n_b=40, paired=False)
    data = batches(folder, paired=False, batch_size=4, epoch_length="smaller", last_batch="kept_by_domain")
    assert [(len(a), len(b)) for a, b in data.epoch(0)] == [(4, 4), (3, 4)] and len(data) == 2
    a, b = samples(data)
    assert sorted(image for image, *_ in a) == list(range(7)) and len({image for image, *_ in b}) == 8


def test_last_batch_is_shared_in_equal_parts_or_refused(tmp_path):
    folder = prepared(tmp_path / "d", 10)
    whole, *parts = (
        [read(a) for a, _ in batches(folder, batch_size=4, last_batch="kept", share=share).epoch(0)]
        for share in ((0, 1), (0, 2), (1, 2))
    )
    assert [one + other for one, other in zip(*parts, strict=True)] == whole
    with pytest.raises(UserError, match="4 GPUs cannot share a last batch of 2 equally"):
        batches(folder, batch_size=4, last_batch="kept", share=(0, 4))


def test_batches_with_independent_jitter_pair_the_same_images(tmp_path):
    a, b = samples(batches(prepared(tmp_path / "d", 100), pair_jitter="independent"))
    assert [image for image, *_ in a] == [image for image, *_ in b]
    assert sum(one == other for one, other in zip(a, b, strict=True)) < 20


def test_batches_refuse_pairs_of_an_unpaired_dataset(tmp_path):
    with pytest.raises(UserError, match="unpaired"):
        batches(prepared(tmp_path / "d", paired=False), paired=True)


def test_batches_equal_images_that_pillow_resizes_and_crops(tmp_path):
    smooth = np.random.default_rng(0).integers(0, 256, (7, 8, 16, 3), dtype=np.uint8)
    files = [tmp_path / f"raw/files/train/{i}.jpg" for i in range(7)]
    files[0].parent.mkdir(parents=True)
    for file, pixels in zip(files, smooth, strict=True):
        Image.fromarray(pixels).resize((80, 40), Image.Resampling.BICUBIC).save(file)
    (tmp_path / "raw/fetched.json").write_text(json.dumps({"dataset": "tiny", "sources": [{"root": "files"}]}))
    dataset = Dataset(
        title="", layout="side_by_side", sources=[{"locations": ["x"]}], licence="",
        splits={"train": ["train"], "test": ["train"]},
    )  # fmt: skip
    spec = PrepareSpec(load_size=45, crop_size=32, preprocess="jitter", resize="bicubic")
    prepare("tiny", dataset, tmp_path / "raw", tmp_path / "out", spec)

    data = batches(tmp_path / "out", crop_size=32)
    draws = data.draws(epoch=2, domain=0)
    assert set(draws.flips) == {False, True}
    shown = zip(draws.rows, draws.corners.tolist(), draws.flips, strict=True)
    places = {row: (top, left, flip) for row, (top, left), flip in shown}
    pillow = SideBySide(files, load_size=45, crop_size=32, place=places.__getitem__)
    pairs = zip(data.epoch(2), batches_of_pillow(pillow, 2, 0, "cpu", order=draws.rows.tolist()), strict=True)
    for ours, theirs in pairs:
        torch.testing.assert_close(ours, theirs, atol=1e-7, rtol=0)


OWN_MEMORY = """
import re, sys
from pathlib import Path
from pixcycle.data.batches import Batches

def most_in_an_epoch(folder):
    epoch = Batches(Path(folder), "train", 48, True, True, 4, seed=0, device="cpu").epoch(0)
    return max(int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) for _ in epoch)

few, many = map(most_in_an_epoch, sys.argv[1:])
print((many - few) / 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux counts a process's own memory")
def test_epoch_memory_does_not_grow_with_the_number_of_images(tmp_path):
    """Pages of a mapped file are not counted: the system reclaims them when it needs memory."""
    sizes = {"few": 50, "many": 2000}
    for name, n in sizes.items():
        (tmp_path / name).mkdir()
        for domain in "AB":
            file = tmp_path / name / f"train_{domain}.npy"
            np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=(n, 64, 64, 3))
        Manifest(dataset="tiny", paired=True, splits={}).write(tmp_path / name / "manifest.json")
    command = [sys.executable, "-c", OWN_MEMORY, *(tmp_path / name for name in sizes)]
    grown = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    arrays_differ_by = 2 * 1950 * 64 * 64 * 3 / 2**20
    assert arrays_differ_by > 45
    assert grown < 5


class Operations(TorchDispatchMode):
    """Record PyTorch's operations. Pinning is recorded but not done, because it needs the driver of a GPU."""

    def __init__(self):
        super().__init__()
        self.pinned, self.copies = [], []

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if operation is torch.ops.aten.empty.memory_format:
            self.pinned.append(kwargs.pop("pin_memory"))
        if operation is torch.ops.aten._to_copy.default and "device" in kwargs:
            self.copies.append((args[0].dtype, kwargs["dtype"], kwargs.get("non_blocking", False)))
        return operation(*args, **kwargs)


def test_batches_copy_pinned_bytes_to_a_gpu_asynchronously(tmp_path, monkeypatch):
    """The meta device stands for the GPU: reading or copying from it raises an error."""
    to = torch.Tensor.to
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, device, **how: to(tensor, "meta", **how))
    data = batches(prepared(tmp_path / "d"), device="cuda")
    with Operations() as operations:
        shown = list(data.epoch(0))
    assert operations.pinned == [True] * len(data)
    assert operations.copies == [(torch.uint8, torch.uint8, True)] * len(data)
    assert all((x.device.type, x.dtype, x.shape) == ("meta", torch.float32, (2, 3, 5, 5)) for x in sum(shown, ()))


def test_to_uint8_inverts_to_tensor_for_every_level():
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    tensor = to_tensor(levels)
    assert (tensor.min().item(), tensor.max().item()) == (-1.0, 1.0)
    np.testing.assert_array_equal(to_uint8(tensor), levels)


def test_to_tensor_keeps_channels_rows_and_columns_in_place():
    image = np.random.default_rng(0).integers(0, 256, (2, 3, 5, 3), dtype=np.uint8)
    tensor = to_tensor(image)
    assert tensor.shape == (2, 3, 3, 5)
    assert tensor[1, 2, 0, 4].item() == pytest.approx(int(image[1, 0, 4, 2]) / 127.5 - 1)
    np.testing.assert_array_equal(to_uint8(tensor), image)


@pytest.mark.parametrize(
    ("value", "level"),
    [(-1.5, 0), (1.5, 255), (-1 + 0.49 / 127.5, 0), (-1 + 0.51 / 127.5, 1), (1 - 0.49 / 127.5, 255)],
)
def test_to_uint8_clamps_and_rounds_to_the_nearest_level(value, level):
    assert to_uint8(torch.full((1, 3, 2, 2), value)).tolist() == [[[[level] * 3] * 2] * 2]


def test_to_uint8_accepts_half_precision():
    assert to_uint8(torch.ones(1, 3, 2, 2, dtype=torch.bfloat16, requires_grad=True)).min() == 255


def test_to_tensor_does_not_write_to_a_memory_mapped_array(tmp_path):
    np.save(tmp_path / "x.npy", tell_tale(2, 4))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    to_tensor(mapped).fill_(0)
    np.testing.assert_array_equal(mapped, tell_tale(2, 4))


def test_test_images_are_whole_and_in_order_with_their_names(tmp_path):
    a, b = tell_tale(3, 4), 255 - tell_tale(2, 4)
    np.save(tmp_path / "test_A.npy", a)
    np.save(tmp_path / "test_B.npy", b)
    names = {"A": {"n": 3, "names": ["test/1", "test/2", "test/10"]}, "B": {"n": 2, "names": ["test/3", "test/4"]}}
    Manifest(dataset="tiny", paired=False, splits={"test": names}).write(tmp_path / "manifest.json")
    found_a, found_b, names_a, names_b = module.test_images(tmp_path)
    np.testing.assert_array_equal(found_a, a)
    np.testing.assert_array_equal(found_b, b)
    assert (names_a, names_b) == (["test/1", "test/2", "test/10"], ["test/3", "test/4"])
    assert isinstance(found_a, np.memmap)


@pytest.mark.parametrize("share", [(0, 1), (1, 2)])
def test_epoch_started_at_any_batch_equals_the_rest_of_the_epoch(tmp_path, share):
    data = batches(prepared(tmp_path / "d", 12, 8), batch_size=4, paired=False, share=share)
    whole = list(data.epoch(1))
    for first in range(4):
        rest = list(data.epoch(1, first))
        assert len(rest) == 3 - first
        for one, other in zip(rest, whole[first:], strict=True):
            assert all(torch.equal(*pair) for pair in zip(one, other, strict=True))
