"""bfloat16 products on CPUs that have no instructions for them: computed in float32, from rounded factors.

A bfloat16 unit multiplies numbers of 8 significant bits exactly, sums the products in float32 and rounds the sum.
Float32 arithmetic on rounded factors does the same up to the order of the sum. PyTorch's own fallback takes reference
kernels, which were up to 110 times slower than float32 on a CPU with AVX2 only.
"""

import platform

import torch
from torch import Tensor

NOTE = "bf16 computed in float32: this CPU has no bf16 instructions"


def _cpu_has_instructions() -> bool:
    """Return whether the CPU multiplies bfloat16 natively (AVX512_BF16, AMX, or their Arm counterparts).

    oneDNN alone is no witness: it accepts bfloat16 on any CPU with AVX-512, and is 3 to 4 times slower than float32 on
    those that lack AVX512_BF16. It is asked all the same, because ONEDNN_MAX_CPU_ISA can forbid it the instructions.
    """
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    products = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return products or platform.machine() != "x86_64"


CPU_HAS_INSTRUCTIONS = _cpu_has_instructions()


def computed_in_float32() -> bool:
    """Return whether layers on the CPU are under autocast to bfloat16 and have to compute it in float32."""
    return torch.is_autocast_enabled("cpu") and not CPU_HAS_INSTRUCTIONS


def rounded(x: Tensor | None) -> Tensor | None:
    """Round a tensor to bfloat16 and return it as float32; its gradient is rounded, too."""
    return None if x is None else x.bfloat16().float()
