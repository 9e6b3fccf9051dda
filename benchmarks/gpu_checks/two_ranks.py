"""One of two ranks, started by torchrun: train the small pix2pix on its share of each batch; rank 0 writes the losses.

torchrun --standalone --nproc-per-node=2 benchmarks/gpu_checks/two_ranks.py OUT
"""

import json
import sys
from pathlib import Path

import torch

from gpu_checks.small import FORMS, METHODS, STEPS, batch, experiment
from pixcycle.engine import ranks

e = experiment(FORMS["pix2pix"])
fabric = ranks.fabric()
method = METHODS[e.method](e, fabric, 0)
a, b = (ranks.own_share(images) for images in batch(e, fabric.device))
found = []
for _ in range(STEPS):
    losses = method.step(a, b)
    means = ranks.mean(torch.stack([*losses.values()]).detach()).tolist()
    found.append(dict(zip(losses, means, strict=True)))
if fabric.is_global_zero:
    Path(sys.argv[1]).write_text(json.dumps(found))
fabric.barrier()
