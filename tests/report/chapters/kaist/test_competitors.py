"""Tests of Table 1 of report 004 and of the figures of CycleGAN beside its competitors."""

import numpy as np
import pytest

from pixcycle.report.content import Table, blocks_of
from pixcycle.report.published import read_published
from pixcycle.report.studies import studies
from tests.report.chapters.kaist.chapter import COMPETITORS, answered, colour, drawn, real
from tests.support.edited import edited_json
from tests.support.results import ROOT, Results

TABLE_1 = {
    "CoGAN": ("0.6% ± 0.5%", "0.9% ± 0.5%"),
    "BiGAN/ALI": ("2.1% ± 1.0%", "1.9% ± 0.9%"),
    "SimGAN": ("0.7% ± 0.5%", "2.6% ± 1.1%"),
    "Feature loss + GAN": ("1.2% ± 0.6%", "0.3% ± 0.2%"),
    "CycleGAN (ours)": ("26.8% ± 2.8%", "23.2% ± 3.4%"),
}
"""As printed on the slide."""
ELSEWHERE = {"pix2pix (L1 + cGAN)": ("18.9% ± 2.5%", "6.1% ± 1.3%"), "L1 alone": ("0.8% ± 0.3%", "2.8% ± 1.0%")}


TASKS = ("Map → photo", "Photo → map")


def table_1(chapter):
    """Return the rows of Table 1 by method and task, without these two cells."""
    return {(row[0], row[1]): row[2:] for row in chapter.tables["kaist-table-1"]}


def test_kaist_table_1_equals_the_slides_followed_by_pix2pix(whole):
    rows = table_1(whole)
    assert list(rows) == [(method, task) for task in TASKS for method in [*TABLE_1, *ELSEWHERE]]
    assert {method: tuple(rows[method, task][0] for task in TASKS) for method in TABLE_1} == TABLE_1
    assert {method: tuple(rows[method, task][2] for task in TASKS) for method in ELSEWHERE} == ELSEWHERE


def test_kaist_table_1_shows_no_study_result_without_a_study(whole, part):
    for (method, _), row in table_1(whole).items():
        assert row[1] == ("no study yet" if method in TABLE_1 else "–")
    assert {row[1] for (method, _), row in table_1(part).items() if method in TABLE_1} == {"not run"}


def test_kaist_table_1_shows_each_method_and_direction_as_measured(tmp_path):
    ids = ["kaist-maps", "kaist-maps-simgan"]
    results = Results(tmp_path / "root", ids, lambda run: {"fid": 200.0 if run.id == ids[1] else 100.0})
    with edited_json(results.root / results.values().one(ids[1]).metrics) as measured:
        measured["metrics"]["a_to_b"] |= {"fid": 300.0, "l1": 0.4}
    rows = table_1(drawn(results, tmp_path / "out"))
    assert rows["CycleGAN (ours)", "Map → photo"][3:] == ["100.00", "0.1000", "0.50", "0.25", "0.2000"]
    assert rows["SimGAN", "Map → photo"][3] == "200.00"
    assert rows["SimGAN", "Photo → map"][3:] == ["300.00", "0.1000", "0.50", "0.25", "0.4000"]
    assert rows["CoGAN", "Photo → map"][3:] == ["not run"] * 5


def test_kaist_table_1_names_stand_in_features_of_the_feature_loss(whole):
    [table] = [block for block in blocks_of(whole.sections, Table) if block.id == "kaist-table-1"]
    sentence = "kaist-maps-feature-loss: its loss compares features of efficientnet-lite0, not of vgg16."
    assert sentence in table.notes


def test_kaist_table_1_notes_training_steps_here_and_as_published(tmp_path):
    results = Results(tmp_path / "root", ["kaist-maps", "kaist-maps-cogan"])
    with edited_json(results.root / results.values().one("kaist-maps-cogan").folder / "run.json") as record:
        record |= {"steps": 11968, "batch_size": 16}
    chapter = drawn(results, tmp_path / "out")
    [table] = [block for block in blocks_of(chapter.sections, Table) if block.id == "kaist-table-1"]
    [note] = [note for note in table.notes if note.startswith("Training steps")]
    # 12 500 epochs of 8 whole batches, and 200 epochs of 1096 images
    assert "CoGAN 11,968 of 16 (100,000 of 128 as published); CycleGAN (ours) " in note
    assert "(219,200 of 1 as published)" in note


def test_kaist_table_1_shows_our_study_with_its_interval_and_protocol(tmp_path):
    results = Results(tmp_path / "root", ["kaist-maps"])
    answered(results, "kaist-maps", every=4)
    share = results.values().study("kaist-maps", "b_to_a")
    chapter = drawn(results, tmp_path / "out")
    percentage = f"{share.percent:.1f}% [{share.low:.1f}, {share.high:.1f}]"
    assert 0 < share.percent < 50 and share.participants == 4
    rows = table_1(chapter)
    assert [rows["CycleGAN (ours)", task][1] for task in TASKS] == [percentage, "no study yet"]
    assert rows["SimGAN", "Map → photo"][1] == "not run"
    [section] = studies(results.values())
    row = ["of the same input", "4", "4", str(share.answers), percentage]
    assert [cell.text for cell in section.blocks[0].rows[0]][2:] == row
    assert "was that of the same input" in section.blocks[0].notes[0]
    assert studies(Results(tmp_path / "other", ["kaist-maps"]).values()) == []


def test_kaist_table_1_transcription_is_complete():
    assert read_published("kaist-table-1", ROOT).drop(columns="row").count().sum() == 5 * 2 * 2


@pytest.mark.parametrize(
    ("figure", "direction"),
    [("kaist-competitors-map-to-photo", "b_to_a"), ("kaist-competitors-photo-to-map", "a_to_b")],
)
def test_kaist_competitors_figure_shows_one_image_through_all_methods(whole, figure, direction):
    columns, _ = whole.grids[figure]
    methods = ["CoGAN", "BiGAN/ALI", "SimGAN", "Feature loss + GAN", "CycleGAN"]
    assert [heading for heading, _ in columns] == ["Input", *methods, "Ground truth"]
    source, target = "AB" if direction == "a_to_b" else "BA"
    inputs, *outputs, truths = [cells for _, cells in columns]
    assert np.array_equal([inputs[0], inputs[-1]], real(whole, "kaist-maps", source)[[0, -1]])
    assert np.array_equal([truths[0], truths[-1]], real(whole, "kaist-maps", target)[[0, -1]])
    shown = [np.unique(cells).tolist() for cells in outputs]
    assert shown == [[colour(id, direction)] for id in (*COMPETITORS, "kaist-maps")]
