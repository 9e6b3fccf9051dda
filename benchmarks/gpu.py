"""Check and measure pixcycle on a GPU, in under four minutes.

    python benchmarks/gpu.py [--out gpu-check.json] [--device cpu] [--seconds 225]

The program needs Python 3.11, PyTorch 2.11 and a few packages, and names those that are missing; pixcycle itself need
not be installed. It prints a line as each check ends. At the end it writes all results as JSON and prints them as a
Markdown table: please send both in an issue. Exit code: 0 if no check failed, 1 if one failed, 2 if it cannot run.

With --device cpu the program tests itself, on small networks.
"""

import argparse
import importlib.util
import re
import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NEEDED = {
    "torch": "torch",
    "numpy": "numpy",
    "pydantic": "pydantic",
    "lightning_fabric": "lightning-fabric",
    "safetensors": "safetensors",
}
"""Module -> package."""
LEAST_PYTHON, LEAST_TORCH = (3, 11), (2, 11)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda", help="(default %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("gpu-check.json"), help="results (default %(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=225, help="skip checks that have not ended by then (default %(default)s)"
    )
    options = parser.parse_args()
    if problem := cannot_run(options.device):
        print(problem, file=sys.stderr)
        sys.exit(2)
    sys.path.insert(0, str(ROOT / "src"))
    sys.exit(check(options.device, options.out, options.seconds))


def cannot_run(device: str) -> str:
    """Return what is missing and how to get it, in one line; empty if nothing is missing."""
    if sys.version_info < LEAST_PYTHON:
        return f"Python {sys.version.split()[0]} is too old: Python 3.11 or newer is needed"
    if missing := [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]:
        return f"missing: {', '.join(missing)}; install them: {sys.executable} -m pip install {wanted(missing)}"
    import torch

    if tuple(map(int, torch.__version__.split(".")[:2])) < LEAST_TORCH:
        return f"torch {torch.__version__} is too old: PyTorch 2.11 or newer is needed"
    if device == "cuda" and not torch.cuda.is_available():
        return "no CUDA device found; --device cpu tests the program itself"
    return ""


def wanted(packages: list[str]) -> str:
    """Return the requirements of pyproject.toml for these packages, quoted for a shell; for torch from 2.11 on."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    required = {re.match(r"[\w-]+", line)[0]: line for line in project["dependencies"]} | {"torch": "torch>=2.11"}
    return " ".join(f"'{required[package]}'" for package in packages)


def check(device: str, out: Path, seconds: float) -> int:
    """Run all checks while no other pixcycle uses the GPUs, write JSON, print a table, and return the exit code."""
    from gpu_checks.groups import outcomes
    from gpu_checks.table import markdown

    from pixcycle.base.files import write_json
    from pixcycle.base.git import commit
    from pixcycle.machine.gpu import lease

    results = []
    with lease(2 if device == "cuda" else 0):
        began = time.monotonic()
        for outcome in outcomes(device, began + seconds):
            print(outcome.line(), flush=True)
            results.append(outcome)
    result = {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": commit(ROOT),
        "machine": results[0].values,
        "seconds": time.monotonic() - began,
        "checks": [asdict(outcome) for outcome in results],
    }
    write_json(out, result)
    count = Counter(outcome.status for outcome in results)
    print(f"\n{markdown(result)}\n")
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped; results written to {out}")
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    main()
