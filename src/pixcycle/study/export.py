"""The answers of a study for other programs, and what they say, for people."""

from dataclasses import asdict, fields
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table

from pixcycle.csv_table import as_csv, no_formula
from pixcycle.files import write_bytes
from pixcycle.study.protocol import MISSED_CHECKS
from pixcycle.study.result import Result, Share
from pixcycle.study.storage import Answer


def write_csv(answers: list[Answer], names: list[str], to: Path) -> None:
    """A row an answer: the fields of `Answer`, the image by its name. names: of the test images, in their order."""
    shown = list(map(no_formula, names))
    rows = [
        asdict(a) | {"image": shown[a.image], "took_generated_for_real": int(a.took_generated_for_real)}
        for a in answers
    ]
    write_bytes(to, as_csv([field.name for field in fields(Answer)], (row.values() for row in rows)))


def as_table(result: Result) -> RenderableType:
    """A row a participant, and all of them together."""
    if not result.everybody:
        return "Nobody has answered a pair that counts yet."
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("participant")
    for title in ("answers", "labelled real", "95% interval"):
        table.add_column(title, justify="right")
    for id, share in result.each.items():
        table.add_row(f"{id} (missed checks)" if id in result.inattentive else str(id), *_cells(share))
    table.add_section()
    if result.attentive:
        table.add_row("the attentive" if result.inattentive else "all", *_cells(result.attentive), style="bold")
    if result.inattentive:
        table.add_row("everybody", *_cells(result.everybody))
    notes = ["Percent of generated images that were taken for the real one; intervals by the bootstrap over"]
    notes += ["participants and images (each participant's: over images)."]
    if result.inattentive:
        notes += [
            f"{len(result.inattentive)} missed more than {MISSED_CHECKS} attention check: the report leaves them out."
        ]
    return Group(table, "", *notes)


def _cells(share: Share) -> list[str]:
    return [str(share.answers), f"{share.percent:.1f}%", f"{share.low:.1f} to {share.high:.1f}"]
