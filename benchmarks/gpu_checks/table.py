"""Format outcomes as a section of docs/gpus.md, in Markdown."""

from collections.abc import Iterator
from typing import Any

from gpu_checks.outcome import brief, short

SPEED = ["steps/s", "images/s", "times as fast", "of the bound", "peak GB"]


def markdown(result: dict[str, Any]) -> str:
    """Return a heading, a table of the checks, and a table of the speeds of training steps."""
    machine = result["machine"]
    about = [f"torch {machine.get('torch')}", f"CUDA {machine.get('cuda')}", f"cuDNN {machine.get('cudnn')}"]
    lines = [f"### {machine.get('device', 'unknown')}, {result['date']}", ""]
    lines += [f"{', '.join(about)}; {result['seconds']:.0f} s; commit {result['commit']}.", ""]
    lines += ["| check | | s | details |", "| --- | --- | ---: | --- |"]
    lines += _checks(result["checks"])
    lines += ["", f"| step | way | {' | '.join(SPEED)} |", f"| --- | --- |{' ---: |' * len(SPEED)}", *_speeds(result)]
    return "\n".join(lines)


def _checks(checks: list[dict[str, Any]]) -> Iterator[str]:
    for check in checks:
        details = "; ".join(filter(None, [check["reason"], brief(check["values"])])).replace("|", "\\|")
        yield f"| {check['name']} | {check['status']} | {check['seconds']:.1f} | {details} |"


def _speeds(result: dict[str, Any]) -> Iterator[str]:
    for check in result["checks"]:
        for row in check["values"].get("rows", []):
            cells = [short(row[key]) if key in row else "" for key in SPEED]
            yield f"| {check['name'].partition(': ')[2]} | {row['way']} | {' | '.join(cells)} |"
