"""FID of 206 images in 2048 dimensions: our N x N route against the 2048 x 2048 matrix square root.

    OMP_NUM_THREADS=1 python benchmarks/fid.py

The two routes take turns, so that a busy machine slows both. The square root is the customary one: scipy's,
with a small multiple of the identity added to both covariances if the result is not finite. Takes a minute,
and exits with an error if the two values differ by more than 0.1 %.
"""

import statistics
import time

import numpy as np
from scipy.linalg import sqrtm

from pixcycle.metrics.fid import fid

IMAGES, DIMENSION, ROUNDS = 206, 2048, 3


def fid_by_matrix_root(real: np.ndarray, fake: np.ndarray) -> float:
    mean_gap = real.mean(axis=0) - fake.mean(axis=0)
    c_real, c_fake = np.cov(real, rowvar=False), np.cov(fake, rowvar=False)
    root = sqrtm(c_real @ c_fake)
    if not np.isfinite(root).all():
        offset = 1e-6 * np.eye(DIMENSION)
        root = sqrtm((c_real + offset) @ (c_fake + offset))
    return float(mean_gap @ mean_gap + np.trace(c_real) + np.trace(c_fake) - 2 * np.trace(root).real)


def main() -> None:
    generator = np.random.default_rng(0)
    # Like Inception's pool features: positive, skewed, correlated.
    mixing = generator.gamma(0.5, 1 / DIMENSION, (DIMENSION, DIMENSION))
    real = generator.gamma(1.0, 1.0, (IMAGES, DIMENSION)) @ mixing
    fake = generator.gamma(1.2, 1.0, (IMAGES, DIMENSION)) @ mixing
    routes = {f"{IMAGES} x {IMAGES}, singular values": fid, "2048 x 2048, matrix root": fid_by_matrix_root}
    seconds = {name: [] for name in routes}
    values = {}
    for _ in range(ROUNDS):
        for name, route in routes.items():
            start = time.perf_counter()
            values[name] = route(real, fake)
            seconds[name].append(time.perf_counter() - start)
    for name in routes:
        print(f"{name:30s} FID {values[name]:12.6f}   median {statistics.median(seconds[name]):9.4f} s")
    ours, customary = values.values()
    fast, slow = (statistics.median(times) for times in seconds.values())
    difference = abs(ours - customary) / ours
    print(f"{slow / fast:.0f} times faster; the values differ by {difference:.1e} of the FID")
    if difference > 1e-3:
        raise SystemExit("the two routes disagree")


if __name__ == "__main__":
    main()
