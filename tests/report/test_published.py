"""Tables of published values beside ours: which value is the best of its column, and which columns there are."""

from pixcycle.report.published import comparison_table, read_published
from tests.support import ROOT
from tests.support.edited import edited_json
from tests.support.results import Results, ruled

L1, L2, UNTRAINED = (f"ucsd-facades-{name}" for name in ("l1", "l2", "untrained"))
FIDS = {L1: 30.0, L2: 20.0, UNTRAINED: 10.0}


def results(root) -> Results:
    return Results(
        root,
        [*FIDS],
        lambda run: {"fid": FIDS[run.id], "beside_published": ruled(run, fid=FIDS[run.id])},
        scale="small",
    )


def best(results: Results) -> list[str]:
    """Return the rows that are the best of a column of FIDs: beside published values, and of all test images."""
    published = read_published("ucsd-table-1", ROOT)
    published = published[published["dataset"] == "facades"]
    table = comparison_table(results.values(), "t", "", [*FIDS], published, ["fid"], [])
    assert [column.title for column in table.columns] == ["Experiment", "published", "ours", "FID ↓", "FID elsewhere"]
    return [row[0].text for i in (2, 3) for row in table.rows if row[i].kind == "best"]


def test_best_of_a_column_is_never_untrained(tmp_path):
    assert best(results(tmp_path)) == ["L2 loss"] * 2


def test_best_of_a_column_is_never_collapsed(tmp_path):
    finished = results(tmp_path)
    (run,) = (run for run in finished.plan.runs.values() if run.id == L2)
    with edited_json(finished.root / run.folder / "run.json") as record:
        record.update(status="collapsed", collapse="every input gives the same image")
    assert best(finished) == []  # of one alone, nothing is the best
