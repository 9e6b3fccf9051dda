"""Write reports/benchmarks/README.md: the results in `benchmarks/results/` as tables, with a figure for each growth.

    python benchmarks/summary.py

This measures nothing.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.ticker import LogLocator
from measure import RESULTS

from pixcycle.base.files import read_json, write_bytes
from pixcycle.report.drawing.style import INK, LIGHT, STRONG, STYLE, wrapped

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "reports" / "benchmarks"
SUBJECTS = {
    "steps": "Training steps",
    "steps-avx2": "Training steps on a CPU with AVX2 only",
    "convolutions": "Convolutions",
    "convolutions-avx2": "Convolutions on a CPU with AVX2 only",
    "data": "Training data",
    "metrics": "Metrics",
    "start": "Commands",
    "page": "The report's page",
    "workflow": "The workflow",
}
"""Name of the results -> heading, in the order of the page."""


def main() -> None:
    files = {name: RESULTS / f"{name}.json" for name in SUBJECTS}
    results = {name: read_json(file) for name, file in files.items() if file.exists()}
    page = ["# Benchmarks", "", INTRODUCTION]
    for name, result in results.items():
        page += ["", f"## {SUBJECTS[name]}", "", measured_on(name, result)]
        if result["ratios"]:
            page += ["", *table(result["ratios"])]
        for number, growth in enumerate(result["growth"], 1):
            file = f"{name}-{number}.png"
            draw(growth, FOLDER / file)
            page += ["", f"![{growth['title']}]({file})"]
    write_bytes(FOLDER / "README.md", ("\n".join(page) + "\n").encode())
    print(f"{FOLDER.relative_to(ROOT)}/README.md")


INTRODUCTION = """\
`make bench` repeats all measurements and writes this page. Each speed-up is the median over rounds in which the
alternatives took turns on the same machine; those that reach their target are bold. The targets for bf16 were set on a
machine with matrix units for it (AMX). Each point of a growth curve was measured once."""


def measured_on(name: str, result: dict[str, Any]) -> str:
    machine = result["machine"]
    program, _, kind = name.partition("-")
    command = f"python benchmarks/{program}.py{kind and f' --{kind}'}"
    cpu = ", ".join(filter(None, [machine["cpu"], machine.get("instructions")]))
    return (
        f"`{command}`, {result['rounds']} rounds, on {machine['cores']} cores ({cpu}),"
        f" load at the end {machine['load']:.1f}."
    )


def table(ratios: Iterable[dict[str, Any]]) -> list[str]:
    rows = ["| work | ours | alternative | speed-up | target | also measured |", "|---|--:|--:|--:|--:|---|"]
    for row in ratios:
        more = ", ".join(f"{key.replace('_', ' ')} {short(value)}" for key, value in row["more"].items())
        target = f"{row['target']:g}" if row["target"] else ""
        speed_up = f"{row['times_faster']:.2f}"
        if row["target"] and row["times_faster"] >= row["target"]:
            speed_up = f"**{speed_up}**"
        times = f"{seconds(row['ours_seconds'])} | {seconds(row['other_seconds'])}, {row['than']}"
        rows.append(f"| {row['work']} | {times} | {speed_up} | {target} | {more} |")
    return rows


def draw(growth: dict[str, Any], path: Path) -> None:
    """Draw the measurements as points and the theory as a line."""
    with plt.style.context(["default", STYLE]):
        figure, axes = plt.subplots(figsize=(5, 3.3), layout="constrained")
        axes.plot(
            *zip(*growth["theory"], strict=True), color=LIGHT, linewidth=3, label=wrapped(growth["theory_label"], 4.1)
        )
        axes.plot(*zip(*growth["measured"], strict=True), "o-", color=STRONG, linewidth=1, label="measured")
        if growth["log"]:
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        else:
            axes.set_ylim(0, 1.1 * max(y for _, y in growth["measured"]))
        places = [x for x, _ in growth["measured"]]
        axes.set_xticks(places, [f"{x:g}" for x in places])
        axes.minorticks_off()
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set(xlabel=growth["x_label"], ylabel=growth["y_label"])
        title = f"{growth['title']}; exponent {growth['exponent']:.2f}"
        axes.set_title(wrapped(title, 4.1), color=INK)
        figure.legend(loc="outside lower left")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)
        plt.close(figure)


def seconds(value: float) -> str:
    return f"{value:.3g} s" if value >= 0.1 else f"{1000 * value:.3g} ms"


def short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
