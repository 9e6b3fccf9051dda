"""Differences from published values by a chapter's ruler, their absence with the reason, and calibration."""

import pytest

from pixcycle.base.errors import UserError
from pixcycle.records.calibration import CalibrationRecord
from pixcycle.records.metrics import Ruled
from pixcycle.report.published import comparison_table, read_published
from pixcycle.report.rulers import no_difference
from tests.support import ROOT
from tests.support.results import Results, as_published, ruled

L1, L2, MAPS = "ucsd-facades-l1", "ucsd-facades-l2", "ucsd-maps-l1"
CITY = "ucsd-cityscapes-l1"


def at_full(root, experiments, **fields):
    return Results(
        root, experiments, lambda run: {"beside_published": as_published(run, **fields)}, seeds=(0,), scale="full"
    )


def table(results, *experiments, metrics=("precision", "recall", "fid")):
    published = read_published("ucsd-table-1", ROOT)
    values = results.values()
    published = published[published["dataset"] == values.one(experiments[0]).asked_dataset]
    return comparison_table(values, "t", "", [*experiments], published, [*metrics], [])


def texts(table, label):
    return next([cell.text for cell in row] for row in table.rows if row[0].text == label)


def test_comparison_table_gives_differences_if_nothing_stands_in(tmp_path):
    results = at_full(tmp_path, [MAPS], fid=160.25, precision=0.4, recall=0.35)
    made = table(results, MAPS)
    shown = [*("0.43", "0.40", "-0.03"), *("0.32", "0.35", "+0.03"), *("152.13", "160.25", "+8.12")]
    assert texts(made, "L1 Loss")[1:10] == shown
    notes = " ".join(made.notes)
    assert "No differences" not in notes
    assert "Its weights: inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5." in notes
    cell = next(row for row in made.rows if row[0].text == "L1 Loss")[8]
    assert ("Images", "256 generated against 256 real ones, JPEG, 256 × 256 pixels") in cell.basis.facts


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"n_real": 255}, "maps has 255 test images, not 256 (its code would have generated 240 of them)"),
        ({"size": 128}, "ours have 128 × 128 pixels, not 256 × 256"),
        ({"extractor": "inception-v3", "features": "FID's, x"}, "another network, FID's, stands in for that of its"),
    ],
)
def test_no_difference_names_what_differs_from_published_ruler(tmp_path, fields, reason):
    results = at_full(tmp_path, [MAPS])
    (run,) = results.plan.runs.values()
    values = results.values()
    measured = values.measured[run.key]
    values.measured[run.key] = measured.model_copy(update={"ruled": measured.ruled.model_copy(update=fields)})
    assert no_difference(values, MAPS).startswith(reason)


def test_no_difference_on_facades_says_what_its_code_would_have_given(tmp_path):
    made = table(at_full(tmp_path, [L1, L2], n_real=206, n_fake=206), L1, L2)
    assert "difference" not in [column.title for column in made.columns]
    assert [note for note in made.notes if note.startswith("No differences")] == [
        "No differences are given: facades has 206 test images, not 256 (its code would have generated 192 of them, "
        "and 96 of the 100 in val, and 96 of the 106 in test)."
    ]


def test_ruler_notes_say_what_ours_were_measured_with_where_it_differs(tmp_path):
    asked = table(at_full(tmp_path / "a", [MAPS]), MAPS).notes
    assert any(
        note.startswith("Beside published values, ours are measured as the report's code does: 256") for note in asked
    )
    run = Results(tmp_path / "b", [MAPS], scale="demo")
    notes = table(run, MAPS).notes
    place = next(
        i for i, note in enumerate(notes) if note.startswith("The report's ruler, beside published values: 256")
    )
    read = run.values().measured[f"{MAPS}/0"].ruled
    assert notes[place + 1] == (
        f"Ours follow it with {read.n_fake} generated and {read.n_real} real images, {read.size} × {read.size} pixels "
        "and EfficientNet-Lite0 pool features (1280-d) in the place of its network."
    )


def test_no_difference_for_stand_in_data(tmp_path):
    values = Results(tmp_path, ["ucsd-facades-l1"], scale="demo").values()
    assert no_difference(values, L1) == "earth stands in for facades"


def test_values_refuse_what_another_ruler_or_network_read(tmp_path):
    results = Results(tmp_path, [L1], lambda run: {"beside_published": ruled(run, extractor="inception-v3")})
    with pytest.raises(UserError, match=r"ruled\.extractor is inception-v3 in .*, but must be efficientnet-lite0"):
        results.values()


def calibrated(root, scale="full", **fields):
    """Results on Cityscapes, and a calibration that read these values; also the plan's node."""
    results = at_full(root, [CITY]) if scale == "full" else Results(root, [CITY], scale=scale)
    node, (run,) = results.plan.calibrations["ucsd"], results.plan.runs.values()
    read = as_published(run, **fields) if scale == "full" else ruled(run, **fields)
    record = CalibrationRecord(
        chapter="ucsd", location="https://x.example/a.zip", content="0" * 64, ruled=Ruled(**read)
    )
    (root / node.path).parent.mkdir(parents=True, exist_ok=True)
    record.write(root / node.path)
    return results


def test_calibration_row_stands_above_and_names_nearest_rows(tmp_path):
    made = table(calibrated(tmp_path, fid=110.0, precision=0.6, recall=0.2), CITY)
    first = [cell.text for cell in made.rows[0]]
    assert first[:10] == [
        "their own images, our ruler",
        *("–", "0.60", "–"),
        *("–", "0.20", "–"),
        *("–", "110.00", "–"),
    ]
    assert {*first[10:]} == {"–"}
    (note,) = (note for note in made.notes if note.startswith("Their own images"))
    assert "256 generated and 256 real images" in note and "1d619d9f09912ce7b93be4cece37dc2a29cc344c.zip" in note
    assert note.endswith(
        "Nearest by FID: 0.5 × L1 + 0.5 × L2 (FID 108.70, Precision 0.61, Recall 0.19), then L2 loss (FID 115.31, "
        "Precision 0.59, Recall 0.30)."
    )


def test_calibration_with_a_stand_in_network_recognises_no_row(tmp_path):
    made = table(calibrated(tmp_path, scale="small", fid=110.0), CITY)
    (note,) = (note for note in made.notes if note.startswith("Their own images"))
    assert note.endswith("With another network in the place of its own, no row can be recognised.")


def test_calibration_is_missing_from_other_tables_and_refused_if_lost(tmp_path):
    results = calibrated(tmp_path / "a")
    (results.root / results.plan.calibrations["ucsd"].path).unlink()
    with pytest.raises(UserError, match=r"ucsd/calibration-.*json is missing; run the same command again"):
        table(results, CITY)
    made = table(at_full(tmp_path / "b", [MAPS]), MAPS)
    assert made.rows[0][0].text == "L1 Loss"


def test_comparison_table_gives_a_difference_in_each_reading(tmp_path):
    fids = {"maps-l1": 160.25, "maps-l1@coded": 150.13}
    read = {"scale": "full", "readings": ("written", "coded")}
    names = [MAPS]
    results = Results(tmp_path, names, lambda run: {"beside_published": as_published(run, fid=fids[run.name])}, **read)
    made = table(results, MAPS, metrics=("fid",))
    columns = ["published", "ours as written", "difference", "ours as coded", "difference"]
    assert [column.title for column in made.columns[1:6]] == columns
    assert texts(made, "L1 Loss")[1:6] == ["152.13", "160.25", "+8.12", "150.13", "-2.00"]
