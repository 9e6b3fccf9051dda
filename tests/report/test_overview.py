from dataclasses import replace

from pixcycle.report.content import Cell, Column, Section, Table, blocks_of
from pixcycle.report.document import document
from pixcycle.report.overview import is_unmeasured, matrix, tally
from tests.support.results import Results, as_published


def test_matrix_has_every_published_number_once_with_its_outcome(tmp_path):
    fids = {"facades-l1": 112.68, "facades-l2": 138.84}  # published: 110.68, 118.84
    results = Results(
        tmp_path,
        [f"ucsd-{name}" for name in fids],
        lambda r: {"beside_published": as_published(r, fid=fids[r.name])},
        scale="full",
    )
    whole = document(results.draft(out=tmp_path / "out"))
    groups = {group.table.id: group for group in matrix(whole)}
    lines = {line.title: line for line in groups["ucsd-table-1-facades"].lines}
    fid = {title: line.numbers[-1] for title, line in lines.items()}
    assert (fid["L1 Loss"].published, fid["L1 Loss"].ours, fid["L1 Loss"].difference) == ("110.68", "112.68", "+2.00")
    assert [fid[title].outcome for title in ("L1 Loss", "L2 loss")] == ["agrees", "differs"]
    assert lines["Skip"].is_unrun and fid["Skip"].outcome == "not run"
    printed = results.draft().read_published("ucsd-table-1")
    assert len(lines) == (printed["dataset"] == "facades").sum()
    assert groups["ucsd-table-1-facades"].chapter == "ucsd"


def test_matrix_counts_the_outcomes_of_a_table(document):
    columns = [Column("Method", numeric=False), *(Column(title) for title in ("published", "ours", "difference"))]

    def counts(*differences: Cell) -> tuple[str, bool, bool]:
        rows = [[Cell(f"{i}"), Cell("1", "published"), Cell("2"), cell] for i, cell in enumerate(differences)]
        rows.append([Cell("x"), Cell("1", "published"), Cell("not run"), Cell("–")])
        (group,) = matrix(replace(document, sections=[Section("s", "S", 1, [Table("t", "", columns, rows)])]))
        return group.counts, group.is_judged, group.has_differences

    near, far = Cell("+1", outcome="agrees"), Cell("+9", outcome="differs")
    assert counts(near, near, far) == ("2 agree, 1 differs", True, True)
    assert counts(far) == ("1 number: differs", True, True)
    assert counts(Cell("–"), Cell("–")) == ("2 numbers: not judged", False, False)


def test_matrix_does_not_judge_without_a_common_ruler(tmp_path):
    whole = document(Results(tmp_path, ["ucsd-facades-l1"], scale="demo").draft(out=tmp_path / "out"))
    groups = matrix(whole)
    assert set(tally(groups)) == {"not judged", "not run"}
    assert sum(tally(groups).values()) == sum(len(line.numbers) for group in groups for line in group.lines)


def test_matrix_leaves_out_rows_of_others_and_tables_without_published(document):
    columns = [Column("Method", numeric=False), Column("published", group="g"), Column("ours", group="g")]
    texts = [("a", "1", "2"), ("b", "1", "not ours"), ("c", "–", "2"), ("d", "", "2")]
    rows = [[Cell(text) for text in row] for row in texts]
    tables = [Table("t", "", columns, rows), Table("u", "", columns[::2], [row[::2] for row in rows])]
    (group,) = matrix(replace(document, sections=[Section("s", "S", 1, tables)]))
    assert [(line.title, line.place) for line in group.lines] == [("a", 0)]


def test_is_unmeasured_if_only_published_values_stand_beside_not_run():
    published = Cell("1.00", "published")
    assert is_unmeasured([Cell("a"), published, Cell("not run"), Cell("–")])
    assert not is_unmeasured([Cell("a"), published, Cell("not run"), Cell("2.00")])
    assert not is_unmeasured([Cell("a"), published, Cell("–")])


def test_document_puts_results_before_what_was_run(tmp_path):
    whole = document(Results(tmp_path, ["ucsd-facades-l1"], scale="demo").draft(out=tmp_path / "out"))
    ids = [section.id for section in whole.sections]
    assert ids[0] == "ucsd" and ids.index("ucsd-results") < ids.index("what") < ids.index("data") < ids.index("runs")
    first, second, *_ = blocks_of(whole.sections, Table)
    assert first.id == "ucsd-code-matters"
    assert second.caption.startswith("Table 1 of report 000, paired translation, facades")
    assert whole.not_run == "snakemake all --cores all --config scale=full"


def test_matrix_has_numbers_as_written_and_as_coded(tmp_path):
    fids = {"facades-cyc-l1": 170.0, "facades-cyc-l1@coded": 250.0}  # published: 166.12
    experiments = ["ucsd-facades-cyc-l1", "ucsd-facades-l1"]
    readings = ("written", "coded")
    results = Results(
        tmp_path,
        experiments,
        lambda r: {"beside_published": as_published(r, fid=fids.get(r.name, 9.0))},
        scale="full",
        readings=readings,
    )
    groups = {group.table.id: group for group in matrix(document(results.draft(out=tmp_path / "out")))}
    lines = groups["ucsd-table-2-facades"].lines[:2]
    assert [(line.title, line.place, number.ours, number.outcome) for line in lines for number in line.numbers] == [
        ("L1 Cyclic Loss, as written", 0, "170.00", "agrees"),
        ("L1 Cyclic Loss, as coded", 0, "250.00", "differs"),
    ]
