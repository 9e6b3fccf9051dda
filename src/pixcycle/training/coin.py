"""The flip that is drawn once for a whole training (`flip_draw: whole_training`), in words."""

from pixcycle.data.draws import Sampling
from pixcycle.methods.registry import METHODS
from pixcycle.params.experiment import Experiment


def drawn_flips(e: Experiment, domains: tuple[str, str], seed: int) -> str:
    """Return which domains a training with this seed mirrors; empty if flips are drawn for each image.

    Parameters
    ----------
    domains
        Names of the domains A and B for readers.
    """
    if e.flip_draw != "whole_training":
        return ""
    a, b = domains
    sampling = Sampling(seed, e.crop_size, e.flip, METHODS[e.method].needs_pairs, e.pair_jitter)
    match sampling.coin(0), sampling.coin(1):
        case True, True:
            return f"both {a} and {b} mirrored"
        case False, False:
            return f"neither {a} nor {b} mirrored"
        case True, False:
            return f"{a} mirrored, {b} not"
        case _:
            return f"{b} mirrored, {a} not"
