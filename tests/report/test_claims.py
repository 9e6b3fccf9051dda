"""Tables, verdicts and the whole report, from made-up measurements whose right answers are known."""

import json
from pathlib import Path

import pytest
import yaml

from pixcycle import config
from pixcycle.errors import UserError
from pixcycle.report.build import build
from pixcycle.report.chapters import ucsd_claims
from pixcycle.report.comparison import comparison_table, read_published
from pixcycle.report.values import Values
from pixcycle.report.verdicts import verdict
from tests.edited import edited_json
from tests.report.results import Results

ROOT = Path(__file__).parents[2]

FID = {"l1": 100.0, "l2": 110, "l1l2": 120, "patch16": 130, "patch286": 140, "noskip": 300}
FID |= {"cyc-l1": 200.0, "cyc-l2": 190, "cyc-l1l2": 210, "untrained": 400}


def facades(root, seeds=(0,), scale="small"):
    """The facades experiments of report 000 with the FIDs above, one more with each seed."""
    tree = yaml.safe_load((ROOT / "params.yaml").read_text())
    names = tree["scales"][scale].get("experiments") or [f"ucsd-facades-{name}" for name in FID]
    return Results(root, names, lambda run: {"fid": FID[run.name.removeprefix("facades-")] + run.seed}, seeds, scale)


@pytest.fixture
def results(tmp_path):
    return facades(tmp_path)


def claims(results):
    return {claim.id[-1]: claim for claim in ucsd_claims.claims(results.values())}


def test_claims_that_the_numbers_support_hold_and_others_do_not(results):
    verdicts = {letter: claim.verdict for letter, claim in claims(results).items()}
    assert verdicts == {
        "a": "holds",
        "b": "holds",
        "c": "does not hold",  # cyc-l2 has 190 against 200
        "d": "holds",
        "e": "holds",
        "f": "holds",  # the L1 term falls in every epoch, the others go up and down
    }


def test_a_claim_names_the_numbers_it_rests_on_and_the_datasets_it_was_not_judged_on(results):
    evidence = claims(results)["d"].evidence
    assert "FID on facades: Patch GAN 16 130.00, Patch GAN 286 140.00." in evidence
    assert "Not judged on cityscapes, maps." in evidence


def test_claims_without_runs_say_that_they_were_not_run(tmp_path):
    few = facades(tmp_path, scale="demo")
    verdicts = {letter: claim.verdict for letter, claim in claims(few).items()}
    assert verdicts["c"] == verdicts["d"] == "not run"
    assert verdicts["b"] == "not run"  # L1 beats Skip, but four more could still beat L1
    assert "Not run: ucsd-facades-l2, " in claims(few)["b"].evidence


def test_over_seeds_a_difference_inside_the_spread_is_not_distinguishable(tmp_path):
    results = facades(tmp_path, seeds=(0, 20))  # FIDs of a run and of the same 20 higher: spread 14
    assert claims(results)["d"].verdict == "not distinguishable"
    assert claims(results)["a"].verdict == "holds"
    assert results.values().spread("ucsd-facades-l1", "fid") == pytest.approx(200**0.5)


@pytest.mark.parametrize(
    ("orders", "complete", "expected"),
    [
        ([], True, "not run"),
        (["better", "better"], True, "holds"),
        (["better", "better"], False, "not run"),
        (["better", "unclear"], True, "not distinguishable"),
        (["unclear", "worse"], True, "does not hold"),
        (["better", "worse"], False, "does not hold"),
    ],
)
def test_one_refuted_comparison_refutes_a_claim_and_a_missing_one_leaves_it_open(orders, complete, expected):
    assert verdict(orders, complete) == expected


def table(results):
    values = results.values()
    published = read_published("ucsd-table-1", ROOT)
    published = published[published["dataset"] == "facades"]
    ids = [f"ucsd-facades-{name}" for name in (*ucsd_claims.PAIRED, "untrained")]
    return comparison_table("t", "caption", values, ids, published, ["precision", "recall", "fid"], ["l1"])


def row(table, label):
    return next([cell.text for cell in row] for row in table.rows if row[0].text == label)


def test_a_table_sets_published_beside_ours_and_gives_no_difference_for_a_stand_in_extractor(results):
    made = table(results)
    assert row(made, "L1 Loss") == [
        "L1 Loss",
        "0.76",
        "0.50",
        "–",
        "0.39",
        "0.25",
        "–",
        "110.68",
        "100.00",
        "–",
        "119.1; 125.0, 127.8",
        "0.2000",
    ]
    assert any("not comparable with published values" in note for note in made.notes)


def test_a_table_gives_differences_where_the_ruler_is_the_same(tmp_path, monkeypatch):
    results = facades(tmp_path)
    monkeypatch.setattr(Values, "comparable", True)
    assert row(table(results), "L1 Loss")[7:10] == ["110.68", "100.00", "-10.68"]


def test_our_best_value_of_a_column_is_marked_and_a_row_without_published_values_is_shown(results):
    made = table(results)
    fid = [column.title == "ours" and "FID" in column.group for column in made.columns].index(True)
    assert [row[0].text for row in made.rows if row[fid].kind == "best"] == ["L1 Loss"]
    assert row(made, "untrained")[7:9] == ["–", "400.00"]


def test_the_whole_report_is_written_and_says_what_it_was_made_from(results):
    out = results.root / "reports/small"
    build(results.plan, "all", results.root, out, "0123abcd")
    page = (out / "report.html").read_text()
    for text in (
        "Stand-in extractor",
        "Scale small",
        "CMP facades",
        "275.91",
        "does not hold",
        "lambda_reconstruction",
        "val/7 = val/8",
        "9 × 9 to 16 × 16",
    ):
        assert text in page
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF")
    values = json.loads((out / "values.json").read_text())
    assert values["experiments"]["ucsd-facades-l2"]["metrics"]["fid"] == {"mean": 110.0, "std": None}
    (made_from,) = (out / "made-from").glob("0123abcd.json")
    assert (
        json.loads(made_from.read_text())["runs"]["ucsd-facades-l1/0"]
        == results.plan.runs["ucsd-facades-l1/0"].metrics_fingerprint
    )


def test_a_report_is_refused_where_a_run_is_missing_or_was_made_from_something_else(results):
    run = results.plan.runs["ucsd-facades-l1/0"]
    path = results.root / run.metrics
    with edited_json(path) as measured:
        measured["fingerprint"] = "12345678"
    with pytest.raises(UserError, match=r"12345678.*asked for"):
        build(results.plan, "all", results.root, results.root / "out", "0123abcd")
    path.unlink()
    with pytest.raises(UserError, match="is missing; run its experiment first"):
        build(results.plan, "all", results.root, results.root / "out", "0123abcd")


def test_a_missing_number_fails_the_report(results):
    run = results.plan.runs["ucsd-facades-l1/0"]
    with edited_json(results.root / run.metrics) as measured:
        measured["metrics"]["b_to_a"]["fid"] = None
    with pytest.raises(UserError, match=r"ucsd-facades-l1/0: .*: metrics\.b_to_a\.fid must be a valid number"):
        build(results.plan, "all", results.root, results.root / "out", "0123abcd")


def test_the_published_tables_are_transcribed_whole():
    one, two = (read_published(f"ucsd-table-{n}", ROOT) for n in (1, 2))
    assert one[["precision", "recall", "fid"]].count().sum() == 6 * 3 * 3
    assert two["fid"].count() == 3 * 3
    labels = {e.label for e in config.load(ROOT / "params.yaml").experiments["ucsd"].values() if not e.extra}
    assert set(one["row"]) | set(two["row"]) == labels
