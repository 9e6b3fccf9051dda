"""Tell the nodes that pixcycle made from files and folders of the user's, whose names may look like theirs."""

from pathlib import Path

from pixcycle.base.files import local_path
from pixcycle.params.schema import Params
from pixcycle.paths import GONE, IN_WORK, Node

RECORDS = {
    "raw": {"fetched.json"},
    "prepared": {"manifest.json"},
    "features": {"features.json"},
    "segmenters": {"segmenter.json"},
    "run": {"config.json", "run.json"},
    "translated": {"fake_A", "fake_B"},
}
"""Kind of node -> what its folder has once it is finished: one of these, written by no one else."""
BEGUN = {
    "raw": {"downloads", "files-0"},
    "prepared": {"train_A.npy"},
    "features": {"A.npy", "B.npy"},
    "segmenters": {"model.safetensors"},
    "run": {"state"},
    "weights": {"downloads", "copy"},
}
"""Kind of node -> what its folder begins with."""


def is_ours(node: Node, root: Path) -> bool:
    """Return whether a node is what its name says: a file of results or weights, or a folder that has our record."""
    path = root / node.on_disk
    if node.suffix == GONE:
        return True
    if node.suffix == IN_WORK and path.is_dir():
        inside = {entry.name for entry in path.iterdir()}
        return not inside or not inside.isdisjoint(RECORDS.get(node.kind, set()) | BEGUN.get(node.kind, set()))
    if node.kind in RECORDS:
        return any((path / name).exists() for name in RECORDS[node.kind])
    return path.is_file()


def places_of_the_user(params: Params, root: Path) -> set[Path]:
    """Return the files and folders on this machine that params name as locations of any source, or as the mirror."""
    sources = [source for dataset in params.datasets.values() for source in dataset.sources]
    sources += [chapter.calibration.archive for chapter in params.chapters.values() if chapter.calibration]
    locations = [location for source in (*sources, *params.fetched_weights.values()) for location in source.locations]
    paths = (local_path(location, root) for location in (*locations, *filter(None, [params.mirror])))
    return {path.resolve() for path in paths if path}


def touches(path: Path, places: set[Path]) -> bool:
    """Return whether a path is one of the places, contains one or lies inside one."""
    real = path.resolve()
    return any(real.is_relative_to(place) or place.is_relative_to(real) for place in places)
