"""What ran: listed, compared and cleared away."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from pixcycle.commands import names
from pixcycle.commands.options import ExperimentId, ParamsFile, ScaleName, at_scale
from pixcycle.terminal import show


def list_runs(
    target: Annotated[
        str, typer.Argument(help="all, a chapter, a dataset in it, or an experiment.", autocompletion=names.targets)
    ] = "all",
    scale: ScaleName = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same, and more, as JSON.")] = False,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """List the runs: their state, time, images/s, and of those that params.yaml no longer names, why.

    epochs: of a run that was interrupted or failed, after which of them it goes on. failed: its log ends with an error;
    interrupted: with none, as after a kill. results: what was made of the test images, and measured on that.

    Example: pixcycle runs ucsd-facades --scale demo
    """
    from dataclasses import asdict

    from pixcycle.engine.inventory import inventory, on_disk_elsewhere
    from pixcycle.engine.runs_table import tables

    loaded = at_scale(params, scale)
    found = inventory(loaded, target, Path())
    if as_json:
        print(json.dumps([asdict(entry) for entry in found], indent=1))
    else:
        show(tables(found, loaded.scale, on_disk_elsewhere(loaded.scale, Path())))


def compare(
    experiment: ExperimentId,
    a: Annotated[str | None, typer.Argument(help="How a fingerprint begins, or a run's folder.")] = None,
    b: Annotated[str | None, typer.Argument(help="The same; without it, the current run, or else the newest.")] = None,
    scale: ScaleName = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the first seed in the params file.")] = None,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Set two runs of an experiment side by side: settings, metrics, cost and, on a page, images and losses.

    Without A and B: the newest run that is not current, and the current one. The page is
    reports/SCALE/compare/EXPERIMENT-A-B.html.

    Example: pixcycle compare ucsd-facades-l1 --scale demo
    """
    from pixcycle import runs
    from pixcycle.engine.sides import two_sides
    from pixcycle.report.compare import labels, tables
    from pixcycle.report.terminal import drawn

    plan = runs.plan(at_scale(params, scale))
    sides = two_sides(plan, experiment, a, b, seed, Path())
    show(drawn(block) for block in tables(*sides, plan))
    show(f"{label}: {note}." for label, side in zip(labels(*sides), sides, strict=True) for note in side.notes)

    from pixcycle.report.compare_page import write_page  # takes seconds to import, as it draws

    print(write_page(*sides, plan, Path()))


def gc(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Remove what the params.yaml of this checkout names at none of its scales, after showing it.

    - Freed: runs, unfinished ones too, translations and metrics below results/; what no run reads any more in
      data/raw, prepared, features, segmenters and weights.
    - Kept: what Snakemake was ever asked for with --config (seeds, scale, extractor), on the settings of today. It
      forgets that when .snakemake/plans is removed.
    - Kept: what a Snakemake that runs here uses, and what a process is making.
    - Not kept: what another branch's params.yaml names, or another file that Snakemake was given with --configfile.
    - Never touched: data/own, data/bring, data/mirror, reports, and what a person gave its name.

    Without a terminal and without --yes it only shows.

    Example: pixcycle gc
    """
    from rich.filesize import decimal

    from pixcycle import config
    from pixcycle.engine.gc import remove, unnamed
    from pixcycle.engine.gc_table import tables

    root = Path()
    found = list(unnamed(config.load("params.yaml"), root))
    show(tables(found))
    free = [each for each in found if not each.kept]
    if not free:
        return
    if not yes and not (sys.stdin.isatty() and sys.stdout.isatty()):
        print("Nothing was removed: there is no terminal to ask on. `pixcycle gc --yes` removes all of these.")
        return
    if not yes and not typer.confirm("Remove them?"):
        return
    # What was named or begun since the list was shown stays.
    shown = {each.node for each in free}
    free = [each for each in unnamed(config.load("params.yaml"), root) if each.node in shown and not each.kept]
    for each in free:
        remove(each.node, root)
    print(f"Freed {decimal(sum(each.size for each in free))}.")
    if Path("dvc.lock").exists():
        print("What was committed to DVC is in its cache still: `dvc repro` notes what is gone, `dvc gc -w` frees it.")
