"""Check the targets that the user requests from Snakemake, whose own error names neither near nor missing ones."""

from collections.abc import Iterable

from pixcycle.base.errors import UserError
from pixcycle.base.suggest import nearest
from pixcycle.params.schema import CODED, Params
from pixcycle.plan.runs import Plan, group, written_id
from pixcycle.plan.scales import ids_of_scale

FOLDERS = ("data", "logs", "reports", "results", ".", "..", "")
"""First parts of the paths of files that can be targets; an absolute path begins with an empty part."""


def requested(command: list[str]) -> list[str]:
    """Return the targets of a snakemake command line, which it does not expose while it reads its Snakefile."""
    if "snakemake" not in command[0]:  # another program reads the workflow
        return []
    from snakemake.cli import get_argument_parser  # here, so that nothing else needs Snakemake

    end = command.index("--") if "--" in command else len(command)
    parsed, _ = get_argument_parser().parse_known_args(command[1:end])
    return [*parsed.targets, *command[end + 1 :]]


def refuse_unknown(targets: Iterable[str], rules: Iterable[str], plan: Plan) -> None:
    """Raise UserError for the first target that is neither a rule nor a path of results.

    The message names the scales that have the target, or the nearest target.

    Parameters
    ----------
    rules
        Names of the workflow's rules; every selection of the plan is one.
    """
    known = {*rules, *plan.selections}
    for target in targets:
        if target in known or ("/" in target and target.split("/")[0] in FOLDERS):
            continue
        if reason := _other_reading(target, plan) or _elsewhere(target, plan):
            raise UserError(reason)
        raise UserError(f"unknown target '{target}'; {nearest(target, list(plan.selections))}")


def without_experiments(targets: Iterable[str], plan: Plan) -> list[str]:
    """Return a line for each requested chapter that has no experiment at this scale; it names the scales that have.

    These are not refused: `dvc repro` requests all chapters at every scale.
    """
    empty = [target for target in targets if target in plan.selections and not plan.select(target)]
    nowhere = f"is not part of scale {plan.params.scale} or any other: params.yaml defines no experiment of it"
    return [_elsewhere(target, plan) or f"{target} {nowhere}" for target in empty]


def _other_reading(target: str, plan: Plan) -> str:
    """Return why an experiment of this scale is no target as coded; empty if it is not for its readings."""
    params = plan.params
    if not target.endswith(CODED) or target not in params.experiment_ids:
        return ""
    if "coded" not in params.readings:
        return f"{target}: readings leaves it out; add --config 'readings=[written,coded]'"
    if target in ids_of_scale(params, params.chosen_scale):
        return f"{target} has the same settings as written at scale {params.scale}; its target is {written_id(target)}"
    return ""


def _elsewhere(target: str, plan: Plan) -> str:
    """Return which other scales have a target; empty if none has."""
    scales = _scales_with(target, plan.params)
    if not scales:
        return ""
    here = f"{target} is not part of scale {plan.params.scale}"
    return f"{here}, but of {', '.join(scales)}: snakemake {target} --config scale={scales[0]}"


def _scales_with(target: str, params: Params) -> list[str]:
    def targets(id: str) -> set[str]:
        chapter, name = params.experiment_ids[id]
        return {id, written_id(id), group(chapter, name), chapter}

    return [
        name
        for name, scale in params.scales.items()
        if any(target in targets(id) for id in ids_of_scale(params, scale))
    ]
