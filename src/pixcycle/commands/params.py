"""What params.yaml describes, before anything runs."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from pixcycle.commands.options import AsJson, ExperimentId, ParamsFile, ScaleName, at_scale
from pixcycle.errors import UserError
from pixcycle.estimate.cards import CARDS
from pixcycle.known import known
from pixcycle.terminal import show as show_parts


def check(params: ParamsFile = Path("params.yaml")) -> None:
    """Check params.yaml: every experiment, at every scale.

    Example: pixcycle check
    """
    from pixcycle import config, runs
    from pixcycle.data.own import WATCHED, unwatched

    plan = runs.plan(config.load(params))
    print(f"{params}: {len(plan.runs)} runs at scale {plan.params.scale}, all settings are valid")
    for folder in unwatched(plan.sources):
        print(f"DVC does not see when {folder} changes: move it into {WATCHED}/, or run snakemake before dvc repro")


def show(
    experiment: ExperimentId,
    scale: ScaleName = None,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Print an experiment as it would be run, and what was assumed where its report is silent.

    Example: pixcycle show ucsd-facades-l1 --scale demo
    """
    import yaml

    from pixcycle import config, runs

    loaded = config.load(params)
    ids = loaded.experiment_ids
    chapter, _ = ids[known(experiment, ids, "experiment")]
    scale = scale or loaded.scale
    found = dict(runs.resolved(loaded, scale))
    if experiment not in found:
        raise UserError(f"{experiment} is not part of scale {scale}, which has: {', '.join(found)}")
    settings = found[experiment].model_dump(exclude={"assumes", "label", "extra"})
    print(f"# {experiment} at scale {scale}, report: {loaded.chapters[chapter].title}")
    print(yaml.safe_dump(settings, sort_keys=False), end="")
    assumed = found[experiment].assumes | loaded.chapters[chapter].assumes
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
            help="What a device sustains, in TFLOP/s. Else that of the environment's PIXCYCLE_TFLOPS, or 4: a GTX 1080 "
            "(8.9 at its peak), on which CycleGAN's authors train horse2zebra, 501 PFLOP, in 1 to 2 days.",
        ),
    ] = None,
    card: Annotated[
        str | None,
        typer.Option(
            help=f"Instead, the least hours that one of these can take: {', '.join(CARDS)}.",
            autocompletion=lambda: list(CARDS),
        ),
    ] = None,
    devices: Annotated[int, typer.Option(min=1, help="How many devices train at once.")] = 1,
    as_json: AsJson = False,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Estimate steps, FLOPs, hours and disk, and tell which data are missing.

    Example: pixcycle plan --scale full --card a100 --devices 2
    """
    from dataclasses import asdict

    from pixcycle import runs
    from pixcycle.estimate.cards import sustaining
    from pixcycle.estimate.duration import tflops_of_device
    from pixcycle.estimate.estimate import estimate
    from pixcycle.estimate.table import tables

    if card and tflops:
        raise UserError("--card and --tflops both say what trains: give one of them")
    device = CARDS[known(card, CARDS, "card")] if card else sustaining(tflops or tflops_of_device())
    loaded = at_scale(params, scale)
    mirror = loaded.mirror or os.environ.get("PIXCYCLE_MIRROR")
    found = estimate(runs.plan(loaded.model_copy(update={"mirror": mirror})), Path(), device, devices)
    if as_json:
        print(json.dumps(asdict(found), indent=1))
    else:
        show_parts(tables(found))


def schema() -> None:
    """Print the JSON schema of params.yaml, for completion in editors.

    Example: pixcycle schema
    """
    from pixcycle.schema import Params

    print(json.dumps(Params.model_json_schema(), indent=1))


def digest(source: Annotated[Path, typer.Argument(help="An archive or a folder of images.")]) -> None:
    """Print the content digest of an archive or folder, as `content` in params.yaml wants it.

    Example: pixcycle digest data/bring/leftImg8bit_trainvaltest.zip
    """
    from pixcycle.data.archives import archive_content_digest
    from pixcycle.data.digest import folder_digest

    if not source.exists():
        raise UserError(f"{source}: no such file or folder")
    print(folder_digest(source, cache=None) if source.is_dir() else archive_content_digest(source))
