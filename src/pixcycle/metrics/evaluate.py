"""All metrics of one set of generated images."""

import numpy as np

from pixcycle.metrics import pixel
from pixcycle.metrics.fid import fid
from pixcycle.metrics.kid import kid
from pixcycle.metrics.precision_recall import precision_recall


def evaluate(
    fake: np.ndarray,
    real_features: np.ndarray,
    fake_features: np.ndarray,
    real: np.ndarray | None,
    seed: int,
    k: int,
) -> dict[str, float | int | None]:
    """Every metric by its name; those of pixels are means over images, and None for an unpaired task.

    fake: (N, H, W, 3) uint8. real_features: (M, D), fake_features: (N, D), of one extractor.
    real: (N, H, W, 3) uint8, the truth of each fake image, or None if the task is unpaired.
    seed: chooses the subsets of KID. k: which neighbour bounds the hyperspheres of precision and recall.
    psnr is infinite if any fake image equals its truth.
    Raises UserError if there are too few images, or too small ones, for a metric.
    """
    if len(fake) != len(fake_features):
        raise ValueError(f"{len(fake)} generated images, but features of {len(fake_features)}")
    return {
        **compare_features(real_features, fake_features, seed, k),
        "l1": None if real is None else float(pixel.l1(fake, real).mean()),
        "psnr": None if real is None else float(pixel.psnr(fake, real).mean()),
        "ssim": None if real is None else float(pixel.ssim(fake, real).mean()),
    }


def compare_features(real: np.ndarray, fake: np.ndarray, seed: int, k: int) -> dict[str, float | int]:
    """The metrics of evaluate() that need features alone, real (M, D) and fake (N, D)."""
    kid_mean, kid_std = kid(real, fake, seed)
    precision, recall = precision_recall(real, fake, k)
    return {
        "n_real": len(real),
        "n_fake": len(fake),
        "fid": fid(real, fake),
        "kid": kid_mean,
        "kid_std": kid_std,
        "precision": precision,
        "recall": recall,
    }
