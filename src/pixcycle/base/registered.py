"""What the modules of a folder register, each by assigning to a name: METRIC, METHOD, LAYOUT, ..."""

from pathlib import Path


def registered(folder: Path, name: str) -> list[str]:
    """Return the modules of a folder that assign to `name`, sorted, without importing them."""
    return sorted(path.stem for path in folder.glob("*.py") if f"\n{name} = " in path.read_text())
