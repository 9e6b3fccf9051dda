"""All metrics of one set of generated images."""

import numpy as np

from pixcycle.metrics import pixel
from pixcycle.metrics.compared import Features, refuse_unlike
from pixcycle.metrics.fid import fid
from pixcycle.metrics.kid import kid
from pixcycle.metrics.precision_recall import precision_recall


def evaluate(
    fake: np.ndarray,
    real_features: Features,
    fake_features: Features,
    real: np.ndarray | None,
    seed: int,
    k: int,
    mixed_file_types: bool = False,
) -> dict[str, float | int | None]:
    """Every metric by its name; those of pixels are means over images, and None for an unpaired task.

    fake: (N, H, W, 3) uint8. real_features: of M images, fake_features: of N.
    real: (N, H, W, 3) uint8, the truth of each fake image, or None if the task is unpaired.
    seed: chooses the subsets of KID. k: which neighbour bounds the hyperspheres of precision and recall.
    mixed_file_types: whether the caller tells the file types of both sets.
    psnr is infinite if any fake image equals its truth; all else is finite.
    Raises UserError if there are too few images, or too small ones, for a metric, or if the features are unlike.
    """
    if len(fake) != len(fake_features):
        raise ValueError(f"{len(fake)} generated images, but features of {len(fake_features)}")
    return {
        **compare_features(real_features, fake_features, seed, k, mixed_file_types),
        "l1": None if real is None else float(pixel.l1(fake, real).mean()),
        "psnr": None if real is None else float(pixel.psnr(fake, real).mean()),
        "ssim": None if real is None else float(pixel.ssim(fake, real).mean()),
    }


def compare_features(
    real: Features, fake: Features, seed: int, k: int, mixed_file_types: bool = False
) -> dict[str, float | int]:
    """The metrics of evaluate() that need features alone. No other function sets two sets of features together."""
    refuse_unlike(real, fake, mixed_file_types)
    kid_mean, kid_std = kid(real.vectors, fake.vectors, seed)
    precision, recall = precision_recall(real.vectors, fake.vectors, k)
    return {
        "n_real": len(real),
        "n_fake": len(fake),
        "fid": fid(real.vectors, fake.vectors),
        "kid": kid_mean,
        "kid_std": kid_std,
        "precision": precision,
        "recall": recall,
    }
