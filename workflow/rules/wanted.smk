# The inputs of rules. Snakemake is asked only for nodes that are missing, or forced with -R, -f or -F. A node that exists is
# up to date by its name, but Snakemake would judge it by its inputs, time stamps and own records.
import os
from functools import cache

from snakemake.settings.types import RerunTrigger


@cache
def forced_names():
    """Return the rules and files that the user forces with -R or -f; Snakemake knows them only once all rules are read."""
    settings = workflow.dag_settings
    return {*settings.forcerun, *(settings.targets if settings.forcetargets else ())}


def is_forced(rule, path):
    return workflow.dag_settings.forceall or rule in forced_names() or path in forced_names()


def wanted(nodes):
    """Return the paths that are missing or forced, from a dictionary of the paths that each rule makes."""
    return [
        path
        for rule, made in nodes.items()
        for path in dict.fromkeys(made)
        if not os.path.exists(path) or is_forced(rule, path)
    ]


def wanted_inputs(rule, output, **functions):
    """Return an input function: the wanted inputs of a job, or none if its own output is not wanted.

    Commands take their paths from params, as inputs are incomplete.

    Parameters
    ----------
    functions
        For each rule that makes inputs, a function that returns their paths.
    """

    def inputs(wildcards):
        if not wanted({rule: [output.format(**dict(wildcards.items()))]}):
            return left_alone()
        return wanted({maker: paths_of(wildcards) for maker, paths_of in functions.items()})

    return inputs


def left_alone():
    """Return the inputs of an existing node that is itself a target, and turn off the triggers that would repeat it."""
    workflow.dag_settings.rerun_triggers = {RerunTrigger.MTIME}
    return []


def results_of(selection):
    """Return all folders and files of the runs of a selection, and its calibrations, by the rule that makes them."""
    runs = PLAN.select(selection)
    return {
        "train": [run.folder for run in runs],
        "translate": [run.translated for run in runs],
        "evaluate": [run.metrics for run in runs],
        "calibrate": [node.path for node in PLAN.calibrations_of(selection)],
    }


def data_of(selection):
    """Return the data that the runs of a selection use, by the rule that makes them."""
    runs = PLAN.select(selection)
    return {
        "fetch": [paths.raw(PLAN.data[run.data].raw) for run in runs],
        "fetch_weights": [path for run in runs for name in run.weights for path in weights_files(name)],
        "prepare": [run.prepared for run in runs],
        "real_features": [path for run in runs for path in features_files(run)],
        "train_segmenter": [path for run in runs for path in segmenter_files(run)],
    }


def report_files(selection):
    """Return the outputs of a selection's report, by rule."""
    folder, made_from = paths.report(SCALE, selection), f"made-from/{REPORTS[selection]}.json"
    names = ("report.html", "report.pdf", "values.json", made_from)
    return {f"report-{selection}": [*(f"{folder}/{name}" for name in names), *compared_of(selection)]}


def report_inputs(selection, wildcards):
    """Return the wanted inputs of a selection's report: its runs, and the data that it describes."""
    if not wanted(report_files(selection)):
        return left_alone()
    return wanted({"prepare": data_of(selection)["prepare"]} | results_of(selection))


def or_nothing(inputs):
    """Return the inputs of a target; a file that exists if there are none, as Snakemake runs a rule without inputs."""
    return inputs or ["params.yaml"]


def everything_of(selection, wildcards):
    """Return what is wanted of a selection: its report and runs; their data only if forced, as finished runs need none."""
    data = [path for rule, made in data_of(selection).items() for path in made if is_forced(rule, path)]
    return or_nothing([*wanted(report_files(selection) | results_of(selection)), *dict.fromkeys(data)])


def all_data(wildcards):
    made = data_of("all")
    return or_nothing(wanted({rule: made[rule] for rule in ("prepare", "real_features", "train_segmenter")}))
