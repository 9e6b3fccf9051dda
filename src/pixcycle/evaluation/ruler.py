"""Measure images as a report did: its file type, its network and its number of images."""

import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from pixcycle.evaluation.features import Extractor, extract
from pixcycle.evaluation.imagenet_inception import AtOwnSize, ImagenetInception
from pixcycle.metrics.fid import fid
from pixcycle.metrics.precision_recall import precision_recall
from pixcycle.metrics.rulers import Ruler
from pixcycle.records.metrics import Ruled


def as_jpeg(images: np.ndarray) -> np.ndarray:
    """Return images as they are after being written by Keras' `save_img` and read back.

    Each image, in [-1, 1] and all channels together, is stretched to [0, 255] and cut, not rounded, to whole numbers,
    in float32 as in Keras: values that float32 puts just below a whole number lose 1. JPEG has Pillow's quality 75 and
    colour at half resolution (4:2:0).

    Parameters
    ----------
    images
        uint8 (N, H, W, 3).
    """
    return np.stack([_read_back(_stretched(image)) for image in images])


def _stretched(image: np.ndarray) -> np.ndarray:
    values = image.astype(np.float32) / np.float32(127.5) - np.float32(1)
    values -= values.min()
    if (greatest := values.max()) > 0:
        values /= greatest
    return (values * np.float32(255)).astype(np.uint8)


def _read_back(image: np.ndarray) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=75, subsampling="4:2:0")
    return np.asarray(Image.open(file).convert("RGB"))


def measure_with(
    ruler: Ruler, network: Extractor, real: np.ndarray, fake: np.ndarray, device: torch.device | str = "cpu"
) -> Ruled:
    """Return what a ruler reads on images that are already of its file type.

    Parameters
    ----------
    network
        The ruler's own, or one that stands in for it. A stand-in has one way of resizing, also for precision and
        recall.
    real, fake
        uint8 (N, H, W, 3) and (M, H, W, 3). FID needs 2 images a side, precision and recall one more than the ruler's
        neighbours; with fewer, they are None.
    """
    few = min(len(real), len(fake))
    distance = precision = recall = None
    if few >= 2:
        at_299 = [extract(network, images, device=device) for images in (real, fake)]
        distance = fid(*at_299)
        if few > ruler.neighbours:
            compared = at_299
            if isinstance(network.network, ImagenetInception):
                own_size = Extractor(network.spec, AtOwnSize(network.network).eval())
                compared = [extract(own_size, images, device=device) for images in (real, fake)]
            precision, recall = precision_recall(*compared, ruler.neighbours)
    return Ruled(
        ruler=ruler.name,
        extractor=network.spec.name,
        features=network.spec.label,
        weights_file=network.spec.weights_file,
        weights_sha256=network.spec.weights_sha256,
        size=real.shape[1],
        n_real=len(real),
        n_fake=len(fake),
        fid=distance,
        precision=precision,
        recall=recall,
    )


def measure_test_images(
    ruler: Ruler, network: Extractor, real: np.ndarray, fake: np.ndarray, device: torch.device | str
) -> Ruled:
    """Return what a ruler reads on the first test images by name, or on all if there are fewer than it takes."""
    first = [as_jpeg(images[: ruler.images]) for images in (real, fake)]
    return measure_with(ruler, network, *first, device)


def read_images(files: list[Path], name: str) -> np.ndarray:
    """Return images of equal size as uint8 (N, H, W, 3)."""
    from pixcycle.data.decode import decode

    return np.stack([np.asarray(decode(name, file)) for file in files])
