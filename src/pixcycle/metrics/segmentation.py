"""FCN-score: label maps as class indices, and three measures of how well two of them agree."""

from collections.abc import Callable, Collection

import numpy as np

from pixcycle.base.errors import UserError
from pixcycle.metrics.metric import Colour, Metric, Score

VOID = 255
"""Index of pixels that belong to no class."""

Colours = Collection[Colour]


def decode(images: np.ndarray, colours: Colours, void: Colours = ()) -> np.ndarray:
    """Return the class of each pixel of label maps, uint8 (N, H, W): that of the nearest colour.

    Distances are Euclidean in RGB, so that generated, compressed and resized label maps can be read too. Of equally
    near colours the first wins.

    Parameters
    ----------
    images
        Label maps, uint8 (N, H, W, 3).
    colours
        Colours of classes 0, 1, ...; at most 255.
    void
        Colours that decode to VOID.
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
    """Return the confusion matrix, int64 (C, C + 1): pixels of class i that were predicted as class j.

    Pixels whose true class is VOID are not counted. The last column counts pixels predicted as VOID, which are errors.

    Parameters
    ----------
    truth, predicted
        Class indices or VOID, uint8 arrays (N, H, W) of the same shape.
    classes
        C.
    """
    if truth.shape != predicted.shape:
        raise ValueError(f"truth is {truth.shape}, but the prediction {predicted.shape}")
    counts = np.zeros((classes, classes + 1), np.int64)
    for true, guess in zip(truth, predicted, strict=True):
        scored = true != VOID
        column = np.minimum(guess[scored], classes)
        cells = true[scored].astype(np.int64) * (classes + 1) + column
        counts += np.bincount(cells, minlength=counts.size).reshape(counts.shape)
    return counts


def scores(confusion: np.ndarray) -> dict[str, float]:
    """Return the three numbers of FCN-score (Long et al. 2015, section 5; reports 002 and 004).

    With n_ij pixels of class i predicted as class j, and t_i = sum_j n_ij pixels of class i:
    pixel_accuracy = sum_i n_ii / sum_i t_i; class_accuracy = mean of n_ii / t_i over the classes that occur in the
    truth; class_iou = mean of n_ii / (t_i + sum_j n_ji - n_ii) over those that occur in truth or prediction. (The
    pix2pix authors' script counts a class that does not occur as 0; on Cityscapes all occur.)

    Parameters
    ----------
    confusion
        (C, C + 1), as returned by `confusion`.

    Raises
    ------
    UserError
        If the matrix counts no pixel.
    """
    hits, total = confusion.diagonal(), confusion.sum(axis=1)
    union = total + confusion[:, :-1].sum(axis=0) - hits
    if not total.any():
        raise UserError(
            "FCN-score: no pixel of the label maps belongs to a class; check `classes` and `void` of the dataset"
        )
    return {
        "pixel_accuracy": float(hits.sum() / total.sum()),
        "class_accuracy": float((hits / np.maximum(total, 1))[total > 0].mean()),
        "class_iou": float((hits / np.maximum(union, 1))[union > 0].mean()),
    }


def fcn_score(
    images: np.ndarray,
    labels: np.ndarray,
    classes: dict[str, Colour],
    void: list[Colour],
    segment: Callable[[np.ndarray], np.ndarray] | None = None,
) -> dict[str, float]:
    """Return the three `scores` of images against the real label maps of the same scenes (report 004).

    Parameters
    ----------
    images
        uint8 (N, H, W, 3): photos if `segment` is given, else label maps, which are read by their colours.
    labels
        Real label maps, uint8 (N, H, W, 3).
    classes, void
        Colours of the classes by name, and colours that belong to no class.
    segment
        Function from photos to class indices, uint8 (N, H, W).
    """
    predicted = segment(images) if segment else decode(images, classes.values(), void)
    return scores(confusion(decode(labels, classes.values(), void), predicted, len(classes)))


METRIC = Metric(
    scores=(
        Score("pixel_accuracy", "Per-pixel accuracy", digits=2, better="higher"),
        Score("class_accuracy", "Per-class accuracy", digits=2, better="higher"),
        Score("class_iou", "Mean class IoU", digits=2, better="higher", versioned=True),
    ),
    measure=lambda i: fcn_score(i.fakes, i.labels, i.classes, i.void, i.segment),
    needs=("fakes", "labels"),
    words="FCN-score @cite-isola2017",
    in_all_tables=False,
    recipe=0,
    position=50,
)
FCN_SCORE = tuple(score.name for score in METRIC.scores)
