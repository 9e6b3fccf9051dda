"""bfloat16 products in float32 arithmetic, for CPUs without bfloat16 instructions.

A bfloat16 unit multiplies numbers of 8 significant bits exactly, sums the products in float32 and rounds the sum.
Float32 arithmetic on rounded factors does the same, up to the order of summation. PyTorch itself falls back to
reference kernels, which were up to 110 times slower than float32 on a CPU with AVX2 only.
"""

import platform

import torch
from torch import Tensor

NOTE = "bf16 computed in float32: this CPU has no bf16 instructions"
IN_PLACE_OF_FP16 = "bf16 in place of fp16: no GPU here"


def _cpu_has_instructions() -> bool:
    """Return whether the CPU multiplies bfloat16 natively (AVX512_BF16, AMX, or their Arm counterparts).

    oneDNN's own answer does not suffice: it accepts bfloat16 on any CPU with AVX-512, but is 3 to 4 times slower than
    float32 on CPUs without AVX512_BF16. It is still checked, because ONEDNN_MAX_CPU_ISA can disable the instructions.
    """
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    products = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return products or platform.machine() != "x86_64"


CPU_HAS_INSTRUCTIONS = _cpu_has_instructions()


def computed_in_float32() -> bool:
    """Return whether CPU layers run under autocast to bfloat16 and must compute it in float32."""
    return torch.is_autocast_enabled("cpu") and not CPU_HAS_INSTRUCTIONS


def rounded(x: Tensor | None) -> Tensor | None:
    """Round a tensor to bfloat16 and return it as float32; its gradient is rounded as well."""
    return None if x is None else x.bfloat16().float()
