"""Commands that show what params.yaml describes, before anything runs."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from pixcycle.base.errors import UserError
from pixcycle.base.suggest import known
from pixcycle.base.terminal import show as show_parts
from pixcycle.cli.options import AsJson, ExperimentId, ParamsFile, ScaleName, at_scale
from pixcycle.estimate.gpus import GPUS


def check(params: ParamsFile = Path("params.yaml")) -> None:
    """Check params.yaml. Mistakes at the chosen scale are errors; those at other scales are only listed.

    Example: pixcycle check
    """
    from pixcycle.data.user_data import WATCHED, unwatched
    from pixcycle.params.load import load_params
    from pixcycle.plan.make import make_plan
    from pixcycle.plan.scales import remarks

    plan = make_plan(load_params(params))
    print(f"{params}: {len(plan.runs)} runs at scale {plan.params.scale}, all settings are valid")
    for remark in remarks(plan.params):
        print(remark)
    if hidden := [f"{target} (not {', '.join(others)})" for target, others in plan.hidden.items()]:
        print(f"targets that are one experiment and not its group, which has the same name: {'; '.join(hidden)}")
    for folder in unwatched(plan.sources):
        print(f"DVC does not see when {folder} changes: move it into {WATCHED}/, or run snakemake before dvc repro")


def show(
    experiment: ExperimentId,
    scale: ScaleName = None,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Print the settings of an experiment and the origin of each, and what was assumed where its report is silent.

    Example: pixcycle show ucsd-facades-l1 --scale demo
    """
    import yaml

    from pixcycle.ledger.staleness import as_yaml
    from pixcycle.methods.registry import METHODS
    from pixcycle.params.load import load_params
    from pixcycle.params.origins import origins
    from pixcycle.params.schema import CODED
    from pixcycle.plan.scales import at_scale, rounded
    from pixcycle.training.coin import drawn_flips

    loaded = load_params(params)
    ids = loaded.experiment_ids
    chapter, name = ids[known(experiment, ids, "experiment")]
    scale = scale or loaded.scale
    resolved = at_scale(loaded, scale, experiment)
    written = loaded.experiments[chapter][name]
    print(f"# {experiment} at scale {scale}, report: {loaded.chapters[chapter].title}")
    if rounding := rounded(loaded.experiment(experiment), loaded.scales[scale], resolved):
        print(f"# {rounding}")
    print("# stated: in the report; from code: in its authors' own code; assumed: in neither; ours: none needs to say")
    unscaled = loaded.experiment(experiment)
    coded = experiment.endswith(CODED)
    origin_of = origins(written, coded)
    for field, origin in origin_of.items():
        if field in METHODS[resolved.method].unused:
            continue
        value, full = (as_yaml(getattr(e, field)).replace("–", "null") for e in (resolved, unscaled))
        print(f"{f'{field}: {value}':40} # {origin}" + ("" if value == full else f", {full} before scaling"))
    for seed in loaded.seeds:
        if flips := drawn_flips(resolved, loaded.datasets[resolved.dataset].domains, seed):
            print(f"# Flips of the whole training with seed {seed}: {flips}")
    if written.coded and not coded:
        print(f"# Its code does otherwise: pixcycle show {experiment}{CODED}")
    assumed = loaded.chapters[chapter].assumes | resolved.assumes
    if coded:  # a chapter's assumptions are those of the reading `written`
        assumed = {field: text for field, text in resolved.assumes.items() if origin_of[field] == "assumed"}
    if assumed:
        print("\n# Assumed, where the report is silent:")
        print(yaml.safe_dump(assumed, sort_keys=False, width=110, allow_unicode=True), end="")


def plan(
    scale: ScaleName = None,
    tflops: Annotated[
        float | None,
        typer.Option(
            min=1e-6,
            max=1e6,
            help="How fast your device trains, in TFLOP/s: about half of the float32 peak that its maker gives. "
            "Default: the environment variable PIXCYCLE_TFLOPS, or 4, as a GTX 1080 has.",
        ),
    ] = None,
    gpu: Annotated[
        str | None,
        typer.Option(
            help=f"GPU, instead of --tflops, for which to print the fewest hours that are possible: {', '.join(GPUS)}.",
            autocompletion=lambda: list(GPUS),
        ),
    ] = None,
    devices: Annotated[int, typer.Option(min=1, help="How many of these devices train at once.")] = 1,
    as_json: AsJson = False,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Estimate steps, FLOPs, hours and disk space, and list missing data.

    Example: pixcycle plan --scale full --gpu a100 --devices 2
    """
    from dataclasses import asdict

    from pixcycle.estimate.duration import tflops_of_device
    from pixcycle.estimate.estimate import estimate
    from pixcycle.estimate.gpus import sustaining
    from pixcycle.estimate.table import tables
    from pixcycle.plan.make import make_plan

    if gpu and tflops:
        raise UserError("--gpu and --tflops both describe the device: give only one of them")
    device = GPUS[known(gpu, GPUS, "GPU")] if gpu else sustaining(tflops or tflops_of_device())
    loaded = at_scale(params, scale)
    mirror = loaded.mirror or os.environ.get("PIXCYCLE_MIRROR")
    estimated = estimate(make_plan(loaded.model_copy(update={"mirror": mirror})), Path(), device, devices)
    if as_json:
        print(json.dumps(asdict(estimated), indent=1))
    else:
        show_parts(tables(estimated))


def schema() -> None:
    """Print the JSON schema of params.yaml, for completion in an editor.

    Example: pixcycle schema
    """
    from pixcycle.params.schema import Params

    print(json.dumps(Params.model_json_schema(), indent=1))


def digest(source: Annotated[Path, typer.Argument(help="Archive, or folder of images.")]) -> None:
    """Print the content digest of an archive or folder, for `content` in params.yaml.

    Example: pixcycle digest data/bring/leftImg8bit_trainvaltest.zip
    """
    from pixcycle.data.fetch.archives import archive_content_digest
    from pixcycle.data.fetch.digest import folder_digest

    if not source.exists():
        raise UserError(f"{source}: no such file or folder")
    print(folder_digest(source, cache=None) if source.is_dir() else archive_content_digest(source))
