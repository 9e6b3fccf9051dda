"""Keys and shapes of the authors' published networks, written down independently of our modules.

For U-Nets, the channels of each block in units of ngf, from the second block inwards; for ResNets, positions in the
authors' sequence of layers.
"""

import pytest

UNET_256_BLOCKS = [(1, 2), (2, 4), (4, 8), (8, 8), (8, 8), (8, 8), (8, 8)]
UNET_128_BLOCKS = [(1, 2), (2, 4), (4, 8), (8, 8), (8, 8), (8, 8)]


def _norm(key: str, channels: int, norm: str) -> dict[str, tuple[int, ...]]:
    if norm == "instance":
        return {}
    vectors = ("weight", "bias", "running_mean", "running_var")
    return {f"{key}.{name}": (channels,) for name in vectors} | {f"{key}.num_batches_tracked": ()}


def _conv(key: str, shape: tuple[int, ...], bias: int | None) -> dict[str, tuple[int, ...]]:
    return {f"{key}.weight": shape} | ({f"{key}.bias": (bias,)} if bias else {})


def unet_shapes(blocks: list[tuple[int, int]], ngf: int, norm: str) -> dict[str, tuple[int, ...]]:
    biased = norm == "instance"
    shapes = _conv("model.model.0", (ngf, 3, 4, 4), ngf if biased else None)
    key = "model.model.1.model"
    for outer, inner in blocks[:-1]:
        o, i = outer * ngf, inner * ngf
        shapes |= _conv(f"{key}.1", (i, o, 4, 4), i if biased else None) | _norm(f"{key}.2", i, norm)
        shapes |= _conv(f"{key}.5", (2 * i, o, 4, 4), o if biased else None) | _norm(f"{key}.6", o, norm)
        key += ".3.model"
    o, i = blocks[-1][0] * ngf, blocks[-1][1] * ngf
    shapes |= _conv(f"{key}.1", (i, o, 4, 4), i if biased else None)
    shapes |= _conv(f"{key}.3", (i, o, 4, 4), o if biased else None) | _norm(f"{key}.4", o, norm)
    return shapes | _conv("model.model.3", (2 * ngf, 3, 4, 4), 3)


def resnet_shapes(blocks: int, ngf: int) -> dict[str, tuple[int, ...]]:
    """Shapes with instance norm and without dropout, as in CycleGAN's published weights."""
    shapes = _conv("model.1", (ngf, 3, 7, 7), ngf)
    shapes |= _conv("model.4", (2 * ngf, ngf, 3, 3), 2 * ngf)
    shapes |= _conv("model.7", (4 * ngf, 2 * ngf, 3, 3), 4 * ngf)
    for position in range(10, 10 + blocks):
        for conv in (1, 5):
            shapes |= _conv(f"model.{position}.conv_block.{conv}", (4 * ngf, 4 * ngf, 3, 3), 4 * ngf)
    end = 10 + blocks
    shapes |= _conv(f"model.{end}", (4 * ngf, 2 * ngf, 3, 3), 2 * ngf)
    shapes |= _conv(f"model.{end + 3}", (2 * ngf, ngf, 3, 3), ngf)
    return shapes | _conv(f"model.{end + 7}", (3, ngf, 7, 7), 3)


@pytest.fixture
def authors_shapes():
    """Return {key: shape} of the state dict that the authors' code saves, given (their name, ngf, norm)."""

    def shapes(generator: str, ngf: int = 64, norm: str = "batch") -> dict[str, tuple[int, ...]]:
        return {
            "unet_256": lambda: unet_shapes(UNET_256_BLOCKS, ngf, norm),
            "unet_128": lambda: unet_shapes(UNET_128_BLOCKS, ngf, norm),
            "resnet_9blocks": lambda: resnet_shapes(9, ngf),
            "resnet_6blocks": lambda: resnet_shapes(6, ngf),
        }[generator]()

    return shapes
