from pixcycle.report.content import Cell, Column, Table
from pixcycle.report.rendering.typesetting import group_starts, header_rows, legend

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
    assert legend(table("best")) == "Bold: best of its column."
    assert legend(table("best", "published")) == "Shaded: as published; bold: best of its column."
