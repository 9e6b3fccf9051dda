"""Runs of report 001 with invented measurements, and what its chapter makes of them."""

from pathlib import Path

import numpy as np

from pixcycle.report.chapters.wustl import sections as wustl
from pixcycle.report.chapters.wustl.claims import claims
from pixcycle.report.chapters.wustl.rates import RATES
from pixcycle.report.chapters.wustl.sections import EXPERIMENTS
from tests.support.results import EPOCHS, Results

NORMAL, EQUAL = RATES[1]  # photo to label
FID = {e: 100.0 for e in EXPERIMENTS} | {"wustl-cezanne2photo-lambda1": 130.0, "wustl-photo2cezanne-lambda1": 112.0}
"""Claims a and c hold: with λ = 1, FID is 26 % and 11 % of the mean worse; all others are equal."""


def finished(root: Path, experiments=EXPERIMENTS, seeds=(0,), **fids: float) -> Results:
    """Write the experiments with the FIDs above; `fids` overrides them, named without `wustl-` and with `_` for `-`."""
    chosen = FID | {f"wustl-{name.replace('_', '-')}": fid for name, fid in fids.items()}
    return Results(root, list(experiments), lambda run: {"fid": chosen[run.id] + run.seed}, seeds)


def claim(results: Results, letter: str):
    return next(c for c in claims(results.draft()) if c.id == f"wustl-claim-{letter}")


def blocks(results: Results) -> dict:
    sections = wustl.sections(results.draft())
    return {block.id: block for section in sections for block in section.blocks if hasattr(block, "id")}


LOST, GOOD = (0.005, 0.001), (0.5, 0.25)
"""First and last loss of a D at zero, and of one that keeps up, as means of its two halves; runs log their sum."""


def trained(results: Results, experiment: str, seed: int = 0, **losses: float) -> None:
    """Write losses that change linearly from a first to a last value over the epochs, those of D for each half."""
    lines = {name: np.linspace(*ends, EPOCHS) * (2 if name[0] == "d" else 1) for name, ends in losses.items()}
    curves = {name: lambda epoch, line=line: line[epoch] for name, line in lines.items()}
    results.write_training(results.plan.runs[f"{experiment}/{seed}"], **curves)


def of_rates(root: Path, seeds=(0,)) -> Results:
    """Write the runs of both tasks; with equal rates, label to photo behaves as claim b says."""
    results = finished(root, [e for pair in RATES for e in pair], seeds)
    for seed in seeds:
        trained(results, RATES[0][1], seed, d_a=LOST, g_ba_gan=(0.7, 1.0))
    return results


def curves_of(results: Results, experiment: str, d: float, g, seed=0) -> None:
    """Write a run whose D has a constant loss, in both names, d for each half, and whose G has a total of g(epoch)."""
    constant = {name: lambda epoch: 2 * d for name in ("d_a", "d_b")}
    results.write_training(results.plan.runs[f"{experiment}/{seed}"], **constant, g=g)


def steady(epoch):
    return 6 * 0.7**epoch  # 0.12 at the end
