from dataclasses import replace

from pixcycle.report.content import Cell, Claim, Column, Section, Table
from pixcycle.report.rendering.typesetting import group_starts, header_rows, legend, notes, words_of

GROUPED = [
    Column("Experiment", numeric=False),
    Column("published", group="FID"),
    Column("ours", group="FID"),
    Column("ours", group="KID"),
    Column("Seeds"),
    Column("ours", group="FID"),
]


def test_header_rows_without_groups_are_one_row_of_titles():
    (row,) = header_rows([Column("Run", numeric=False), Column("Time")])
    assert [(h.text, h.columns, h.rows, h.numeric) for h in row] == [
        ("Run", 1, 1, False),
        ("Time", 1, 1, True),
    ]


def test_header_rows_merge_groups_and_let_other_titles_span_both():
    upper, lower = header_rows(GROUPED)
    assert [(h.text, h.first, h.columns, h.rows, h.is_group) for h in upper] == [
        ("Experiment", 0, 1, 2, False),
        ("FID", 1, 2, 1, True),
        ("KID", 3, 1, 1, True),
        ("Seeds", 4, 1, 2, False),
        ("FID", 5, 1, 1, True),
    ]
    assert [(h.text, h.first, h.columns, h.rows) for h in lower] == [
        ("published", 1, 1, 1),
        ("ours", 2, 1, 1),
        ("ours", 3, 1, 1),
        ("ours", 5, 1, 1),
    ]


def test_header_rows_keep_equal_ungrouped_titles_apart():
    upper, _ = header_rows([Column("ours"), Column("ours"), Column("x", group="g")])
    assert [h.text for h in upper] == ["ours", "ours", "g"]


def test_group_starts_where_the_group_changes():
    assert group_starts(GROUPED) == [False, True, False, True, True, True]


def test_legend_explains_only_formatting_that_occurs():
    def table(*kinds: str) -> Table:
        return Table("t", "", [Column("x")] * len(kinds), [[Cell("1", kind) for kind in kinds]])

    assert legend(table("plain", "muted")) == ""
    best = "best of its column, without untrained and collapsed runs."
    assert legend(table("best")) == f"Bold: {best}"
    assert legend(table("best", "published")) == f"Shaded: as published; bold: {best}"


def test_notes_stand_once_in_a_chapter(document):
    def table(id: str, *notes: str) -> Table:
        return Table(id, "", [Column("x")], [], list(notes))

    sections = [
        Section("a", "A", 1, []),
        Section("a-results", "Results", 2, [table("t1", "N.", "k."), table("t2", "N.", "Odd.")]),
        Section("a-figures", "Figures", 2, [table("t3", "k.", "N.", "Odd.")]),
        Section("b", "B", 1, [table("t4", "N.")]),
    ]
    assert notes(replace(document, sections=sections)) == {
        "t1": ["N.", "k."],
        "t2": ["Odd.", "Further notes: as under @t1."],
        "t3": ["Further notes: as under @t1 and @t2."],
        "t4": ["N."],
    }


def test_words_of_claim_say_if_some_of_its_runs_were_made():
    assert words_of(Claim("c", "", "not run", "", ["l1/0"])) == "partly run"
    assert words_of(Claim("c", "", "not run", "")) == "not run"
    assert words_of(Claim("c", "", "holds", "", ["l1/0"])) == "holds"
