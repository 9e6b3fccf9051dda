"""Links to other disks among the folders of results: DVC tracks a linked folder, but nothing inside one."""

import os
from collections.abc import Mapping
from pathlib import Path

from pixcycle import paths
from pixcycle.base.errors import UserError


def refuse_links(scale: str, root: Path = Path(), environment: Mapping[str, str] = os.environ) -> None:
    """Raise UserError if DVC started this process and could not save its results, which would fail at the end.

    Parameters
    ----------
    root
        Project folder.
    environment
        Environment variables; DVC sets DVC_STAGE for the commands of its stages.
    """
    if "DVC_STAGE" not in environment:
        return
    tracked = [
        Path(paths.experiment(scale, "chapter", "experiment")).parent,
        *(Path(paths.versioned(scale, kind, "chapter")) for kind in ("metrics", "losses")),
        Path(paths.prepared("data")).parent,
    ]
    for folder in (folder for output in tracked for folder in output.parents):
        if (root / folder).is_symlink():
            raise UserError(
                f"{folder} is a link to {os.readlink(root / folder)}: DVC saves nothing inside a linked folder;"
                " link the folders that it tracks instead (see 'Results on another disk' in docs/guide.md),"
                " or run snakemake without DVC"
            )
