"""Processes that start in milliseconds: forks of one that has imported what they need, but computed nothing."""

import multiprocessing

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(  # one list: a second one would take its place
    [
        *("pytest", "pixcycle.cli", "pixcycle.data.prepare", "pixcycle.data.locations"),
        *("pixcycle.training.loop", "pixcycle.metrics.nodes", "pixcycle.report.build"),
        *("matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg"),
        *("pandas", "scipy.stats", "skimage.metrics._structural_similarity", "torchvision"),  # which they import late
    ]
)
