# Shared by all rules: the plan, which is resolved once and passed to every job as PLAN_FILE, and what it says of a job.
import os
import sys
from functools import partial
from pathlib import Path
from shlex import quote

from snakemake.logging import logger

from pixcycle import paths
from pixcycle.base.errors import UserError
from pixcycle.base.files import write_json
from pixcycle.base.git import refuse_other_code
from pixcycle.data.dvc_links import refuse_links
from pixcycle.data.user_data import note_own_data
from pixcycle.estimate.duration import flops_of_gpu, tflops_of_device, time_limit
from pixcycle.estimate.supplies import count_images
from pixcycle.params.load import check_params
from pixcycle.plan.names import features_key, weights_key
from pixcycle.plan.make import make_plan
from pixcycle.plan.runs import read_plan
from pixcycle.report.fingerprint import report_fingerprints
from pixcycle.scheduler.failures import Failures
from pixcycle.scheduler.locks import WorkHere
from pixcycle.scheduler.refusals import in_one_line
from pixcycle.scheduler.view import attach
from pixcycle.training.watch import refuse_without_package
from pixcycle.cli.targets import refuse_unknown, requested, without_experiments

config.setdefault("mirror", os.environ.get("PIXCYCLE_MIRROR"))

with in_one_line():
    refuse_other_code(Path())
    # A job on a cluster node uses the plan with which it was submitted, even if params.yaml has changed since.
    submitted = None if workflow.is_main_process else os.environ.get("PIXCYCLE_PLAN")
    PLAN = read_plan(Path(submitted)) if submitted else make_plan(check_params(config))
    REPORTS = report_fingerprints(PLAN)
    if PLAN.params.watch:
        refuse_without_package()
    TFLOPS = tflops_of_device()
    IMAGES = {key: count_images(PLAN.params.datasets[node.dataset], node, Path()) for key, node in PLAN.data.items()}
    if workflow.is_main_process:  # not a process that runs a single job on a cluster node
        FAILURES = Failures()
        logger.addHandler(FAILURES)
        logger.addHandler(WorkHere(workflow))
        refuse_links(PLAN.params.scale)
        note_own_data(PLAN.sources)
    PLAN_FILE = paths.plan(PLAN.fingerprint)
    if not Path(PLAN_FILE).exists():
        write_json(Path(PLAN_FILE), PLAN.model_dump(mode="json"))

SCALE = PLAN.params.scale
os.environ.update(PIXCYCLE_PLAN=PLAN_FILE)
DATASET_OF_RAW = {node.raw: node.dataset for node in PLAN.data.values()}
OF_EXPERIMENT = paths.experiment("{scale}", "{chapter}", "{experiment}")
RUN_BY_FINGERPRINT = {
    (run.key, fingerprint): run
    for run in PLAN.runs.values()
    for fingerprint in (run.fingerprint, run.translated_fingerprint, run.metrics_fingerprint)
}
FLOPS = {run.key: flops_of_gpu(run.config, IMAGES[run.data]) for run in PLAN.runs.values()}
PLACE = {key: place for place, key in enumerate(sorted(FLOPS, key=FLOPS.get), start=1)}

# With two runs in parallel on few cores, threads that busy-wait make them ten times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

BARS = workflow.is_main_process and attach(workflow, FLOPS, logger.addHandler)
# A full disk under the log must not fail a job, as Snakemake would then remove the job's output. Where bars show what jobs
# do, their lines are only in their logs.
shell.prefix(
    'set -euo pipefail; tee() {{ command tee "$@" || true; }}; '
    + ("exec >/dev/null; " if BARS and sys.stdout.isatty() else "")
)


wildcard_constraints:
    fp="[0-9a-f]{8}",
    seed="[0-9]+",


def check_targets():
    """Refuse unknown targets and tell of empty ones, in one line each; call it when all rules are defined."""
    if workflow.is_main_process:
        targets = requested(sys.argv)
        with in_one_line():
            refuse_unknown(targets, [rule.name for rule in workflow.rules], PLAN)
        print(*(f"pixcycle: {line}\n" for line in without_experiments(targets, PLAN)), sep="", end="", file=sys.stderr)


def log_of_run(step):
    return paths.run_log(step, "{scale}", "{chapter}-{experiment}", "{seed}", "{fp}")


def run_of(wildcards):
    """Return the run of a path under results/, or raise a UserError if params.yaml no longer defines it."""
    key = f"{wildcards.chapter}-{wildcards.experiment}/{wildcards.seed}"
    if (key, wildcards.fp) not in RUN_BY_FINGERPRINT:
        raise UserError(f"params.yaml no longer defines {key} with fingerprint {wildcards.fp}; start Snakemake again")
    return RUN_BY_FINGERPRINT[key, wildcards.fp]


def compared_of(selection):
    """Return the folders in which DVC compares versions of a chapter."""
    kinds = ("metrics", "losses") if selection in PLAN.params.chapters else ()
    return [paths.versioned(SCALE, kind, selection) for kind in kinds]


def run_key(wildcards):
    return run_of(wildcards).key


def longest_first(wildcards):
    return PLACE[run_key(wildcards)]


def minutes_of_training(wildcards, attempt):
    return time_limit(FLOPS[run_key(wildcards)], TFLOPS, attempt)


def gpus_of_run(wildcards):
    return run_of(wildcards).config.gpus


def most_gpus_of_training(wildcards, resources):
    """Return at least 1, which on a machine without GPUs means its CPUs: `--resources gpu=0` makes the resource 0."""
    return max(1, resources.gpu)


def run_folder(wildcards):
    return [run_of(wildcards).folder]


def translated_folder(wildcards):
    return [run_of(wildcards).translated]


def prepared_of_run(wildcards):
    return [run_of(wildcards).prepared]


def features_files(run):
    return [paths.features(features_key(run.data, run.extractor))]


def features_of_run(wildcards):
    return features_files(run_of(wildcards))


def extractor_weights_of_run(wildcards):
    return weights_files(run_of(wildcards).extractor)


def training_weights_of_run(wildcards):
    return [path for name in run_of(wildcards).training_weights for path in weights_files(name)]


def segmenter_files(run):
    return [paths.segmenter(run.segmenter)] if run.segmenter else []


def segmenter_of_run(wildcards):
    return segmenter_files(run_of(wildcards))


def weights_of_run(wildcards):
    """Return all weights that the evaluation of a run needs."""
    return [
        *extractor_weights_of_run(wildcards),
        *(paths.weights(key) for key in run_of(wildcards).metric_weights.values()),
    ]


def metric_weights_option(wildcards):
    files = {name: paths.weights(key) for name, key in run_of(wildcards).metric_weights.items()}
    return " ".join(f"--metric-weights {quote(f'{name}={file}')}" for name, file in files.items())


def weights_of_calibration(wildcards):
    key = PLAN.calibrations[wildcards.chapter].weights
    return [paths.weights(key)] if key else []


def dataset_of_raw(wildcards):
    return DATASET_OF_RAW[wildcards.raw]


def raw_of_data(wildcards):
    return [paths.raw(PLAN.data[wildcards.data].raw)]


def prepared_of_data(wildcards):
    return [paths.prepared(wildcards.data)]


def threads_of_preparing(wildcards):
    """Return 1 + one thread per thousand images, at most 8; a job waits until all of its threads' cores are free."""
    images = IMAGES[wildcards.data] or {}
    return min(8, 1 + sum(a + b for a, b in images.values()) // 1000)


def weights_files(name):
    """Return the downloaded weights of a name; none if there is no name, or if the weights come with a package."""
    return [paths.weights(weights_key(PLAN.params, name))] if name in PLAN.params.fetched_weights else []


def weights_of_features(wildcards):
    return weights_files(wildcards.extractor)


def option(name, paths_of, wildcards):
    """Return an option of a command with the path that an input function returns, if any."""
    return " ".join(f"{name} {quote(path)}" for path in paths_of(wildcards))
