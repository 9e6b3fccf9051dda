"""Check the requirements of the installation before anything is installed; runs under any Python 3."""

import importlib.util
import os
import shutil
import sys

NEEDED_GB = 9


def missing():
    """Yield a line for each missing requirement that would make the installation fail halfway."""
    if sys.version_info[:2] < (3, 11):
        yield "Python 3.11 or newer (this is {}.{})".format(*sys.version_info[:2])
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            yield "Python's module '{}' (on Debian and Ubuntu: apt install python3-venv)".format(module)
    free = shutil.disk_usage(os.getcwd()).free / 1e9
    if free < NEEDED_GB:
        yield "{} GB of free disk space in this folder (only {:.1f} GB are free)".format(NEEDED_GB, free)


lines = list(missing())
for line in lines:
    print("pixcycle needs " + line, file=sys.stderr)
sys.exit(2 if lines else 0)
