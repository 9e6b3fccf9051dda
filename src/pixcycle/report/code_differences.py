"""What a report's own code did otherwise than its text, and what that changed in our numbers."""

from pixcycle.ledger.staleness import as_yaml
from pixcycle.metrics.registry import SCORES
from pixcycle.params.chapter import Code
from pixcycle.params.schema import CODED
from pixcycle.report.content import Block, Cell, Column, Section, Table, Text
from pixcycle.report.draft import Draft
from pixcycle.report.published import measured
from pixcycle.report.verdicts import compare

IN_WORDS = {"better": "as coded is better", "worse": "as written is better", "unclear": "not distinguishable"}


def code_differences(draft: Draft, chapter: str) -> list[Section]:
    """Return the section on the code that a chapter's authors published; none without such code."""
    code = draft.plan.params.chapters[chapter].code
    if code is None:
        return []
    opening = Text(f"Its code ({code.source}) does otherwise than its text in these matters. {code.remark}")
    blocks: list[Block] = [opening, _matters(draft, chapter, code), *_measured(draft, chapter)]
    return [Section(f"{chapter}-code", "What its code did otherwise than its text", 2, blocks)]


def _matters(draft: Draft, chapter: str, code: Code) -> Table:
    """Return the matters, each with its settings as they are in the reading `coded`, or that it is not repeated."""
    titles = ("Matter", "Its text", "Its code", "As coded here")
    coded = [e.coded for e in draft.plan.params.experiments[chapter].values() if e.coded]

    def settings(fields: list[str]) -> str:
        values = {field: dict.fromkeys(as_yaml(c[field]) for c in coded if field in c) for field in fields}
        return ", ".join(f"{field}: {' or '.join(found)}" for field, found in values.items() if found) or "not repeated"

    rows = [[Cell(m.matter), Cell(m.text), Cell(m.code), Cell(settings(m.fields))] for m in code.otherwise]
    columns = [Column(title, numeric=False) for title in titles]
    return Table(f"{chapter}-code-matters", "What the code of the report did otherwise than its text", columns, rows)


def _measured(draft: Draft, chapter: str) -> list[Table]:
    """Return the FID of each experiment in both readings; nothing unless one was run in both."""
    ids = [id for id in draft.of_chapter(chapter) if draft.has(id, "fid") and draft.has(id + CODED, "fid")]
    if not ids:
        return []
    rows = []
    for id in ids:
        difference = draft.mean(id + CODED, "fid") - draft.mean(id, "fid")
        cells = [measured(draft, id, "fid"), measured(draft, id + CODED, "fid")]
        verdict = IN_WORDS[compare(draft, id + CODED, id, "fid")]
        rows.append([Cell(id), *cells, Cell(f"{difference:+.{SCORES['fid'].digits}f}"), Cell(verdict)])
    group = f"{SCORES['fid'].heading}, all test images"
    columns = [Column("Experiment", numeric=False)]
    columns += [Column(title, group=group) for title in ("as written", "as coded", "difference")]
    columns += [Column("Verdict", numeric=False)]
    notes = ["All of these matters act together: a difference is not that of a single one."]
    caption = "What the matters of the code change in our numbers"
    keys = draft.keys(*(key for id in ids for key in (id, id + CODED)))
    return [Table(f"{chapter}-readings", caption, columns, rows, notes, keys)]
