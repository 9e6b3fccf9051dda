"""The command line: what people ask, and one command for each kind of node, which rules and tests call, too."""

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pixcycle import jobs
from pixcycle.engine.memory import keep_freed_memory
from pixcycle.errors import UserError, printable
from pixcycle.estimate.cards import CARDS
from pixcycle.room import room_for
from pixcycle.study import command as study

if TYPE_CHECKING:  # each command imports what it needs, so that none waits for more
    from pixcycle.config import Params

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
    help=__doc__,
)

ParamsFile = Annotated[Path, typer.Option(help="The params file.")]
ScaleName = Annotated[str | None, typer.Option(help="Instead of the scale in the params file.")]


@app.command()
def check(params: ParamsFile = Path("params.yaml")) -> None:
    """Check params.yaml: every experiment, at every scale."""
    from pixcycle import config, runs
    from pixcycle.data.own import WATCHED, unwatched

    plan = runs.plan(config.load(params))
    print(f"{params}: {len(plan.runs)} runs at scale {plan.params.scale}, all settings are valid")
    for folder in unwatched(plan.sources):
        print(f"DVC does not see when {folder} changes: move it into {WATCHED}/, or run snakemake before dvc repro")


@app.command()
def show(
    experiment: Annotated[str, typer.Argument(help="Its id, such as ucsd-facades-l1.")],
    scale: ScaleName = None,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Print an experiment as it would be run, and what was assumed where its report is silent."""
    import yaml

    from pixcycle import config, runs

    loaded = config.load(params)
    ids = config.experiment_ids(loaded)
    chapter, _ = ids[config.known(experiment, ids, "experiment")]
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


@app.command()
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
        str | None, typer.Option(help=f"Instead, the least hours that one of these can take: {', '.join(CARDS)}.")
    ] = None,
    devices: Annotated[int, typer.Option(min=1, help="How many devices train at once.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="The same as JSON.")] = False,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Estimate, before anything starts: steps, FLOPs, hours, disk, and which data are missing."""
    from dataclasses import asdict

    from pixcycle import config, runs
    from pixcycle.estimate.cards import sustaining
    from pixcycle.estimate.duration import tflops_of_device
    from pixcycle.estimate.estimate import estimate
    from pixcycle.estimate.table import tables

    if card and tflops:
        raise UserError("--card and --tflops both say what trains: give one of them")
    device = CARDS[config.known(card, CARDS, "card")] if card else sustaining(tflops or tflops_of_device())
    loaded = _at_scale(params, scale)
    mirror = loaded.mirror or os.environ.get("PIXCYCLE_MIRROR")
    found = estimate(runs.plan(loaded.model_copy(update={"mirror": mirror})), Path(), device, devices)
    if as_json:
        print(json.dumps(asdict(found), indent=1))
    else:
        _print(tables(found))


@app.command(name="runs")
def list_runs(
    target: Annotated[str, typer.Argument(help="all, a chapter, a dataset in it, or an experiment.")] = "all",
    scale: ScaleName = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same, and more, as JSON.")] = False,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """List the runs: their state, time, images/s, and of those that params.yaml no longer names, why.

    epochs: of a run that was interrupted or failed, after which of them it goes on. failed: its log ends with an error;
    interrupted: with none, as after a kill. results: what was made of the test images, and measured on that.
    """
    from dataclasses import asdict

    from pixcycle.engine.inventory import inventory, on_disk_elsewhere
    from pixcycle.engine.runs_table import tables

    loaded = _at_scale(params, scale)
    found = inventory(loaded, target, Path())
    if as_json:
        print(json.dumps([asdict(entry) for entry in found], indent=1))
    else:
        _print(tables(found, loaded.scale, on_disk_elsewhere(loaded.scale, Path())))


@app.command()
def compare(
    experiment: Annotated[str, typer.Argument(help="Its id, such as ucsd-facades-l1.")],
    a: Annotated[str | None, typer.Argument(help="How a fingerprint begins, or a run's folder.")] = None,
    b: Annotated[str | None, typer.Argument(help="The same; without it, the current run, or else the newest.")] = None,
    scale: ScaleName = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the first seed in the params file.")] = None,
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Set two runs of an experiment side by side: settings, metrics, cost and, on a page, images and losses.

    Without A and B: the newest run that is not current, and the current one. The page is
    reports/SCALE/compare/EXPERIMENT-A-B.html.
    """
    from pixcycle import runs
    from pixcycle.engine.sides import two_sides
    from pixcycle.report.compare import labels, tables
    from pixcycle.report.terminal import drawn

    plan = runs.plan(_at_scale(params, scale))
    sides = two_sides(plan, experiment, a, b, seed, Path())
    _print(drawn(block) for block in tables(*sides, plan))
    _print(f"{label}: {note}." for label, side in zip(labels(*sides), sides, strict=True) for note in side.notes)

    from pixcycle.report.compare_page import write_page  # takes seconds to import, as it draws

    print(write_page(*sides, plan, Path()))


@app.command()
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
    """
    from rich.filesize import decimal

    from pixcycle import config
    from pixcycle.engine.gc import remove, unnamed
    from pixcycle.engine.gc_table import tables

    root = Path()
    found = list(unnamed(config.load("params.yaml"), root))
    _print(tables(found))
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


@app.command()
def schema() -> None:
    """Print the JSON schema of params.yaml, for completion in editors."""
    from pixcycle import config

    print(json.dumps(config.Params.model_json_schema(), indent=1))


@app.command()
def digest(source: Annotated[Path, typer.Argument(help="An archive or a folder of images.")]) -> None:
    """Print the content digest of an archive or folder, as `content` in params.yaml wants it."""
    from pixcycle.data.archives import archive_content_digest
    from pixcycle.data.digest import folder_digest

    if not source.exists():
        raise UserError(f"{source}: no such file or folder")
    print(folder_digest(source, cache=None) if source.is_dir() else archive_content_digest(source))


@app.command()
def import_weights(
    file: Path,
    generator: Annotated[str, typer.Option(help="unet_128, unet_256, resnet_6blocks or resnet_9blocks.")],
    out: Annotated[Path, typer.Option(help="A safetensors file.")] = Path("imported.safetensors"),
) -> None:
    """Read a generator that was published for the authors' PyTorch code (`*_net_G.pth`)."""
    from safetensors.torch import save

    from pixcycle.files import write_bytes
    from pixcycle.models.foreign import load_foreign

    network = load_foreign(file, generator)
    write_bytes(out, save({key: value.contiguous() for key, value in network.state_dict().items()}))
    count = sum(parameter.numel() for parameter in network.parameters())
    print(f"{out}: {generator} with {count / 1e6:.3f} million parameters")


@app.command()
def metrics(
    real: Annotated[Path, typer.Argument(help="A folder of PNG or JPEG files.")],
    fake: Annotated[Path, typer.Argument(help="The same, generated.")],
    extractor: Annotated[str, typer.Option(help="Or efficientnet-lite0, a stand-in.")] = "inception-v3",
    weights: Annotated[Path | None, typer.Option(help="The weights file of inception-v3.")] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Images at a time.")] = 16,
    mixed_file_types: Annotated[bool, typer.Option("--mixed-file-types", help="Set PNG against JPEG.")] = False,
) -> None:
    """Measure any two folders of images: FID, KID, precision and recall, as JSON."""
    from pixcycle.engine.gpu import lease
    from pixcycle.metrics.folders import compare_folders

    with lease():
        found = compare_folders(real, fake, extractor, weights, batch_size, mixed_file_types)
    print(json.dumps(found, indent=1))


def _at_scale(params: Path, scale: str | None) -> "Params":
    from pixcycle import config

    loaded = config.load(params)
    return loaded.model_copy(update={"scale": config.known(scale or loaded.scale, loaded.scales, "scale")})


def _print(parts: Iterable[Any]) -> None:
    from pixcycle.report.terminal import show

    show(parts)


app.add_typer(study.app, name="study")
app.add_typer(jobs.app)


def main() -> None:
    """Entry point: a UserError, or a file that cannot be used, is a line on stderr and exit code 2."""
    keep_freed_memory()
    try:
        with room_for(Path.cwd()):  # for what is printed, and for temporary files
            app()
    except UserError as error:
        print(f"pixcycle: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if not error.filename:
            raise
        print(f"pixcycle: {printable(f'{error.filename}: {error.strerror}')}", file=sys.stderr)
        sys.exit(2)
