from pixcycle.report.content import Cell, Column, Table
from pixcycle.report.typesetting import group_starts, header_rows, legend

GROUPED = [
    Column("Experiment", numeric=False),
    Column("published", group="FID"),
    Column("ours", group="FID"),
    Column("ours", group="KID"),
    Column("Seeds"),
    Column("ours", group="FID"),
]


def test_without_groups_the_header_is_one_row_of_titles():
    (row,) = header_rows([Column("Run", numeric=False), Column("Time")])
    assert [(h.text, h.columns, h.rows, h.numeric) for h in row] == [
        ("Run", 1, 1, False),
        ("Time", 1, 1, True),
    ]


def test_neighbours_of_one_group_share_a_heading_and_ungrouped_titles_reach_up():
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


def test_equal_titles_of_ungrouped_neighbours_stay_apart():
    upper, _ = header_rows([Column("ours"), Column("ours"), Column("x", group="g")])
    assert [h.text for h in upper] == ["ours", "ours", "g"]


def test_a_group_starts_where_the_group_changes():
    assert group_starts(GROUPED) == [False, True, False, True, True, True]


def test_the_legend_names_the_looks_that_a_table_has():
    def table(*kinds: str) -> Table:
        return Table("t", "", [Column("x")] * len(kinds), [[Cell("1", kind) for kind in kinds]])

    assert legend(table("plain", "muted")) == ""
    assert legend(table("best")) == "Bold: best of its column."
    assert legend(table("best", "published")) == "Shaded: as published; bold: best of its column."
