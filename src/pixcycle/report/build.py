"""From finished runs to reports/<scale>/: page, PDF, values, tables and figures, all or nothing."""

import shutil
from pathlib import Path
from typing import Any

from pixcycle.csv_table import as_csv, no_formula
from pixcycle.files import finished_folder, put, write_bytes, write_here, write_json
from pixcycle.report import page, pdf
from pixcycle.report.content import Document, Figure, Table, blocks_of, claims_of
from pixcycle.report.document import document
from pixcycle.report.mentions import labels, spoken
from pixcycle.report.typesetting import visible
from pixcycle.report.values import Values
from pixcycle.report.versioned import write_versioned
from pixcycle.runs import Plan

MADE_FROM = "made-from"


def build(plan: Plan, selection: str, root: Path, out: Path, name: str) -> None:
    """Write a selection's report into `out`, in the place of the last one, which stays until this one is whole.

    name: the report's fingerprint, under which made-from/ says what it was made from.
    That of a chapter also leaves metrics/CHAPTER/ and losses/CHAPTER/ beside `out`, see `write_versioned`.
    Raises UserError if a run or a number is missing.
    """
    values = Values(plan, selection, root)
    runs = {run.key: run.metrics_fingerprint for run in plan.select(selection)}
    made = out.with_name(f"{out.name}.new")
    with finished_folder(made) as work:
        for folder in ("figures", "tables"):
            (work / folder).mkdir()
        content = document(values, work)
        write_json(work / "values.json", values.as_json() | _outline(content))
        _write_tables(content, work)
        write_bytes(work / "report.html", page.render(content, work).encode())
        write_bytes(work / "report.pdf", pdf.render(content, work))
        write_json(work / MADE_FROM / f"{name}.json", {"selection": selection, "runs": runs})
    if selection in plan.params.chapters:
        write_versioned(values, out.parent)
    out.mkdir(exist_ok=True)
    shutil.rmtree(out / MADE_FROM, ignore_errors=True)  # until all is there, nothing says what it is made from
    for part_of_it in sorted(made.iterdir(), key=lambda path: path.name == MADE_FROM):
        put(part_of_it, out / part_of_it.name)
    made.rmdir()
    print(f"report: {out / 'report.html'} and report.pdf, from {len(runs)} runs")


def _outline(content: Document) -> dict[str, Any]:
    """What there is to see: file, caption and runs of tables and of figures; verdicts on claims."""
    names = labels(content)

    def told(block: Table | Figure, file: str) -> dict[str, Any]:
        return {"file": file, "caption": spoken(block.caption, names), "made_from": block.made_from}

    return {
        "tables": {table.id: told(table, _csv(table)) for table in blocks_of(content.sections, Table)},
        "figures": {figure.id: told(figure, figure.file.as_posix()) for figure in blocks_of(content.sections, Figure)},
        "claims": {claim.id: claim.verdict for claim in claims_of(content.sections)},
    }


def _write_tables(content: Document, work: Path) -> None:
    for table in visible(blocks_of(content.sections, Table)):
        head = [no_formula(f"{c.group} {c.title}".strip()) for c in table.columns]
        rows = (zip(table.columns, row, strict=True) for row in table.rows)
        cells = ([c.text if column.numeric else no_formula(c.text) for column, c in row] for row in rows)
        write_here(work / _csv(table), as_csv(head, cells))


def _csv(table: Table) -> str:
    """Below the report's folder."""
    return f"tables/{table.id}.csv"
