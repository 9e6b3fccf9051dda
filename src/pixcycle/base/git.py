"""The state of the code in git."""

import subprocess
from pathlib import Path


def commit(root: Path) -> str:
    """Return the commit that is checked out in a folder, and whether tracked files have changed since."""

    def git(*command: str) -> str:
        return subprocess.run(["git", *command], cwd=root, capture_output=True, text=True, check=True).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "HEAD") + (", with uncommitted changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "not in a git checkout"
