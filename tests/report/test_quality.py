"""Tables of both directions and of FCN-scores, from made-up measurements whose right cells are known."""

import pytest

from pixcycle.report.content import Document, Section
from pixcycle.report.quality import fcn_table, quality_table, task_of
from pixcycle.report.rendering import pdf
from tests.support.edited import edited_json
from tests.support.pdf_pages import pages
from tests.support.results import Results

A4 = (595, 842)
RUNS = ["kaist-maps", "kaist-horse2zebra", "kaist-cityscapes", "kth-cityscapes"]
BOTH = [("kaist-cityscapes", "b_to_a"), ("kaist-cityscapes", "a_to_b")]
PAPER = ("CycleGAN paper", "labels to photo", "CycleGAN")


def change(results, experiment, edit, kind="metrics"):
    """Edit the metrics file or run.json of each seed of an experiment."""
    for run in results.plan.select(experiment):
        file = results.root / (run.metrics if kind == "metrics" else f"{run.folder}/run.json")
        with edited_json(file) as content:
            edit(content, run)


def fail_the_segmenter(results, *experiments):
    for experiment in experiments:
        change(results, experiment, lambda measured, _: measured["segmenter"]["real"].update(pixel_accuracy=0.39))


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path, RUNS)


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def quality(results, rows, metrics=("fid", "kid", "l1")):
    return quality_table(results.values(), "t", "caption", rows, metrics)


def fcn(results, rows, others=()):
    return fcn_table(results.values(), "t", "caption", rows, others)


def test_quality_table_has_own_and_others_values_per_direction(results):
    change(results, "kaist-horse2zebra", lambda measured, _: measured["metrics"]["b_to_a"].update(fid=150, kid=0.2))
    table = quality(results, [("kaist-horse2zebra", "a_to_b"), ("kaist-horse2zebra", "b_to_a")])
    assert [(column.group, column.title) for column in table.columns[2:]] == [
        ("ours", "FID ↓"),
        ("ours", "KID ↓"),
        ("elsewhere", "FID"),
    ]
    assert texts(table) == [
        ["kaist-horse2zebra", "horse → zebra", "100.00", "0.1000", "77.2; 74.8, 71.7 | 77.20; 75.17"],
        ["kaist-horse2zebra", "zebra → horse", "150.00", "0.2000", "138.6; 141.2"],
    ]
    assert "(mmgeneration;" in table.notes[-1]


def test_quality_table_shows_metric_if_any_row_has_it(results):
    table = quality(results, [("kaist-horse2zebra", "a_to_b"), ("kaist-maps", "b_to_a")], ("l1", "ssim"))
    assert texts(table) == [
        ["kaist-horse2zebra", "horse → zebra", "–", "–", "77.2; 74.8, 71.7 | 77.20; 75.17"],
        ["kaist-maps", "map → aerial", "0.2000", "0.300", "–"],
    ]


def test_quality_table_keeps_row_of_missing_run(results):
    table = quality(results, [("kaist-maps", "b_to_a"), ("kaist-summer2winter", "b_to_a")], ("fid",))
    assert texts(table)[1] == ["kaist-summer2winter", "winter → summer", "not run", "72.6; 72.8, 77.0"]
    assert task_of(results.values(), "kaist-unheard-of", "a_to_b") == "–"


def test_quality_table_omits_elsewhere_column_without_values(results):
    table = quality(results, BOTH, ("fid",))
    assert [column.title for column in table.columns] == ["Experiment", "Task", "FID ↓"]
    assert not any("Elsewhere" in note for note in table.notes)


def test_quality_table_notes_other_image_counts_and_collapses(results):
    results.count_images(results.plan.runs["kaist-cityscapes/0"], a=500, b=400)
    change(
        results,
        "kaist-cityscapes",
        lambda record, _: record.update(status="collapsed", collapse="g no longer finite"),
        "record",
    )
    notes = quality(results, [("kaist-maps", "b_to_a"), *BOTH]).notes
    assert notes[0].startswith(
        "9 generated against 9 real test images, PNG (the real ones were distributed as JPEG) at "
    )
    assert notes[1] == (
        "Other numbers of images: kaist-cityscapes label → photo 400 generated against 500 real test images; "
        "kaist-cityscapes photo → label 500 generated against 400 real test images."
    )
    assert notes[2] == "kaist-cityscapes/0 collapsed: g no longer finite."


def test_fcn_table_starts_with_real_photos_and_shows_papers_values(results):
    table = fcn(results, [(*BOTH[0], PAPER), (*BOTH[1], None)])
    assert texts(table) == [
        *[
            [
                "real photos",
                "our segmenter",
                "0.80",
                "0.80",
                "0.50",
                "0.26",
                "0.40",
                "0.21",
                "pix2pix paper, Ground truth",
            ]
        ],
        [
            "kaist-cityscapes",
            "label → photo",
            *("0.60", "0.52", "0.30", "0.17", "0.20", "0.11"),
            "CycleGAN paper, CycleGAN",
        ],
        ["kaist-cityscapes", "photo → label", *("0.60", "–", "0.30", "–", "0.20", "–"), "–"],
    ]
    assert [column.title for column in table.columns[2:-1]] == ["ours", "elsewhere"] * 3
    assert "it reaches the per-pixel accuracy of 0.40" in table.notes[0]
    assert "the 19 classes of cityscapes-unpaired" in table.notes[-1]


def test_fcn_table_withholds_photo_scores_of_inaccurate_segmenter(results):
    fail_the_segmenter(results, "kaist-cityscapes")
    table = fcn(results, [(*BOTH[0], PAPER), (*BOTH[1], None)])
    assert [row[2:8:2] for row in texts(table)] == [
        ["0.39", "0.50", "0.40"],
        ["withheld"] * 3,
        ["0.60", "0.30", "0.20"],
    ]
    assert texts(table)[1][3] == "0.52"
    assert "does not reach the per-pixel accuracy of 0.40" in table.notes[0]
    assert "withheld" in table.notes[0]


def test_fcn_table_judges_each_segmenter_on_its_own(results):
    fail_the_segmenter(results, "kth-cityscapes")
    change(results, "kth-cityscapes", lambda measured, _: measured["segmenter"]["real"].update(pixel_accuracy=0.31))
    table = fcn(results, [(*BOTH[0], None), ("kth-cityscapes", "b_to_a", None)])
    assert [row[:3] for row in texts(table)] == [
        ["real photos", "our segmenter of kaist-cityscapes", "0.80"],
        ["real photos", "our segmenter of kth-cityscapes", "0.31"],
        ["kaist-cityscapes", "label → photo", "0.60"],
        ["kth-cityscapes", "label → photo", "withheld"],
    ]
    assert ["does not reach" in note for note in table.notes] == [False, True, False, False]


def test_fcn_table_shares_segmenter_of_runs_on_the_same_data(tmp_path):
    ids = ["ucsd-cityscapes-l1", "ucsd-cityscapes-l2"]
    table = fcn(Results(tmp_path, ids), [(id, "b_to_a", None) for id in ids])
    assert [row[0] for row in texts(table)] == ["real photos", *ids]
    assert [note.startswith("Our segmenter, ") for note in table.notes] == [True, False, False]


def test_fcn_table_keeps_others_values_without_runs_of_ours(tmp_path):
    table = fcn(
        Results(tmp_path, ["kaist-maps"]), [(*BOTH[0], PAPER)], [("CycleGAN paper", "photo to labels", "pix2pix")]
    )
    assert texts(table) == [
        [
            "kaist-cityscapes",
            "label → photo",
            *("not run", "0.52", "not run", "0.17", "not run", "0.11"),
            "CycleGAN paper, CycleGAN",
        ],
        ["pix2pix, not ours", "photo → labels", *("–", "0.85", "–", "0.40", "–", "0.32"), "CycleGAN paper, pix2pix"],
    ]
    assert "Ours are" not in table.notes[-1]


def test_fcn_table_has_no_scores_for_data_without_classes(tmp_path):
    table = fcn(Results(tmp_path, ["kaist-maps"]), [("kaist-maps", "b_to_a", None)])
    assert texts(table) == [["kaist-maps", "map → aerial", *["–"] * 7]]


def test_quality_and_fcn_table_show_spread_on_an_upright_page(tmp_path):
    results = Results(tmp_path, RUNS, seeds=(0, 10, 20))
    change(
        results,
        "kaist-cityscapes",
        lambda m, run: m["metrics"]["b_to_a"].update(fid=100 + run.seed, class_iou=0.3 + run.seed / 100),
    )
    scored = fcn(results, [(*BOTH[0], PAPER), ("kth-cityscapes", "b_to_a", PAPER)])
    measured = quality(results, [("kaist-horse2zebra", "a_to_b"), *BOTH], ("fid", "kid", "precision", "recall", "l1"))
    assert texts(scored)[2][6] == "0.40 ± 0.10"
    assert texts(measured)[1][2] == "110.00 ± 10.00"
    assert "mean ± standard deviation over 3 seeds" in scored.notes[-1]
    assert "mean ± standard deviation over 3 seeds (0, 10, 20)" in measured.notes[0]
    document = Document("t", "", [], [], [Section("s", "s", 1, [scored, measured])])
    assert {page.size for page in pages(pdf.render(document, tmp_path))} == {A4}
