# What the rules share: the plan, resolved once and handed to every job as PLAN_FILE, and which node a path belongs to.
import os
import sys
from functools import partial
from pathlib import Path
from shlex import quote

from snakemake.logging import logger

from pixcycle.config import check
from pixcycle.data.own import note_own_data
from pixcycle.engine.failures import Failures
from pixcycle.engine.locks import is_dry_run, work_here
from pixcycle.errors import UserError
from pixcycle.estimate.duration import flops_of_card, tflops_of_device, time_limit
from pixcycle.estimate.supplies import count_images
from pixcycle.files import write_json
from pixcycle.report.fingerprint import report_fingerprints
from pixcycle.runs import features_key, plan as make_plan, read_plan, weights_key

config.setdefault("mirror", os.environ.get("PIXCYCLE_MIRROR"))

try:
    # A job on a cluster's node follows the plan that it was submitted with, whatever params.yaml has become.
    submitted = None if workflow.is_main_process else os.environ.get("PIXCYCLE_PLAN")
    PLAN = read_plan(Path(submitted)) if submitted else make_plan(check(config))
    REPORTS = report_fingerprints(PLAN)
    TFLOPS = tflops_of_device()
    IMAGES = {key: count_images(PLAN.params.datasets[node.dataset], node, Path()) for key, node in PLAN.data.items()}
    if workflow.is_main_process:  # and not one that runs a single job on a cluster's node
        FAILURES = Failures()
        logger.addHandler(FAILURES)
        PRESENCE = work_here(dry_run=is_dry_run(sys.argv))
        note_own_data(PLAN.sources)
except UserError as error:
    print(f"pixcycle: {error}", file=sys.stderr)
    sys.exit(2)

SCALE = PLAN.params.scale
PLAN_FILE = f".snakemake/plans/{PLAN.fingerprint}.json"
if not Path(PLAN_FILE).exists():
    write_json(Path(PLAN_FILE), PLAN.model_dump(mode="json"))
os.environ.update(PIXCYCLE_PLAN=PLAN_FILE)
DATASET_OF_RAW = {node.raw: node.dataset for node in PLAN.data.values()}
RUN_BY_FINGERPRINT = {
    (run.key, fingerprint): run
    for run in PLAN.runs.values()
    for fingerprint in (run.fingerprint, run.translated_fingerprint, run.metrics_fingerprint)
}
FLOPS = {run.key: flops_of_card(run.config, IMAGES[run.data]) for run in PLAN.runs.values()}
PLACE = {key: place for place, key in enumerate(sorted(FLOPS, key=FLOPS.get), start=1)}

# With two runs side by side on few cores, threads that spin while they wait cost a factor of ten.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# A log that finds no room on its disk fails no job, as Snakemake would remove what that has made.
shell.prefix('set -euo pipefail; tee() {{ command tee "$@" || true; }}; ')


wildcard_constraints:
    fp="[0-9a-f]{8}",
    seed="[0-9]+",


def run_of(wildcards):
    """The run that the wildcards of a path under results/ belong to, if params.yaml still makes it."""
    key = f"{wildcards.chapter}-{wildcards.experiment}/{wildcards.seed}"
    if (key, wildcards.fp) not in RUN_BY_FINGERPRINT:
        raise UserError(f"params.yaml no longer makes {key} under the name {wildcards.fp}; start Snakemake anew")
    return RUN_BY_FINGERPRINT[key, wildcards.fp]


def report_folder(selection):
    return f"reports/{SCALE}" if selection == "all" else f"reports/{SCALE}/{selection}"


def results_of(selection):
    """Every folder and file of a selection's runs."""
    return [path for run in PLAN.select(selection) for path in (run.folder, run.translated, run.metrics)]


def report_inputs(selection, wildcards):
    """What the report of a selection is made from: its runs, and the data that it describes."""
    prepared = dict.fromkeys(f"data/prepared/{run.data}" for run in PLAN.select(selection))
    return [*prepared, *results_of(selection)]


def compared_of(selection):
    """The folders in which DVC compares a chapter with its other versions."""
    kinds = ("metrics", "losses") if selection in PLAN.params.chapters else ()
    return [f"reports/{SCALE}/{kind}/{selection}" for kind in kinds]


def everything_of(selection, wildcards=None):
    """The report of a selection and its runs. Not their data: who only pulled a finished chapter needs none."""
    made_from = f"made-from/{REPORTS[selection]}.json"
    made = [f"{report_folder(selection)}/{name}" for name in ("report.html", "report.pdf", "values.json", made_from)]
    return [*made, *compared_of(selection), *(ancient(path) for path in results_of(selection))]


def run_key(wildcards):
    return run_of(wildcards).key


def longest_first(wildcards):
    return PLACE[run_key(wildcards)]


def minutes_of_training(wildcards, attempt):
    return time_limit(FLOPS[run_key(wildcards)], TFLOPS, attempt)


def gpus_of_run(wildcards):
    return run_of(wildcards).config.gpus


def run_folder(wildcards):
    return run_of(wildcards).folder


def translated_folder(wildcards):
    return run_of(wildcards).translated


def prepared_of_run(wildcards):
    return f"data/prepared/{run_of(wildcards).data}"


def features_of_run(wildcards):
    run = run_of(wildcards)
    return f"data/features/{features_key(run.data, run.extractor)}"


def weights_of_run(wildcards):
    return weights_file(run_of(wildcards).extractor)


def published_weights_of_run(wildcards):
    name = run_of(wildcards).config.published_weights
    return f"data/weights/{weights_key(PLAN.params, name)}.pth" if name else []


def segmenter_of_run(wildcards):
    key = run_of(wildcards).segmenter
    return f"data/segmenters/{key}" if key else []


def dataset_of_raw(wildcards):
    return DATASET_OF_RAW[wildcards.raw]


def raw_of_data(wildcards):
    return f"data/raw/{PLAN.data[wildcards.data].raw}"


def threads_of_preparing(wildcards):
    """One, and one for each thousand images up to 8: who asks for several waits until so many cores are free at once."""
    images = IMAGES[wildcards.data] or {}
    return min(8, 1 + sum(a + b for a, b in images.values()) // 1000)


def weights_file(extractor):
    """The fetched weights of an extractor; nothing for one whose weights come with its package."""
    return f"data/weights/{weights_key(PLAN.params, extractor)}.pth" if extractor in PLAN.params.weights else []


def weights_of_features(wildcards):
    return weights_file(wildcards.extractor)


def weights_option(wildcards, input):
    return f"--weights {quote(input.weights)}" if input.weights else ""


def segmenter_option(wildcards, input):
    return f"--segmenter {quote(input.segmenter)}" if input.segmenter else ""
