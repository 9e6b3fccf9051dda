"""Find the modules of a folder that register something by assigning to a name such as METRIC or METHOD."""

from pathlib import Path


def registered(folder: Path, name: str) -> list[str]:
    """Return the modules of a folder that assign to `name`, sorted, without importing them."""
    return sorted(path.stem for path in folder.glob("*.py") if f"\n{name} = " in path.read_text())
