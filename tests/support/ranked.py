"""The experiments of report 002, with chosen errors of their test images."""

from tests.support.edited import edited_json
from tests.support.results import Results

TRAINED = ["paris-face2comics", "paris-maps-aerial2map", "paris-maps-map2aerial"]
AUTHORS = ["paris-maps-aerial2map-authors", "paris-maps-map2aerial-authors"]
BATCH_1, RUNNING = "paris-maps-map2aerial-batch1", "paris-maps-map2aerial-running"
ALL = [*TRAINED, BATCH_1, RUNNING, *AUTHORS]

ERRORS = [0.5, 0.1, 0.9, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6]
BEST, WORST = [1, 5, 3, 7], [2, 6, 4, 8]  # indices in ERRORS, most extreme first
UPSIDE_DOWN = [1 - error for error in ERRORS]


def rank(results: Results, l1=ERRORS, l1_mirrored=ERRORS, only=lambda run: True):
    for run in filter(only, results.plan.runs.values()):
        with edited_json(results.root / run.metrics) as measured:
            measured["images"] = {run.config.direction: {"l1": l1, "l1_mirrored": l1_mirrored}}
        results.count_images(run, len(l1), len(l1))
