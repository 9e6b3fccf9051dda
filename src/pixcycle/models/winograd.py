"""Convolution with fewer multiplications (Winograd 1980; Lavin and Gray 2015), which a CPU's time goes to."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

TILE = 6
"""Side of the overlapping pieces that an image is cut into; one of k x k outputs costs 36 products instead of
(7 - k)^2 k^2: a fourth of them for k = 3 and k = 4."""
POINTS = 0, -(0.5**0.5), 0.5**0.5, -(2**0.5), 2**0.5
"""Where the polynomials are evaluated, besides infinity. Reciprocals and signs keep the rounding error of float32 at
four times that of the plain sum; the customary 0, 1, -1, 2, -2 make it eight times."""


def _transforms(k: int) -> tuple[Tensor, Tensor, Tensor]:
    """A^T (made^2, TILE^2), B^T (TILE^2, TILE^2) and G (TILE^2, k^2), each for rows and columns at once; float64.

    By Toom and Cook: a kernel's polynomial is evaluated at the POINTS (G), the outputs are combined from the products
    there (A^T), and B^T is what remains so that the whole is a convolution (Lagrange's interpolation, transposed).
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
"""By the side of the kernel."""


def conv2d(x: Tensor, weight: Tensor, padding: int = 0) -> Tensor:
    """What torch's conv2d gives, up to rounding; stride 1.

    Y = A^T [(G w G^T) * (B^T x B)] A for each tile x of an image, w of a kernel; * multiplies element by element and is
    summed over the input channels, which makes it a product of two matrices for each of the TILE x TILE elements.

    x: (N, C, H, W), weight: (O, C, k, k) with k = 3 or 4. Returns (N, O, H + 2 padding - k + 1, W + 2 padding - k + 1).
    """
    (n, c, *sides), (o, _, k, _) = x.shape, weight.shape
    a, b, g = (matrix.to(x.dtype) for matrix in TRANSFORMS[k])
    made = TILE - k + 1
    height, width = (side + 2 * padding - k + 1 for side in sides)
    rows, columns = tiles(height, width, k)
    below, right = (padding + made * rows - height, padding + made * columns - width)
    x = F.pad(x, (padding, right, padding, below))
    pieces = x.unfold(2, TILE, made).unfold(3, TILE, made).permute(4, 5, 1, 0, 2, 3)
    seen = (b @ pieces.reshape(TILE**2, -1)).view(TILE**2, c, -1)
    kernels = (g @ weight.reshape(-1, k**2).t()).view(TILE**2, o, c)
    y = (a @ torch.bmm(kernels, seen).view(TILE**2, -1)).view(made, made, o, n, rows, columns)
    y = y.permute(3, 2, 4, 0, 5, 1).reshape(n, o, rows * made, columns * made)
    return y[:, :, :height, :width]


def tiles(height: int, width: int, k: int) -> tuple[int, int]:
    """How many tiles cover an output of that size: rows and columns of them."""
    made = TILE - k + 1
    return -(-height // made), -(-width // made)
