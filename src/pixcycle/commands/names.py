"""The names that a shell completes: from params.yaml as it stands, unchecked, as somebody waits with a finger on Tab.

Where there is no such file, or none that can be read, there are no names.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from pixcycle.engine.nodes import finished_runs


def experiments(ctx: typer.Context) -> list[str]:
    """Ids of experiments, in the order of the file."""
    return list(_experiments(_sections(ctx)))


def targets(ctx: typer.Context) -> list[str]:
    """What Snakemake can be asked for: all, chapters, datasets in them, experiments."""
    sections = _sections(ctx)
    ids = _experiments(sections)
    groups = [f"{chapter}-{name.split('-')[0]}" for chapter, name in ids.values()]
    return list(dict.fromkeys(["all", *sections.get("chapters", ()), *groups, *ids]))


def scales(ctx: typer.Context) -> list[str]:
    return list(_sections(ctx).get("scales", ()))


def run_folders(incomplete: str) -> list[str]:
    """Finished runs of the project that one stands in, and other folders that begin so."""
    typed = Path(incomplete)
    parent = typed if incomplete.endswith("/") else typed.parent
    others = [f"{path}/" for path in parent.glob("*/")] if incomplete else []
    return [*finished_runs(Path()), *sorted(others)]


def _experiments(sections: dict[str, dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Chapter and name by id."""
    chapters = sections.get("experiments", {})
    return {f"{chapter}-{name}": (chapter, name) for chapter, named in chapters.items() for name in named or ()}


def _sections(ctx: typer.Context) -> dict[str, dict[str, Any]]:
    """What the params file says under each key that has names below it."""
    import yaml

    with suppress(OSError, ValueError, yaml.YAMLError):
        tree = yaml.safe_load(Path(ctx.params.get("params") or "params.yaml").read_text())
        if isinstance(tree, dict):
            return {key: section for key, section in tree.items() if isinstance(section, dict)}
    return {}
