"""Results that an earlier training of the same run left, whose weights were not the same to the last digit."""

import json
import shutil
import sys
from pathlib import Path

from pixcycle import paths
from pixcycle.ledger.agreement import disagree
from pixcycle.ledger.gc import remove
from pixcycle.plan.runs import Run


def remove_outdated(run: Run, root: Path) -> None:
    """Remove the translations and metrics made with other weights than a run has now, and outdate its reports.

    Call it when the run has been trained. The next call of Snakemake makes what is missing.
    """
    steps = {"translate": run.translated, "evaluate": run.metrics}
    outdated = [path for step, path in steps.items() if any(disagree(run, root, step))]
    for path in outdated:
        print(f"{path}: made with other weights than the new ones; it will be made again", file=sys.stderr)
        remove(paths.result(path), root)
    if outdated:
        for marker in (root / paths.report(run.scale, "all")).glob("**/made-from/*.json"):
            if run.key in json.loads(marker.read_text()).get("runs", {}):
                shutil.rmtree(marker.parent)
