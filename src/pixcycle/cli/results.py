"""Commands that list, compare and remove what ran."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixcycle.base.errors import UserError
from pixcycle.base.terminal import follow, show
from pixcycle.cli import completion
from pixcycle.cli.options import ExperimentId, ParamsFile, ScaleName, at_scale

if TYPE_CHECKING:  # each command imports only what it needs, to start quickly
    from collections import Counter

    from pixcycle.ledger.inventory import Entry

SECONDS_BETWEEN_LISTS = 5


def list_runs(
    target: Annotated[
        str,
        typer.Argument(
            help="all, a chapter, a dataset of a chapter, or an experiment.", autocompletion=completion.targets
        ),
    ] = "all",
    scale: ScaleName = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON, with further fields.")] = False,
    keep_fresh: Annotated[
        bool, typer.Option("--follow", help="Keep the list fresh on the terminal until Ctrl-C; what trains is first.")
    ] = False,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """List runs with their state, wall time and images/s, and say why stale ones are stale.

    - failed: the log ends with an error; interrupted: it does not, as after a kill.
    - results: whether the test images were translated, and the translations measured.
    - epochs: for an interrupted or failed run, the epoch after which it resumes.
    - stale: on disk, but params.yaml no longer names it.

    Example: pixcycle runs ucsd-facades --scale demo
    """
    from dataclasses import asdict

    from pixcycle.ledger.runs_table import tables, training_first

    if as_json and keep_fresh:
        raise UserError("--json and --follow: give only one of them")
    if keep_fresh:
        return follow(lambda: training_first(*_runs(params, scale, target)), SECONDS_BETWEEN_LISTS)
    entries, loaded_scale, elsewhere = _runs(params, scale, target)
    if as_json:
        print(json.dumps([asdict(entry) for entry in entries], indent=1))
    else:
        show(tables(entries, loaded_scale, elsewhere))


def _runs(params: Path, scale: str | None, target: str) -> "tuple[list[Entry], str, Counter[str]]":
    """Return the runs of a target, the scale, and the number of runs on disk at each other scale."""
    from pixcycle.ledger.inventory import inventory, on_disk_elsewhere

    loaded = at_scale(params, scale)
    return inventory(loaded, target, Path()), loaded.scale, on_disk_elsewhere(loaded.scale, Path())


def compare(
    experiment: ExperimentId,
    a: Annotated[
        str | None,
        typer.Argument(
            help="First run: start of its fingerprint, its folder, or the id of the other reading; default: the newest "
            "other run."
        ),
    ] = None,
    b: Annotated[
        str | None, typer.Argument(help="Second run, likewise; default: the current run, or else the newest.")
    ] = None,
    scale: ScaleName = None,
    seed: Annotated[int | None, typer.Option(help="Seed; default: the first one in the parameter file.")] = None,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Compare two runs of an experiment: settings, metrics and cost, and on an HTML page images and losses.

    Without A and B, the newest other run is compared with the current one, which is the run that params.yaml names.
    With EXPERIMENT@coded as A, the two readings are compared. The page is written to
    reports/SCALE/compare/EXPERIMENT-A-B.html.

    Example: pixcycle compare ucsd-facades-l1 --scale demo
    """
    from pixcycle.ledger.run_pair import two_sides
    from pixcycle.plan.make import make_plan
    from pixcycle.report.rendering.terminal import drawn
    from pixcycle.report.run_pair import labels, tables

    plan = make_plan(at_scale(params, scale))
    sides = two_sides(plan, experiment, a, b, seed, Path())
    show(drawn(block) for block in tables(*sides, plan))
    show(f"{label}: {note}." for label, side in zip(labels(*sides), sides, strict=True) for note in side.notes)

    from pixcycle.report.rendering.run_pair_page import write_page  # late: importing matplotlib takes seconds

    print(write_page(*sides, plan, Path()))


def verify(params: ParamsFile = Path("params.yaml")) -> None:
    """Verify all data and results of this project, as `git fsck` does.

    Every file is read and compared with the checksum that its folder or record has for it. Trained networks,
    translations, features and metrics are also compared with what they were made from. Nothing is changed.

    Example: pixcycle verify
    """
    from rich.console import Console
    from rich.progress import track

    from pixcycle.ledger.verify import nodes
    from pixcycle.ledger.verify import verify as verify_nodes
    from pixcycle.params.load import load_params

    root = Path()
    found = nodes(root)
    progress = track(
        verify_nodes(found, load_params(params), root), "verify", total=len(found), console=Console(stderr=True)
    )
    verified = list(progress)
    problems = [problem for entry in verified for problem in entry.problems]
    older = sum(not entry.recorded for entry in verified)
    note = f" Older versions made {older} of them without checksums." if older else ""
    if problems:
        raise UserError(f"{len(problems)} problems in {len(verified)} nodes.{note}", *problems)
    print(f"{len(verified)} nodes hold what was written.{note}")


def gc(yes: Annotated[bool, typer.Option("--yes", help="Remove without asking.")] = False) -> None:
    """Remove files that params.yaml no longer names at any scale, after listing them and asking.

    - Removed: runs (also unfinished ones), translations and metrics in results/; and whatever no run reads any more in
      data/raw, data/prepared, data/features, data/segmenters and data/weights.
    - Kept: everything that was ever requested from Snakemake with --config (seeds, scale, extractor), with the current
      settings, as long as .snakemake/plans exists.
    - Kept: files that a running Snakemake uses here, and files that a process is writing.
    - Not kept: files that only the params.yaml of another branch names, or another file passed to Snakemake with
      --configfile.
    - Kept: files that `pixcycle study serve` shows, and whatever params.yaml names as the location of a source.
    - Never touched: data/own, data/bring, data/mirror, reports, and folders without a record of pixcycle's.

    Without a terminal nothing is removed, unless --yes is given.

    Example: pixcycle gc
    """
    from rich.filesize import decimal

    from pixcycle.ledger.gc import remove, unnamed
    from pixcycle.ledger.gc_table import tables
    from pixcycle.params.load import load_params

    root = Path()
    listed = list(unnamed(load_params("params.yaml"), root))
    show(tables(listed))
    removable = [entry for entry in listed if not entry.kept]
    if not removable:
        return
    if not yes and not (sys.stdin.isatty() and sys.stdout.isatty()):
        print("Nothing was removed: without a terminal to ask on, use `pixcycle gc --yes` to remove everything listed.")
        return
    if not yes and not typer.confirm("Remove them?"):
        return
    # Keep what has been named or started since the list was shown.
    confirmed = {entry.node for entry in removable}
    removable = [e for e in unnamed(load_params("params.yaml"), root) if e.node in confirmed and not e.kept]
    for entry in removable:
        remove(entry.node, root)
    print(f"Freed {decimal(sum(entry.size for entry in removable))}.")
    if Path("dvc.lock").exists():
        print("DVC's cache still holds what was committed: `dvc repro` notes what is gone, `dvc gc -w` frees it.")
