"""Shell completion: the names that params.yaml defines.

The file is read but not validated, because the user is waiting. If it is missing or unreadable, nothing is offered.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from pixcycle.paths import finished_runs


def experiments(ctx: typer.Context) -> list[str]:
    """Return the ids of all experiments, in the order of the file."""
    return list(_experiments(_sections(ctx)))


def targets(ctx: typer.Context) -> list[str]:
    """Return the targets of Snakemake: all, the chapters, their datasets, and the experiments."""
    sections = _sections(ctx)
    ids = _experiments(sections)
    groups = [f"{chapter}-{name.split('-')[0]}" for chapter, name in ids.values()]
    return list(dict.fromkeys(["all", *sections.get("chapters", ()), *groups, *ids]))


def scales(ctx: typer.Context) -> list[str]:
    return list(_sections(ctx).get("scales", ()))


def run_folders(incomplete: str) -> list[str]:
    """Return the finished runs of the current project, and any other folders that match the typed text."""
    typed = Path(incomplete)
    parent = typed if incomplete.endswith("/") else typed.parent
    folders = [f"{path}/" for path in parent.glob("*/")] if incomplete else []
    return [*finished_runs(Path()), *sorted(folders)]


def _experiments(sections: dict[str, dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Return the (chapter, name) of each experiment by its id, in both readings where its code does otherwise."""
    chapters = sections.get("experiments", {})
    return {
        f"{chapter}-{name}{reading}": (chapter, name)
        for chapter, names in chapters.items()
        for name, experiment in (names or {}).items()
        for reading in (("", "@coded") if experiment.get("coded") else ("",))
    }


def _sections(ctx: typer.Context) -> dict[str, dict[str, Any]]:
    """Return the mappings at the top level of the params file by key."""
    import yaml

    with suppress(OSError, ValueError, yaml.YAMLError):
        tree = yaml.safe_load(Path(ctx.params.get("params") or "params.yaml").read_text())
        if isinstance(tree, dict):
            return {key: section for key, section in tree.items() if isinstance(section, dict)}
    return {}
