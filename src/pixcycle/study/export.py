"""Export the answers of a study as CSV, and print its result as a table."""

from dataclasses import asdict, fields
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from pixcycle.base.csv_table import as_csv, no_formula
from pixcycle.base.table import left, right, table
from pixcycle.base.user_output import write_new
from pixcycle.study.protocol import MISSED_CHECKS, Protocol
from pixcycle.study.result import Result, Share
from pixcycle.study.storage import Answer


def write_csv(answers: list[Answer], names: list[str], to: Path, overwrite: bool = False) -> None:
    """Write one row per answer: the fields of `Answer`, with the image's name as `image`.

    Parameters
    ----------
    names
        Names of the test images, in their order.
    overwrite
        Replace an existing file.
    """
    safe_names = list(map(no_formula, names))
    rows = [
        asdict(a) | {"image": safe_names[a.image], "took_generated_for_real": int(a.took_generated_for_real)}
        for a in answers
    ]
    write_new(to, as_csv([field.name for field in fields(Answer)], (row.values() for row in rows)), overwrite)


def as_table(result: Result, protocol: Protocol) -> RenderableType:
    """Return a table with one row per participant, and rows for all of them together, and notes on the protocol."""
    if not result.everybody:
        return "No answers yet, apart from practice and attention checks."
    columns = [left("participant"), *map(right, ("answers", "labelled real", "95% interval"))]
    inattentive = {id: f"{id} (missed checks)" for id in result.inattentive}
    rows = [[inattentive.get(id, str(id)), *_cells(share)] for id, share in result.by_participant.items()]
    if result.attentive:
        last = ["attentive" if result.inattentive else "all", *_cells(result.attentive)]
        rows.append([Text(cell, style="bold") for cell in last])
    if result.inattentive:
        rows.append(["all", *_cells(result.everybody)])
    notes = ["Percentage of generated images that were taken for real; intervals are bootstrapped over"]
    notes += ["participants and images (for one participant: over images).", f"Protocol: {protocol}."]
    if result.inattentive:
        notes += [
            f"{len(result.inattentive)} with more than {MISSED_CHECKS} missed attention check: left out of the report."
        ]
    return Group(table("", columns, rows, gap=2), "", *notes)


def _cells(share: Share) -> list[str]:
    return [str(share.answers), f"{share.percent:.1f}%", f"{share.low:.1f} to {share.high:.1f}"]
