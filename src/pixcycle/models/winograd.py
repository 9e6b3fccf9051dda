"""Convolution on CPUs with fewer multiplications (Winograd 1980; Lavin and Gray 2015)."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

TILE = 6
"""Side of the overlapping tiles that an image is cut into. A tile gives (7 - k)^2 outputs of a k x k kernel with 36
products instead of (7 - k)^2 k^2: a quarter of them for k = 3 and k = 4."""
POINTS = (0, -(0.5**0.5), 0.5**0.5, -(2**0.5), 2**0.5)
"""Where the polynomials are evaluated, besides infinity. Reciprocals and opposite signs keep the rounding error of
float32 at four times that of the plain sum; with the customary 0, 1, -1, 2, -2 it is eight times."""


def _transforms(k: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return A^T (m^2, TILE^2), B^T (TILE^2, TILE^2) and G (TILE^2, k^2), each for rows and columns at once; float64.

    m = TILE - k + 1 is the side of a tile's output. After Toom and Cook: G evaluates a kernel's polynomial at the
    POINTS, A^T combines the products there to the outputs, and B^T is such that the whole is a convolution (Lagrange's
    interpolation, transposed).
    """
    points = np.array(POINTS)
    a, b, g = np.zeros((TILE - k + 1, TILE)), np.zeros((TILE, TILE)), np.zeros((TILE, k))
    for i, point in enumerate(points):
        others = np.delete(points, i)
        a[:, i] = point ** np.arange(len(a))
        b[i, :-1] = np.poly(others)[::-1]
        g[i] = point ** np.arange(k) / np.prod(point - others)
    a[-1, -1] = g[-1, -1] = 1
    b[-1] = np.poly(points)[::-1]
    return tuple(torch.from_numpy(np.kron(m, m)) for m in (a, b, g))


TRANSFORMS = {k: _transforms(k) for k in (3, 4)}
"""Transforms by the side of the kernel."""


def conv2d(x: Tensor, weight: Tensor, padding: int = 0) -> Tensor:
    """Return the output of `torch.nn.functional.conv2d` with stride 1, up to rounding.

    Y = A^T [(G w G^T) * (B^T x B)] A for each tile x of an image and each kernel w. The elementwise product * is summed
    over the input channels, which makes it a product of two matrices for each of the TILE x TILE elements.

    Parameters
    ----------
    x
        (N, C, H, W).
    weight
        (O, C, k, k) with k = 3 or 4.

    Returns
    -------
    Tensor
        (N, O, H + 2 padding - k + 1, W + 2 padding - k + 1).
    """
    (n, c, *sides), (o, _, k, _) = x.shape, weight.shape
    a, b, g = (matrix.to(x.dtype) for matrix in TRANSFORMS[k])
    step = TILE - k + 1
    height, width = (side + 2 * padding - k + 1 for side in sides)
    rows, columns = tiles(height, width, k)
    below, right = (padding + step * rows - height, padding + step * columns - width)
    x = F.pad(x, (padding, right, padding, below))
    pieces = x.unfold(2, TILE, step).unfold(3, TILE, step).permute(4, 5, 1, 0, 2, 3)
    pieces = (b @ pieces.reshape(TILE**2, -1)).view(TILE**2, c, -1)
    kernels = (g @ weight.reshape(-1, k**2).t()).view(TILE**2, o, c)
    y = (a @ torch.bmm(kernels, pieces).view(TILE**2, -1)).view(step, step, o, n, rows, columns)
    y = y.permute(3, 2, 4, 0, 5, 1).reshape(n, o, rows * step, columns * step)
    return y[:, :, :height, :width]


def tiles(height: int, width: int, k: int) -> tuple[int, int]:
    """Return the numbers of rows and columns of tiles that cover an output of height x width."""
    step = TILE - k + 1
    return -(-height // step), -(-width // step)
