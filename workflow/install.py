"""Install requirements.lock and this project into .venv; a line every ten seconds says how far it is.

uv installs, with pip's own configuration; where uv cannot be had or fails, pip does. Standard library only.
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
DOWNLOADS = ENVIRONMENT / "downloads"  # on one disk with the packages: uv links them into place instead of copying
SECONDS_BETWEEN_LINES = 10

PYTHON = str(ENVIRONMENT / "bin/python")
PIP_INSTALL = [PYTHON, "-m", "pip", "install", "--quiet"]
UV_INSTALL = [str(ENVIRONMENT / "bin/uv"), "pip", "install", "--quiet", "--python", PYTHON]
PROJECT = ["--no-deps", "--no-build-isolation", "--editable", "."]

# pip's settings that decide where packages come from, and the variables through which uv takes them.
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
    """Translate the output of `pip config list` into variables for uv.

    Precedence is pip's: PIP_* variables (":env:") over the section [install] over [global]. Like pip, uv shall take a
    version from any of the indexes; its default is to ask only the first one that knows the package.
    """
    variables = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for section in ("global", "install", ":env:"):
        for key, value in re.findall(rf"^{section}\.([\w-]+)=(.+)$", pip_config, re.MULTILINE):
            if key in UV_VARIABLES:
                separator = "," if key == "find-links" else " "
                variables[UV_VARIABLES[key]] = separator.join(ast.literal_eval(value).split())
    return variables


def canonical(name):
    """Spell a package's name as the registry does."""
    return re.sub(r"[-_.]+", "-", name).lower()


def packages(*patterns):
    """Names of the packages whose folder or wheel in the environment matches one of the glob patterns."""
    return {canonical(path.name.split("-")[0]) for pattern in patterns for path in ENVIRONMENT.glob(pattern)}


def progress():
    """Describe how many packages of requirements.lock are there, by what lies on the disk."""
    locked = {canonical(line.split("==")[0]) for line in LOCK.read_text().splitlines() if "==" in line}
    installed = locked & packages("lib/python3*/site-packages/*.dist-info")
    fetched = locked & packages("downloads/archive-v0/*/*.dist-info", "downloads/pip-unpack-*/*.whl") | installed
    if installed == locked:
        return f"all {len(locked)} packages installed, finishing"
    return f"{len(fetched)} of {len(locked)} packages fetched, {len(installed)} installed"


def succeeds(command, variables=None):
    """Run an installer, print its progress every ten seconds, and return whether it exited with 0."""
    start = time.monotonic()
    environment = {**(variables or {}), **os.environ, "TMPDIR": str(DOWNLOADS), "UV_CACHE_DIR": str(DOWNLOADS)}
    with subprocess.Popen(command, env=environment) as installer:
        while True:
            try:
                return installer.wait(SECONDS_BETWEEN_LINES) == 0
            except subprocess.TimeoutExpired:
                print(f"installing: {progress()}, {time.monotonic() - start:.0f} s", flush=True)


def uv_installs():
    """Install with uv; return whether that succeeded."""
    if not succeeds([*PIP_INSTALL, UV]):
        return False
    config = subprocess.run([PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True).stdout
    variables = uv_environment(config)
    requirements = ["--requirement", str(LOCK)]
    if sys.dont_write_bytecode:  # PYTHONDONTWRITEBYTECODE; else Python compiles what it imports, once
        requirements.append("--compile-bytecode")
    return succeeds([*UV_INSTALL, *requirements], variables) and succeeds([*UV_INSTALL, *PROJECT], variables)


def pip_installs():
    """Install with pip; return whether that succeeded."""
    return (
        succeeds([*PIP_INSTALL, "--upgrade", "pip>=26"])
        and succeeds([*PIP_INSTALL, "--requirement", str(LOCK)])
        and succeeds([*PIP_INSTALL, *PROJECT])
    )


def main():
    """Install, and return the exit code."""
    DOWNLOADS.mkdir(exist_ok=True)
    if not uv_installs():
        print("installing: uv failed, trying pip", flush=True)
        if not pip_installs():
            print("The installation failed; pip says why above. The same command continues it.", file=sys.stderr)
            return 1
    shutil.rmtree(DOWNLOADS)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("The installation was interrupted. The same command continues it.")
