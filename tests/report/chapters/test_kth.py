"""Tests of the chapter of report 003: tables, and figures in the published order."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from pixcycle.paths import TARGET, fakes_folder, samples_folder
from pixcycle.report.chapters.kth import sections as kth
from pixcycle.report.chapters.kth.figures import curves, grids
from pixcycle.report.chapters.kth.losses import first_losses
from pixcycle.report.content import Figure, Table, blocks_of, claims_of
from tests.support.edited import edited_json
from tests.support.results import NAMES, SIDE, Results

RUNS = ["kth-horse2zebra", "kth-apple2orange", "kth-summer2winter", "kth-cityscapes"]
PLAIN, RESIZE, CURVES = "kth-horse2zebra", "kth-horse2zebra-resize", "kth-summer2winter"
MIDDLE, DARKEST = 4, 6
DRAWN = {"image_grid": grids, "smoothed_curves": curves, "energy_over_epochs": curves}


def level(direction, epoch, place):
    """Return the grey level of a run's output after an epoch; image DARKEST is always black."""
    return 0 if place == DARKEST else 10 * epoch + place + 100 * (direction == "b_to_a")


def paint(results, run):
    for direction in TARGET:
        last = run.config.n_epochs
        folders = {epoch: samples_folder(results.root / run.folder, epoch) for epoch in run.config.sample_epochs}
        for epoch, folder in {**folders, last + 1: results.root / run.translated}.items():
            for place, name in enumerate(NAMES):
                image = np.full((SIDE, SIDE, 3), level(direction, epoch, place), np.uint8)
                Image.fromarray(image).save(fakes_folder(folder, direction) / f"{name}.png")


def drawn(results, out):
    """Build the chapter; also record the positional and keyword arguments of each figure's drawing function."""
    calls = []
    with pytest.MonkeyPatch.context() as patch:
        for name, module in DRAWN.items():
            draw = getattr(module, name)
            patch.setattr(module, name, lambda *a, draw=draw, **k: calls.append((a, k)) or draw(*a, **k))
        sections = kth.sections(results.draft(out=out))
    figures = {figure.id: figure for figure in blocks_of(sections, Figure)}
    return SimpleNamespace(
        results=results,
        out=out,
        sections=sections,
        figures=figures,
        tables={table.id: table for table in blocks_of(sections, Table)},
        claims=claims_of(sections),
        calls=dict(zip(figures, calls, strict=True)),
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    results = Results(tmp_path_factory.mktemp("whole"), [*RUNS, RESIZE])
    for run in results.plan.runs.values():
        paint(results, run)
    return drawn(results, tmp_path_factory.mktemp("out"))


def cells(whole, id):
    """Return (heading, cells) of each column; a cell is a grey level, an input such as A3, or a text."""
    (columns, *_), _ = whole.calls[id]
    data = next(iter(whole.results.plan.data))
    inputs = {d: np.load(whole.results.root / f"data/prepared/{data}/test_{d}.npy") for d in "AB"}

    def described(cell):
        if isinstance(cell, str):
            return cell
        names = (f"{d}{i}" for d, images in inputs.items() for i, image in enumerate(images) if (image == cell).all())
        return int(cell.max()) if (cell == cell.max()).all() else next(names)

    return [(heading, [described(cell) for cell in column]) for heading, column in columns]


def output(epoch, direction="a_to_b", place=MIDDLE):
    return level(direction, epoch, place)


def test_kth_sections_have_all_tables_figures_and_claims(whole):
    assert [(s.id, s.title, s.level) for s in whole.sections] == [
        ("kth-results", "Results", 2),
        ("kth-figures", "Figures", 2),
        ("kth-claims", "Claims", 2),
    ]
    assert list(whole.tables) == ["kth-quality", "kth-first-losses", "kth-counts"]
    numbers = ["1", "2-5", "6", "7", "8", "9-12"]
    assert list(whole.figures) == [*(f"kth-figure-{n}" for n in numbers), "kth-checkerboard"]
    assert [claim.id for claim in whole.claims] == [f"kth-claim-{name}" for name in (*"abcdefg", "resize")]
    assert all((whole.out / figure.file).stat().st_size for figure in whole.figures.values())


def test_kth_quality_has_both_directions_and_fid_from_elsewhere(whole):
    table = whole.tables["kth-quality"]
    assert [column.title for column in table.columns][2:] == [
        *("FID ↓", "KID ↓", "Precision ↑", "Recall ↑", "Checkerboard energy ↓", "FID")
    ]
    rows = [[cell.text for cell in row] for row in table.rows]
    assert [row[0] for row in rows] == [id for id in [*RUNS, RESIZE] for _ in TARGET]
    assert rows[1] == ["kth-horse2zebra", "zebra → horse", "100.00", "0.1000", "0.50", "0.25", "0.0100", "138.6; 141.2"]
    assert rows[4][-1] == "77.3; 83.7"
    assert "proposal for future work" in " ".join(table.notes)


def test_kth_figure_1_shows_both_directions_after_matching_epochs(whole):
    assert cells(whole, "kth-figure-1") == [
        ("input", [f"A{MIDDLE}", f"B{MIDDLE}"]),
        ("after epoch 1", [output(1), output(1, "b_to_a")]),
        ("after epoch 3 (for 25)", [output(3), output(3, "b_to_a")]),
        ("after epoch 9 (for 75)", [output(9), output(9, "b_to_a")]),
        ("after epoch 12 (for 100)", [output(12), output(12, "b_to_a")]),
    ]
    assert whole.calls["kth-figure-1"][1]["row_labels"] == ["horse to zebra", "zebra to horse"]
    assert "Our run has 12 epochs, the report's 100" in whole.figures["kth-figure-1"].caption


def test_kth_figures_2_to_5_show_an_apple_and_an_orange_with_outputs(whole):
    assert cells(whole, "kth-figure-2-5") == [
        ("original apple", [f"A{MIDDLE}"]),
        ("generated orange after epoch 2 (for 20)", [output(2)]),
        ("original orange", [f"B{MIDDLE}"]),
        ("generated apple after epoch 2 (for 20)", [output(2, "b_to_a")]),
    ]
    assert whole.figures["kth-figure-2-5"].caption.startswith("Figure 2 to 5 of the report: ")


def test_kth_figure_6_has_four_rows_of_an_input_and_its_outputs(whole):
    (input_heading, inputs), *after = cells(whole, "kth-figure-6")
    assert (input_heading, inputs) == ("input", ["A2", "A6", "B2", "B6"])
    assert [heading for heading, _ in after] == [
        *("after epoch 1", "after epoch 3 (for 25)", "after epoch 6 (for 50)"),
        *("after epoch 9 (for 75)", "after epoch 12 (for 100)"),
    ]
    for epoch, (_, column) in zip((1, 3, 6, 9, 12), after, strict=True):
        assert column == [output(epoch, place=i) for i in (2, 6)] + [output(epoch, "b_to_a", i) for i in (2, 6)]
    labels = ["summer to winter", "summer to winter", "winter to summer", "winter to summer"]
    assert whole.calls["kth-figure-6"][1]["row_labels"] == labels


def test_kth_figure_7_shows_the_darkest_winter_image_and_its_input(whole):
    assert cells(whole, "kth-figure-7") == [("summer", [f"A{DARKEST}"]), ("generated winter", [0])]
    # The median of levels 130 to 138, with one replaced by 0, is 133.
    assert "luminance is 0 of 255, where the median of all is 133" in whole.figures["kth-figure-7"].caption


def test_kth_figure_8_draws_the_weighted_loss_terms(whole):
    (history, panels, *_), _ = whole.calls["kth-figure-8"]
    values = whole.results.values()
    raw = values.history(values.one(CURVES))
    factors = {"cycle_a": 10, "cycle_b": 10, "g_ab_gan": 1, "d_a": 1, "g": 1}
    for term, factor in factors.items():
        assert history[term].tolist() == pytest.approx((factor * raw[term]).tolist())
    assert [list(terms) for terms in panels.values()] == [
        *(["g"], ["g_ab_gan", "g_ba_gan"], ["cycle_a", "cycle_b"], ["d_a", "d_b"])
    ]
    assert "Cycle terms × 10" in panels
    assert whole.figures["kth-figure-8"].file.suffix == ".svg"


def test_kth_figures_9_to_12_show_a_segmentation_and_its_photos(whole):
    assert cells(whole, "kth-figure-9-12") == [
        ("original segmentation", [f"B{MIDDLE}"]),
        ("after epoch 1", [output(1, "b_to_a")]),
        ("after epoch 6 (for 50)", [output(6, "b_to_a")]),
        ("after epoch 12 (for 100)", [output(12, "b_to_a")]),
    ]


def test_kth_checkerboard_is_drawn_over_epochs_in_scored_direction(tmp_path):
    results = Results(tmp_path, [PLAIN, "kth-cityscapes"], seeds=(0, 1))
    for run in results.plan.runs.values():
        results.write_metrics(run, samples=lambda epoch, seed=run.seed: (1 + seed) / epoch)
        other = {"a_to_b": "b_to_a", "b_to_a": "a_to_b"}[run.config.direction]
        with edited_json(results.root / run.metrics) as measured:
            for row in measured["samples"]:
                row["checkerboard"] = 9.0 if row["direction"] == other else row["checkerboard"]
    (series, reference, *_), _ = drawn(results, tmp_path / "out").calls["kth-checkerboard"]
    assert list(series) == ["horse to zebra", "label to photo"]
    for points in series.values():
        assert np.array(points) == pytest.approx(np.array([(e, 1.5 / e) for e in (1, 2, 3, 6, 9, 12)]))
    # Horse to zebra imitates domain B, whose real images have 0.002; label to photo A with 0.001.
    assert reference == {"real images": pytest.approx(0.0015)}


def test_kth_checkerboard_includes_every_run_and_the_proposal(whole):
    (series, *_), _ = whole.calls["kth-checkerboard"]
    labels = ["horse to zebra", "apple to orange", "summer to winter", "label to photo"]
    assert list(series) == [*labels, "horse to zebra, resize-convolution"]
    assert whole.figures["kth-checkerboard"].made_from == [f"{id}/0" for id in [*RUNS, RESIZE]]


def test_kth_sections_name_missing_runs_and_stand_ins(tmp_path):
    part = drawn(Results(tmp_path, ["kth-apple2orange"], scale="rehearsal"), tmp_path / "out")
    assert list(part.figures) == ["kth-figure-2-5", "kth-checkerboard"]
    assert "apple2orange (earth-unpaired in its place)" in part.figures["kth-figure-2-5"].caption
    missing = "Not run here: kth-horse2zebra, kth-summer2winter, kth-cityscapes, kth-horse2zebra-resize."
    assert part.figures["kth-checkerboard"].caption.endswith(missing)
    quality = [[cell.text for cell in row] for row in part.tables["kth-quality"].rows]
    assert quality[0][:4] == ["kth-horse2zebra", "horse → zebra", "not run", "not run"]
    expected = dict.fromkeys((f"kth-claim-{name}" for name in (*"bcdfg", "resize")), "not run")
    expected |= {"kth-claim-a": "holds on those run", "kth-claim-e": "not distinguishable"}  # its samples are noise
    assert {claim.id: claim.verdict for claim in part.claims} == expected


def test_kth_checkerboard_caption_names_runs_that_share_a_line(tmp_path):
    part = drawn(Results(tmp_path, [PLAIN, "kth-apple2orange"], scale="rehearsal"), tmp_path / "out")
    same = "The runs horse to zebra, apple to orange are equal here"
    assert same in part.figures["kth-checkerboard"].caption


def test_kth_figures_section_says_if_no_run_is_selected(tmp_path):
    results = Results(tmp_path, ["kaist-horse2zebra"])
    (text,) = kth.sections(results.draft())[1].blocks
    assert text.text == "None of the runs that its figures show is part of this selection."


def test_kth_figures_mark_a_collapsed_run_and_unreached_epochs(tmp_path):
    results = Results(tmp_path, [PLAIN])
    paint(results, results.plan.runs[f"{PLAIN}/0"])
    results.collapse(f"{PLAIN}/0", "d_a", epochs=5)
    part = drawn(results, tmp_path / "out")
    assert [column for _, column in cells(part, "kth-figure-1")[2:]] == [
        [output(3), output(3, "b_to_a")],
        ["collapsed before"] * 2,
        ["collapsed before"] * 2,
    ]
    for figure in part.figures.values():
        assert "kth-horse2zebra/0 collapsed: d_a no longer finite." in figure.caption


def losses_table(results):
    (table,) = first_losses(results.draft())
    return {tuple(cell.text for cell in row[:3]): row[3].text for row in table.rows}


def test_kth_first_losses_stand_beside_the_published_ones(tmp_path):
    results = Results(tmp_path, [CURVES])
    run = results.plan.runs[f"{CURVES}/0"]
    results.write_training(run)
    rows = "".join(f"0,{5 * i},3,{0.1 * i},0.2,{i},{i + 0.5},0.25,{0.75 if i else 0.5}\n" for i in range(13))
    header = "epoch,step,g,cycle_a,cycle_b,g_ab_gan,g_ba_gan,d_a,d_b\n"
    (tmp_path / run.folder / "history.csv").write_text(header + rows)
    assert losses_table(results) == {
        ("Generators, GAN terms", "0", "5.7 and 7.8"): "0.00 and 0.50",
        ("Generators, cycle term of both, times λ", "0", "13.9"): "2.00",  # 10 x (0 + 0.2)
        ("Discriminators", "0", "5.7 and 3.9"): "0.25 and 0.50",
        ("Generators, GAN terms", "50", "0.6 and 0.9"): "10.00 and 10.50",
        ("Generators, cycle term of both, times λ", "50", "6.5"): "12.00",
        ("Discriminators", "50", "0.5 and 0.5"): "0.25 and 0.75",
        ("Generators, GAN terms", "110", "0.5 and 0.6"): "–",  # our run has 60 steps
        ("Generators, cycle term of both, times λ", "110", "5.9"): "–",
        ("Discriminators", "110", "0.3 and 0.5"): "–",
    }


def test_kth_first_losses_have_no_number_where_ours_are_not_finite(tmp_path):
    results = Results(tmp_path, [CURVES])
    results.write_training(results.plan.runs[f"{CURVES}/0"], d_a=lambda epoch: float("nan"))
    table = losses_table(results)
    assert table["Discriminators", "0", "5.7 and 3.9"] == "–"
    assert table["Generators, GAN terms", "0", "5.7 and 7.8"] == "0.70 and 0.70"


def test_kth_first_losses_are_left_out_without_the_run(tmp_path):
    assert first_losses(Results(tmp_path, [PLAIN]).draft()) == []
