"""Build reports/<scale>/ from finished runs: page, PDF, values, tables and figures, all or nothing."""

import shutil
from pathlib import Path
from typing import Any

from pixcycle.base.csv_table import as_csv, no_formula
from pixcycle.base.files import finished_folder, put, write_bytes, write_here, write_json
from pixcycle.plan.runs import Plan
from pixcycle.report.content import Document, Figure, Table, blocks_of, claims_of
from pixcycle.report.crossrefs import labels, spoken
from pixcycle.report.document import document
from pixcycle.report.draft import Draft
from pixcycle.report.rendering import page, pdf
from pixcycle.report.rendering.typesetting import visible
from pixcycle.report.versioned import write_versioned

MADE_FROM = "made-from"


def build(plan: Plan, selection: str, root: Path, out: Path, name: str) -> None:
    """Write a selection's report into `out`, replacing the previous report only once the new one is complete.

    A chapter's report also writes metrics/CHAPTER/ and losses/CHAPTER/ beside `out`, see `write_versioned`.

    Parameters
    ----------
    name
        Fingerprint of the report; made-from/NAME.json lists the runs that it was made from.

    Raises
    ------
    UserError
        If a run or a number is missing.
    """
    runs = {run.key: run.metrics_fingerprint for run in plan.select(selection)}
    new = out.with_name(f"{out.name}.new")
    with finished_folder(new) as work:
        for folder in ("figures", "tables"):
            (work / folder).mkdir()
        draft = Draft(plan, selection, root, work)
        content = document(draft)
        write_json(work / "values.json", draft.as_json() | _outline(content))
        _write_tables(content, work)
        write_bytes(work / "report.html", page.render(content, work).encode())
        write_bytes(work / "report.pdf", pdf.render(content, work))
        write_json(work / MADE_FROM / f"{name}.json", {"selection": selection, "runs": runs})
    if selection in plan.params.chapters:
        write_versioned(draft, out.parent)
    out.mkdir(exist_ok=True)
    # removed first and put back last: only a complete report says what it is made from
    shutil.rmtree(out / MADE_FROM, ignore_errors=True)
    for part in sorted(new.iterdir(), key=lambda path: path.name == MADE_FROM):
        put(part, out / part.name)
    new.rmdir()
    print(f"report: {out / 'report.html'} and report.pdf, from {len(runs)} runs")


def _outline(content: Document) -> dict[str, Any]:
    """Return the file, caption and runs of each table and figure, and the verdict on each claim."""
    names = labels(content)

    def entry(block: Table | Figure, file: str) -> dict[str, Any]:
        return {"file": file, "caption": spoken(block.caption, names), "made_from": block.made_from}

    return {
        "tables": {table.id: entry(table, _csv(table)) for table in blocks_of(content.sections, Table)},
        "figures": {figure.id: entry(figure, figure.file.as_posix()) for figure in blocks_of(content.sections, Figure)},
        "claims": {claim.id: claim.verdict for claim in claims_of(content.sections)},
    }


def _write_tables(content: Document, work: Path) -> None:
    for table in visible(blocks_of(content.sections, Table)):
        head = [no_formula(f"{c.group} {c.title}".strip()) for c in table.columns]
        rows = (zip(table.columns, row, strict=True) for row in table.rows)
        cells = ([c.text if column.numeric else no_formula(c.text) for column, c in row] for row in rows)
        write_here(work / _csv(table), as_csv(head, cells))


def _csv(table: Table) -> str:
    """Return the path of a table's CSV file, relative to the report's folder."""
    return f"tables/{table.id}.csv"
