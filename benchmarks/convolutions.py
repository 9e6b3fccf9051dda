"""Compare the convolution algorithms of pixcycle.models.convolution on CPUs with PyTorch's own, layer by layer.

    python benchmarks/convolutions.py [--rounds N] [--avx2]

Forward and backward pass on one thread, at the sizes where each algorithm begins to be used and at those with the most
work. An algorithm has to be at least as fast as PyTorch's on both kinds of CPU: --avx2 hides the CPU's other vector
instructions.
"""

from collections.abc import Callable, Iterator
from typing import Any

from measure import hide_all_but_avx2, in_process, options, publish, ratio, take_turns

FEW, COLUMNS, WINOGRAD = "product of matrices", "columns of kernels", "Winograd"
LAYERS = {
    f"{FEW}: 4x4, stride 2, 512 to 512 channels, 2x2 to 1x1": ("Conv2d", 512, 512, 4, 2, 1, 1, 2),
    f"{FEW}: 4x4, stride 2, 512 to 512 channels, 4x4 to 2x2": ("Conv2d", 512, 512, 4, 2, 1, 1, 4),
    f"{FEW}: 4x4, stride 2, 512 to 512 channels, 16x16 to 8x8": ("Conv2d", 512, 512, 4, 2, 1, 1, 16),
    f"{FEW}: 4x4, stride 2, 64 to 64 channels, 4x4 to 2x2": ("Conv2d", 64, 64, 4, 2, 1, 1, 4),
    f"{FEW}: 4x4, stride 2, 64 to 64 channels, 16x16 to 8x8": ("Conv2d", 64, 64, 4, 2, 1, 1, 16),
    f"{FEW}: 4x4, stride 2, 64 to 64 channels, two of 8x8 to 4x4": ("Conv2d", 64, 64, 4, 2, 1, 2, 8),
    f"{FEW}: 4x4, stride 1, 32 to 64 channels, 7x7 to 6x6": ("Conv2d", 32, 64, 4, 1, 1, 1, 7),
    f"{FEW}: transposed 4x4, 1024 to 512 channels, 2x2 to 4x4": ("ConvTranspose2d", 1024, 512, 4, 2, 1, 1, 2),
    f"{FEW}: transposed 4x4, 128 to 64 channels, 4x4 to 8x8": ("ConvTranspose2d", 128, 64, 4, 2, 1, 1, 4),
    f"{FEW}: transposed 4x4, 128 to 64 channels, 8x8 to 16x16": ("ConvTranspose2d", 128, 64, 4, 2, 1, 1, 8),
    f"{COLUMNS}: 7x7, 64 to 3 channels, 262x262": ("Conv2d", 64, 3, 7, 1, 0, 1, 262),
    f"{COLUMNS}: 7x7, 64 to 3 channels, 70x70": ("Conv2d", 64, 3, 7, 1, 0, 1, 70),
    f"{COLUMNS}: 7x7, 16 to 3 channels, 134x134": ("Conv2d", 16, 3, 7, 1, 0, 1, 134),
    f"{COLUMNS}: 7x7, 16 to 3 channels, 70x70": ("Conv2d", 16, 3, 7, 1, 0, 1, 70),
    f"{WINOGRAD}: 3x3, 256 to 256 channels, 66x66": ("Conv2d", 256, 256, 3, 1, 0, 1, 66),
    f"{WINOGRAD}: 3x3, 256 to 256 channels, 34x34": ("Conv2d", 256, 256, 3, 1, 0, 1, 34),
    f"{WINOGRAD}: 3x3, 128 to 128 channels, 34x34": ("Conv2d", 128, 128, 3, 1, 0, 1, 34),
    f"{WINOGRAD}: 4x4, 256 to 512 channels, 32x32": ("Conv2d", 256, 512, 4, 1, 1, 1, 32),
}
"""Name -> layer, input channels, output channels, kernel, stride, padding, images, side of the input."""


def main() -> None:
    parser = options(__doc__, rounds=9)
    parser.add_argument("--avx2", action="store_true", help="use only AVX2 instructions")
    chosen = parser.parse_args()
    name = hide_all_but_avx2("convolutions") if chosen.avx2 else "convolutions"
    publish(name, chosen.rounds, in_process(compared, chosen.rounds))


def compared(rounds: int) -> list[Any]:
    import torch

    from pixcycle.machine.memory import keep_freed_memory

    torch.set_num_threads(1)
    keep_freed_memory()
    rows = []
    for name, shape in LAYERS.items():
        seconds = take_turns(dict(ways(*shape)), rounds, warmups=2)
        rows.append(ratio(name, seconds, "ours", "PyTorch", target=1.0))
    return rows


def ways(
    layer: str, channels: int, out_channels: int, kernel: int, stride: int, padding: int, images: int, side: int
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield ("ours", f) and ("PyTorch", f): f repeats forward and backward pass for about a hundredth of a second."""
    import time

    import torch

    from pixcycle.models import convolution

    ours = getattr(convolution, layer)(channels, out_channels, kernel, stride, padding)
    x = torch.randn(images, channels, side, side, requires_grad=True)
    direction = torch.randn_like(ours(x))

    def repeated(forward: Callable[..., torch.Tensor], times: int) -> None:
        for _ in range(times):
            torch.autograd.grad(forward(ours, x), [x, *ours.parameters()], direction)

    plain = type(ours).__bases__[0].forward
    repeated(plain, 1)
    began = time.perf_counter()
    repeated(plain, 1)
    times = max(1, round(0.01 / (time.perf_counter() - began)))
    for name, forward in {"ours": type(ours).forward, "PyTorch": plain}.items():
        yield name, lambda forward=forward: repeated(forward, times)


if __name__ == "__main__":
    main()
