"""Processes that start in milliseconds, as forks of a server that has imported their modules but not computed."""

import multiprocessing

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(  # a single list, as a second call would replace it
    [
        "pytest",
        "pixcycle.cli.app",
        "pixcycle.data.prepare",
        "pixcycle.data.fetch.locations",
        "pixcycle.training.loop",
        "pixcycle.evaluation.run",
        "pixcycle.report.build",
        "matplotlib.backends.backend_agg",
        "matplotlib.backends.backend_svg",
        "pandas",
        "scipy.stats",
        "skimage.metrics._structural_similarity",
        "torchvision",  # imported late there
    ]
)
