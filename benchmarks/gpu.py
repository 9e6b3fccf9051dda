"""Check and measure pixcycle on a GPU, in under four minutes.

    python benchmarks/gpu.py [--out gpu-check.json] [--device cpu] [--seconds 225]

It needs Python 3.11, PyTorch 2.11 and a few packages, and says which of them are missing; pixcycle itself need not be
installed. A line tells of each check as it ends. At the end it writes all that it found as JSON and prints it as a
Markdown table: please send both back in an issue. Exit code: 0 if no check failed, 1 if one did, 2 if it cannot run.

With --device cpu it tries itself, on small networks.
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
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--out", type=Path, default=Path("gpu-check.json"), help="(default %(default)s)")
    parser.add_argument("--seconds", type=float, default=225, help="after which the rest is skipped (%(default)s)")
    given = parser.parse_args()
    if problem := cannot_run(given.device):
        print(problem, file=sys.stderr)
        sys.exit(2)
    sys.path.insert(0, str(ROOT / "src"))
    sys.exit(check(given.device, given.out, given.seconds))


def cannot_run(device: str) -> str:
    """What is missing, and how to get it; empty if nothing is."""
    if sys.version_info < LEAST_PYTHON:
        return f"Python {sys.version.split()[0]} is too old: 3.11 or newer is needed"
    if missing := [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]:
        return f"missing: {', '.join(missing)}; get them with: {sys.executable} -m pip install {wanted(missing)}"
    import torch

    if tuple(map(int, torch.__version__.split(".")[:2])) < LEAST_TORCH:
        return f"torch {torch.__version__} is too old: 2.11 or newer is needed"
    if device == "cuda" and not torch.cuda.is_available():
        return "no CUDA device here; --device cpu tries the program itself"
    return ""


def wanted(packages: list[str]) -> str:
    """The requirements of pyproject.toml on these packages, for a shell; of torch also older ones."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    required = {re.match(r"[\w-]+", line)[0]: line for line in project["dependencies"]} | {"torch": "torch>=2.11"}
    return " ".join(f"'{required[package]}'" for package in packages)


def check(device: str, out: Path, seconds: float) -> int:
    """Run all checks while no other pixcycle uses the cards; write JSON, print a table. Returns the exit code."""
    from gpu_checks.groups import outcomes
    from gpu_checks.table import markdown

    from pixcycle.commit import commit
    from pixcycle.engine.gpu import lease
    from pixcycle.files import write_json

    found = []
    with lease(2 if device == "cuda" else 0):
        began = time.monotonic()
        for outcome in outcomes(device, began + seconds):
            print(outcome.line(), flush=True)
            found.append(outcome)
    result = {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": commit(ROOT),
        "machine": found[0].values,
        "seconds": time.monotonic() - began,
        "checks": [asdict(outcome) for outcome in found],
    }
    write_json(out, result)
    counts = Counter(outcome.status for outcome in found)
    print(f"\n{markdown(result)}\n")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped; written: {out}")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    main()
