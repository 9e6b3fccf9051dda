"""The code that runs: where it lies, and its state in git."""

import subprocess
from pathlib import Path

from pixcycle.base.errors import UserError

CODE = Path(__file__).parents[1]
"""The folder of the package that runs."""


def refuse_other_code(project: Path) -> None:
    """Raise UserError if the package that runs differs from the source code of the project, as in a copied .venv."""
    own = (project / "src" / CODE.name).resolve()
    if own.is_dir() and own != CODE.resolve() and _modules(own) != _modules(CODE):
        raise UserError(f"the code that runs is that in {CODE}, not that in {own}; run `make install` in this folder")


def _modules(package: Path) -> dict[str, bytes]:
    return {file.relative_to(package).as_posix(): file.read_bytes() for file in package.rglob("*.py")}


def commit(root: Path) -> str:
    """Return the commit that is checked out in a folder, and whether tracked files have changed since."""

    def git(*command: str) -> str:
        return subprocess.run(["git", *command], cwd=root, capture_output=True, text=True, check=True).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "HEAD") + (", with uncommitted changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "not in a git checkout"
