"""Label maps as class indices, and how well two of them agree: the three numbers of FCN-score."""

from collections.abc import Collection

import numpy as np

from pixcycle.errors import UserError

VOID = 255
"""Index of the pixels that belong to no class."""

Colours = Collection[tuple[int, int, int]]


def decode(images: np.ndarray, colours: Colours, void: Colours = ()) -> np.ndarray:
    """The class of each pixel of label maps, that of the nearest colour: uint8 (N, H, W, 3) to (N, H, W).

    Nearest is by Euclidean distance in RGB, so that generated, compressed and resized label maps are read too;
    of equally near ones the first wins. colours: of classes 0, 1, ..., at most 255. void: decode to VOID.
    """
    palette = np.array([*colours, *void], np.float32)
    classes = np.full(len(palette), VOID, np.uint8)
    classes[: len(colours)] = np.arange(len(colours))
    decoded = np.empty(images.shape[:-1], np.uint8)
    for place, image in zip(decoded, images, strict=True):
        # |x - c|^2 is smallest where x.c - |c|^2 / 2 is largest; float32 holds these numbers exactly.
        pixels = image.reshape(-1, 3).astype(np.float32)
        nearest = (pixels @ palette.T - (palette**2).sum(axis=1) / 2).argmax(axis=1)
        place[...] = classes[nearest].reshape(place.shape)
    return decoded


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """How many pixels of class i were taken for class j, in row i and column j: (C, C + 1) int64.

    Pixels whose truth is VOID are not counted. The last column counts those that were taken for VOID, a mistake.
    truth, predicted: class indices or VOID, uint8 arrays (N, H, W) of one shape.
    """
    if truth.shape != predicted.shape:
        raise ValueError(f"truth is {truth.shape}, but the prediction {predicted.shape}")
    counts = np.zeros((classes, classes + 1), np.int64)
    for true, found in zip(truth, predicted, strict=True):
        scored = true != VOID
        column = np.minimum(found[scored], classes)
        cells = true[scored].astype(np.int64) * (classes + 1) + column
        counts += np.bincount(cells, minlength=counts.size).reshape(counts.shape)
    return counts


def scores(confusion: np.ndarray) -> dict[str, float]:
    """The three numbers of FCN-score (Long et al. 2015, section 5; reports 002 and 004).

    With n_ij pixels of class i taken for class j, and t_i = sum_j n_ij of class i:
    pixel_accuracy = sum_i n_ii / sum_i t_i; class_accuracy = mean of n_ii / t_i over the classes that occur in the
    truth; class_iou = mean of n_ii / (t_i + sum_j n_ji - n_ii) over those that occur in truth or prediction. (The
    pix2pix authors' script counts a class that does not occur as 0; on Cityscapes all occur.)
    confusion: (C, C + 1), as from `confusion`. Raises UserError if it counts no pixel.
    """
    hits, total = confusion.diagonal(), confusion.sum(axis=1)
    union = total + confusion[:, :-1].sum(axis=0) - hits
    if not total.any():
        raise UserError("FCN-score: no pixel of the label maps belongs to a class; see `classes` and `void`")
    return {
        "pixel_accuracy": float(hits.sum() / total.sum()),
        "class_accuracy": float((hits / np.maximum(total, 1))[total > 0].mean()),
        "class_iou": float((hits / np.maximum(union, 1))[union > 0].mean()),
    }
