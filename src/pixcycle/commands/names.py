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
    return [f"{chapter}-{name}" for chapter, name in _experiments(ctx)]


def targets(ctx: typer.Context) -> list[str]:
    """What Snakemake can be asked for: all, chapters, datasets in them, experiments."""
    pairs = _experiments(ctx)
    chapters, groups = _section(ctx, "chapters"), [f"{chapter}-{name.split('-')[0]}" for chapter, name in pairs]
    return list(dict.fromkeys(["all", *chapters, *groups, *experiments(ctx)]))


def scales(ctx: typer.Context) -> list[str]:
    return list(_section(ctx, "scales"))


def run_folders(incomplete: str) -> list[str]:
    """Finished runs of the project that one stands in, and other folders that begin so."""
    typed = Path(incomplete)
    parent = typed if incomplete.endswith("/") else typed.parent
    others = [f"{path}/" for path in parent.glob("*/")] if incomplete else []
    return [*finished_runs(Path()), *sorted(others)]


def _experiments(ctx: typer.Context) -> list[tuple[str, str]]:
    return [(chapter, name) for chapter, section in _section(ctx, "experiments").items() for name in section or ()]


def _section(ctx: typer.Context, key: str) -> dict[str, Any]:
    import yaml

    with suppress(OSError, ValueError, yaml.YAMLError):
        tree = yaml.safe_load(Path(ctx.params.get("params") or "params.yaml").read_text())
        if isinstance(tree, dict) and isinstance(tree.get(key), dict):
            return tree[key]
    return {}
