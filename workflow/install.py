"""Install requirements.lock and this project into .venv, and print progress every ten seconds.

uv installs the packages with pip's configuration; pip is used if uv is unavailable or fails. Standard library only.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

LOCK = Path("requirements.lock")
UV = "uv==0.13.9"
ENVIRONMENT = Path.cwd() / ".venv"
DOWNLOADS = ENVIRONMENT / "downloads"  # on the same disk as the packages, so that uv can hard-link instead of copy
SECONDS_BETWEEN_LINES = 10

PYTHON = str(ENVIRONMENT / "bin/python")
PIP_INSTALL = [PYTHON, "-m", "pip", "install", "--quiet"]
UV_INSTALL = [str(ENVIRONMENT / "bin/uv"), "pip", "install", "--quiet", "--python", PYTHON]
PROJECT = ["--no-deps", "--no-build-isolation", "--editable", "."]

# pip settings that determine where packages come from -> the equivalent variables of uv
UV_VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "constraint": "UV_CONSTRAINT",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}


def uv_environment(pip_config):
    """Translate the output of `pip config list` into environment variables for uv.

    The precedence is pip's: PIP_* variables (":env:"), then the section [install], then [global]. The index strategy
    lets uv take a version from any index, as pip does; by default, it uses only the first index that has the package.
    """
    variables = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for section in ("global", "install", ":env:"):
        for key, value in re.findall(rf"^{section}\.([\w-]+)=(.+)$", pip_config, re.MULTILINE):
            if key in UV_VARIABLES:
                separator = "," if key == "find-links" else " "
                variables[UV_VARIABLES[key]] = separator.join(ast.literal_eval(value).split())
    return variables


def canonical(name):
    """Return a package name in its normalized form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def packages(*patterns):
    """Return names of packages with a folder or wheel in the environment that matches one of the glob patterns."""
    return {canonical(path.name.split("-")[0]) for pattern in patterns for path in ENVIRONMENT.glob(pattern)}


def progress():
    """Return how many packages of requirements.lock are downloaded and installed, from the files on disk."""
    locked = {canonical(line.split("==")[0]) for line in LOCK.read_text().splitlines() if "==" in line}
    installed = locked & packages("lib/python3*/site-packages/*.dist-info")
    downloaded = locked & packages("downloads/archive-v0/*/*.dist-info", "downloads/pip-unpack-*/*.whl") | installed
    if installed == locked:
        return f"all {len(locked)} packages installed, finishing"
    return f"{len(downloaded)} of {len(locked)} packages downloaded, {len(installed)} installed"


def succeeds(command, variables=None):
    """Run an installer, print progress every ten seconds, and return whether the exit code was 0."""
    start = time.monotonic()
    environment = {**(variables or {}), **os.environ, "TMPDIR": str(DOWNLOADS), "UV_CACHE_DIR": str(DOWNLOADS)}
    with subprocess.Popen(command, env=environment) as installer:
        while True:
            try:
                return installer.wait(SECONDS_BETWEEN_LINES) == 0
            except subprocess.TimeoutExpired:
                print(f"installing: {progress()}, {time.monotonic() - start:.0f} s", flush=True)


def uv_installs():
    """Install with uv and return whether that succeeded."""
    if not succeeds([*PIP_INSTALL, UV]):
        return False
    config = subprocess.run([PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True).stdout
    variables = uv_environment(config)
    requirements = ["--requirement", str(LOCK)]
    if sys.dont_write_bytecode:  # PYTHONDONTWRITEBYTECODE; otherwise Python compiles at first import
        requirements.append("--compile-bytecode")
    return succeeds([*UV_INSTALL, *requirements], variables) and succeeds([*UV_INSTALL, *PROJECT], variables)


def pip_installs():
    """Install with pip and return whether that succeeded."""
    return (
        succeeds([*PIP_INSTALL, "--upgrade", "pip>=26"])
        and succeeds([*PIP_INSTALL, "--requirement", str(LOCK)])
        and succeeds([*PIP_INSTALL, *PROJECT])
    )


def main():
    """Install everything and return the exit code."""
    DOWNLOADS.mkdir(exist_ok=True)
    if not uv_installs():
        print("installing: uv failed, trying pip", flush=True)
        if not pip_installs():
            print("The installation failed; see pip's message above. Run make again to continue.", file=sys.stderr)
            return 1
    shutil.rmtree(DOWNLOADS)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("The installation was interrupted. Run make again to continue.")
