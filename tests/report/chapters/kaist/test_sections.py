"""Tests of the sections of report 004: its tables and its figures in both directions."""

import numpy as np
import pytest

from tests.report.chapters.kaist.chapter import ALL, COMPETITORS, colour, real


def test_kaist_sections_have_all_tables_and_figures_of_the_registry(whole):
    assert [(s.id, s.title, s.level) for s in whole.sections] == [
        ("kaist-results", "Results", 2),
        ("kaist-figures", "Figures", 2),
        ("kaist-claims", "Claims", 2),
    ]
    assert list(whole.tables) == ["kaist-table-1", "kaist-fcn-score", "kaist-quality"]
    assert list(whole.figures) == [
        "kaist-figure-1",
        "kaist-samples-maps",
        "kaist-samples-cityscapes",
        "kaist-competitors-map-to-photo",
        "kaist-competitors-photo-to-map",
        "kaist-architecture-generator",
        "kaist-architecture-discriminator",
    ]


def test_kaist_fcn_score_is_shown_next_to_published_scores(whole):
    rows = whole.tables["kaist-fcn-score"]
    assert [(row[0], row[1], row[3:8:2]) for row in rows] == [
        ("real photos", "our segmenter", ["0.80", "0.26", "0.21"]),
        ("kaist-cityscapes", "label → photo", ["0.52", "0.17", "0.11"]),
        ("kaist-cityscapes", "photo → label", ["0.58", "0.22", "0.16"]),
        ("pix2pix, not ours", "labels → photo", ["0.71", "0.25", "0.18"]),
        ("pix2pix, not ours", "photo → labels", ["0.85", "0.40", "0.32"]),
        ("CoGAN, not ours", "photo → labels", ["0.45", "0.11", "0.08"]),
        ("BiGAN/ALI, not ours", "photo → labels", ["0.41", "0.13", "0.07"]),
        ("SimGAN, not ours", "photo → labels", ["0.47", "0.11", "0.07"]),
        ("Feature loss + GAN, not ours", "photo → labels", ["0.50", "0.10", "0.06"]),
    ]
    assert rows[1][2:7:2] == ["0.60", "0.30", "0.20"]


def test_kaist_fcn_score_includes_kth_cityscapes_if_measured(part):
    rows = [row[:3] for row in part.tables["kaist-fcn-score"] if row[0] == "kth-cityscapes"]
    assert rows == [["kth-cityscapes", "label → photo", "0.60"], ["kth-cityscapes", "photo → label", "0.60"]]


def test_kaist_quality_has_both_directions_and_rows_of_missing_runs(whole, part):
    tasks = ["map → aerial", "aerial → map", "horse → zebra", "zebra → horse"]
    tasks += ["summer → winter", "winter → summer", "label → photo", "photo → label"]
    for chapter in (whole, part):
        assert [row[1] for row in chapter.tables["kaist-quality"]] == tasks
    assert [row[2] for row in whole.tables["kaist-quality"]] == ["100.00"] * 8
    assert [row[2] for row in part.tables["kaist-quality"]] == ["not run"] * 4 + ["100.00"] * 4
    assert part.tables["kaist-quality"][3][-1] == "138.6; 141.2"


def test_kaist_learning_rate_text_states_our_and_published_epochs(whole):
    text, of_cogan = whole.texts
    e = whole.results.values().one("kaist-maps").config
    assert e.n_epochs != 100
    assert f"0.0002 for {e.n_epochs} epochs, then falling linearly to 0 over {e.n_epochs_decay} more" in text
    assert "(100 and 100 as published)" in text
    assert all(id in text for id in [*ALL, *COMPETITORS[1:]])
    assert of_cogan == "Learning rate of kaist-maps-cogan: 0.0002 for 176 epochs (12500 as published)."


@pytest.mark.parametrize(
    ("figure", "groups", "paired"),
    [
        (
            "kaist-figure-1",
            {
                "horse → zebra": ("kaist-horse2zebra", "a_to_b"),
                "zebra → horse": ("kaist-horse2zebra", "b_to_a"),
                "summer → winter": ("kaist-summer2winter", "a_to_b"),
                "winter → summer": ("kaist-summer2winter", "b_to_a"),
            },
            False,
        ),
        (
            "kaist-samples-maps",
            {"map → aerial": ("kaist-maps", "b_to_a"), "aerial → map": ("kaist-maps", "a_to_b")},
            True,
        ),
        (
            "kaist-samples-cityscapes",
            {"label → photo": ("kaist-cityscapes", "b_to_a"), "photo → label": ("kaist-cityscapes", "a_to_b")},
            True,
        ),
    ],
)
def test_kaist_grids_show_inputs_outputs_and_truths_per_task(whole, figure, groups, paired):
    columns, headings = whole.grids[figure]
    names = ["Input", "Generated", "Ground truth"][: 2 + paired]
    assert headings == [(task, len(names)) for task in groups]
    assert [heading for heading, _ in columns] == names * len(groups)
    assert {len(cells) for _, cells in columns} == {4}
    for place, (id, direction) in enumerate(groups.values()):
        inputs, outputs, *truths = [cells for _, cells in columns[place * len(names) :][: len(names)]]
        source, target = "AB" if direction == "a_to_b" else "BA"
        assert np.array_equal([inputs[0], inputs[-1]], real(whole, id, source)[[0, -1]])
        assert np.unique(outputs).tolist() == [colour(id, direction)]
        for truth in truths:
            assert np.array_equal([truth[0], truth[-1]], real(whole, id, target)[[0, -1]])


def test_kaist_captions_name_figure_stand_in_data_and_missing_runs(whole, part):
    caption = whole.figures["kaist-figure-1"].caption
    assert caption.startswith("Figure 1 of the report: horse ↔ zebra and summer ↔ winter.")
    assert "Not run" not in caption
    caption = part.figures["kaist-figure-1"].caption
    assert "summer2winter_yosemite (earth-unpaired in its place)" in caption
    assert caption.endswith("Not run here: kaist-horse2zebra.")
    assert [heading for heading, _ in part.grids["kaist-figure-1"][1]] == ["summer → winter", "winter → summer"]
    assert part.figures["kaist-figure-1"].made_from == ["kaist-summer2winter/0"]


def test_kaist_figures_without_runs_are_left_out(part):
    assert "kaist-samples-maps" not in part.figures
    assert "kaist-samples-cityscapes" in part.figures


def test_kaist_architectures_show_the_networks_of_the_runs(whole):
    (generator, shape, _), (discriminator, same, _) = whole.networks
    e = whole.results.values().one("kaist-maps").config
    assert shape == same == (3, e.crop_size, e.crop_size)
    # Nine residual blocks of two convolutions, three before and three after.
    assert sum("Conv" in type(layer).__name__ for layer in generator.modules()) == 3 + 9 * 2 + 3
    convolutions = [layer for layer in discriminator.modules() if "Conv" in type(layer).__name__]
    assert [layer.out_channels for layer in convolutions] == [*(k * e.filters for k in (1, 2, 4, 8)), 1]
    caption = whole.figures["kaist-architecture-generator"].caption
    assert f"{e.filters} filters in the first layer (64 as published)" in caption
