"""Train the small pix2pix as one of two ranks, on this rank's share of each batch; rank 0 writes the losses to OUT.

torchrun --standalone --nproc-per-node=2 benchmarks/gpu_checks/two_ranks.py OUT
"""

import json
import sys
from pathlib import Path

import torch

from gpu_checks.small import FORMS, METHODS, STEPS, batch, experiment
from pixcycle.machine import ranks

e = experiment(FORMS["pix2pix"])
fabric = ranks.fabric()
method = METHODS[e.method](e, fabric, 0)
a, b = (ranks.own_share(images) for images in batch(e, fabric.device))
losses_of_steps = []
for _ in range(STEPS):
    losses = method.step(a, b)
    means = ranks.mean(torch.stack([*losses.values()]).detach()).tolist()
    losses_of_steps.append(dict(zip(losses, means, strict=True)))
if fabric.is_global_zero:
    Path(sys.argv[1]).write_text(json.dumps(losses_of_steps))
fabric.barrier()
