"""Tests of the tables of report 001 and of its figures of images."""

import numpy as np
import pytest

from pixcycle.report.chapters.wustl import sections as wustl
from pixcycle.report.chapters.wustl.claims import LAMBDAS, PAIRED
from pixcycle.report.chapters.wustl.rates import RATES, TASKS
from pixcycle.report.chapters.wustl.sections import EXPERIMENTS
from pixcycle.report.drawing import grids
from pixcycle.report.drawing.samples import Album
from pixcycle.report.published import read_published
from tests.report.chapters.wustl.invented import EQUAL, NORMAL, blocks, finished
from tests.support.results import ROOT


@pytest.fixture
def drawn(monkeypatch):
    """Record the columns of each call of image_grid, as heading -> cells."""
    pictures, draw = [], grids.image_grid

    def recorded(columns):
        pictures.append(dict(columns))
        return draw(columns)

    monkeypatch.setattr(grids, "image_grid", recorded)
    return pictures


# Tables


def test_wustl_section_4_6_published_times():
    rows = [tuple(row) for row in read_published("wustl-section-4.6", ROOT).fillna("").to_numpy()]
    assert rows == [
        ("Batches per epoch", 120, ""),
        ("Time per epoch", 5, "minutes"),
        ("Time of 1000 epochs", 15, "hours"),
    ]


def test_wustl_section_4_6_scales_times_of_a_shorter_run(tmp_path, unsaved):
    table = blocks(finished(tmp_path))["wustl-section-4.6"]  # 12 epochs of one step in 60 seconds
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["Batches per epoch", "120", "1"],
        ["Time per epoch (minutes)", "5", "0.0833"],
        ["Time of 1000 epochs (hours)", "15", "1.39"],
    ]
    notes = " ".join(table.notes)
    assert "on CPU, 1 thread(s)" in notes
    assert "Our time of 1000 epochs is 1000 times that of one, measured over 12 epochs." in notes
    assert "1000 × 5 minutes are 83 hours, and 15 hours are 54 seconds per epoch" in notes


def test_wustl_section_4_6_keeps_published_times_without_a_run(tmp_path, unsaved):
    table = blocks(finished(tmp_path, [NORMAL]))["wustl-section-4.6"]
    assert [row[1].text for row in table.rows] == ["120", "5", "15"]
    assert {row[2].text for row in table.rows} == {"not run"}
    assert "83 hours" in table.notes[-1]


def test_wustl_quality_has_a_row_for_each_of_the_ten_experiments(tmp_path, unsaved):
    table = blocks(finished(tmp_path))["wustl-quality"]
    assert [column.title.split()[0] for column in table.columns[2:]] == [
        *("FID", "KID", "Precision", "Recall", "Pixel", "SSIM", "FID")
    ]
    tasks = {row[0].text: row[1].text for row in table.rows}
    assert list(tasks) == EXPERIMENTS
    assert len(tasks) == 10
    assert tasks["wustl-facades-label2photo-paired"] == "label → photo"
    assert tasks["wustl-facades-photo2label-lr"] == "photo → label"
    assert tasks["wustl-cezanne2photo-lambda1"] == "painting → photo"
    assert tasks["wustl-photo2cezanne"] == "photo → painting"
    elsewhere = {row[0].text: row[-1].text for row in table.rows}
    assert elsewhere["wustl-facades-label2photo"] == "123.6; 124.8, 118.3"
    assert "All runs finished; none collapsed." in table.notes


def test_wustl_quality_notes_name_collapsed_runs_and_reasons(tmp_path, unsaved):
    results = finished(tmp_path, [NORMAL, EQUAL], seeds=(0, 1))
    results.collapse(f"{EQUAL}/1")
    table = blocks(results)["wustl-quality"]
    assert f"{EQUAL}/1 collapsed: g no longer finite." in table.notes
    assert [row[2].text for row in table.rows].count("not run") == 8


# Figures


def test_wustl_figures_have_the_columns_of_the_report_in_order(tmp_path, drawn):
    by_id = blocks(finished(tmp_path))
    paired = ["Input x", "Output G(x)", "Paired comparison", "Reconstruction F(G(x))", "Ground truth y"]
    low = ["Input x", "Output G(x)", "Output with λ = 1", "Reconstruction F(G(x))"]
    rates = ["Input x", "Normal learning rates", "Equal learning rates", "Ground truth y"]
    assert [list(picture) for picture in drawn] == [paired, paired, low, low, rates, rates]
    ids = [id for id, block in by_id.items() if hasattr(block, "file")]
    assert ids == [*(f"wustl-figure-{n}" for n in range(3, 8)), *(f"wustl-samples-lr-{task}" for task in TASKS)]
    assert by_id["wustl-figure-3"].made_from == [f"{e}/0" for e in PAIRED[1]]  # image to label
    assert by_id["wustl-figure-4"].made_from == [f"{e}/0" for e in PAIRED[0]]
    assert by_id["wustl-figure-5"].made_from == [f"{e}/0" for e in LAMBDAS[1]]  # photo to Cézanne
    assert by_id["wustl-figure-6"].made_from == [f"{e}/0" for e in LAMBDAS[0]]
    assert by_id["wustl-figure-7"].made_from == [f"{e}/0" for pair in RATES for e in pair]
    assert by_id["wustl-samples-lr-label2photo"].made_from == [f"{e}/0" for e in RATES[0]]
    for id in ids:
        assert (tmp_path / "out" / by_id[id].file).exists()
        assert "in the report for 1000" in by_id[id].caption  # these runs have fewer epochs than the report's


def test_wustl_figure_cells_match_their_headings(tmp_path, drawn, unsaved):
    results = finished(tmp_path)
    wustl.sections(results.draft())
    cycle, paired = (Album(results.values(), e) for e in PAIRED[1])
    places = [0, 8]  # two of nine at even distances, as the report's figures have two rows
    expected = [cycle.inputs(places), cycle.outputs(places), paired.outputs(places)]
    expected += [cycle.returned(places), cycle.truths(places)]
    for cells, images in zip(drawn[0].values(), expected, strict=True):
        assert np.array_equal(cells, images)


def test_wustl_figures_name_missing_and_collapsed_runs(tmp_path, drawn, unsaved):
    results = finished(tmp_path, [PAIRED[0][1], EQUAL])
    results.collapse(f"{EQUAL}/0")
    by_id = blocks(results)
    picture = drawn[0]  # figure 3 has no run
    assert picture["Output G(x)"] == picture["Reconstruction F(G(x))"] == [None] * 2
    assert isinstance(picture["Paired comparison"][0], np.ndarray)
    assert "wustl-figure-3" not in by_id
    assert by_id["wustl-figure-4"].caption.endswith("Not run here: wustl-facades-label2photo.")
    assert f"{EQUAL}/0 collapsed: g no longer finite." in by_id["wustl-figure-7"].caption
    assert f"{EQUAL}/0 collapsed: g no longer finite." in by_id["wustl-samples-lr-photo2label"].caption


def test_wustl_quality_includes_user_experiments_without_a_figure(tmp_path):
    draft = finished(tmp_path, [NORMAL]).draft()
    draft.runs = {"wustl-own": draft.runs[NORMAL]}
    draft.plan.params.experiments["wustl"]["own"] = draft.one("wustl-own").config
    results, figures, _ = wustl.sections(draft)
    assert [cell.text for cell in results.blocks[1].rows[-1][:3]] == ["wustl-own", "photo → label", "100.00"]
    assert [block.text for block in figures.blocks] == [
        "None of the runs that its figures show is part of this selection."
    ]
