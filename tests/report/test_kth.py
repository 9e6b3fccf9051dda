"""The chapter of report 003: its tables, and its figures in the published order."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from pixcycle.report.chapters import kth
from pixcycle.report.chapters.kth_figures import curves, grids
from pixcycle.report.content import Figure, Table, blocks_of, claims_of
from pixcycle.training.translated import samples_folder
from pixcycle.translations import TARGET, fakes_folder
from tests.edited import edited_json
from tests.report.results import NAMES, SIDE, Results

RUNS = ["kth-horse2zebra", "kth-apple2orange", "kth-summer2winter", "kth-cityscapes"]
PLAIN, RESIZE, CURVES = "kth-horse2zebra", "kth-horse2zebra-resize", "kth-summer2winter"
FOUND, MIDDLE, DARKEST = 7, 4, 6
DRAWN = {"image_grid": grids, "smoothed_curves": curves, "energy_over_epochs": curves}


def count_the_images(results):
    """Every folder of an archive holds FOUND images."""
    for key, data in results.plan.data.items():
        folders = results.plan.params.datasets[data.dataset].published
        counts = {folder: {"found": FOUND, "published": 1, "difference": 1} for folder in folders}
        with edited_json(results.root / "data/prepared" / key / "manifest.json") as prepared:
            prepared["card"]["counts"] = counts


def level(direction, epoch, place):
    """The grey of an image that a run made after an epoch; the darkest of all is one in the middle."""
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
    """The chapter, and for each figure what was asked to be drawn: positional arguments, then those by name."""
    count_the_images(results)
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        for name, module in DRAWN.items():
            draw = getattr(module, name)
            patch.setattr(module, name, lambda *a, draw=draw, **k: asked.append((a, k)) or draw(*a, **k))
        sections = kth.sections(results.values(), out)
    figures = {figure.id: figure for figure in blocks_of(sections, Figure)}
    return SimpleNamespace(
        results=results,
        out=out,
        sections=sections,
        figures=figures,
        tables={table.id: table for table in blocks_of(sections, Table)},
        claims=claims_of(sections),
        asked=dict(zip(figures, asked, strict=True)),
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    results = Results(tmp_path_factory.mktemp("whole"), [*RUNS, RESIZE])
    for run in results.plan.runs.values():
        paint(results, run)
    return drawn(results, tmp_path_factory.mktemp("out"))


def cells(whole, id):
    """Headings, and the cells below each: a grey level, or A or B and the place of an input, or words."""
    (columns, *_), _ = whole.asked[id]
    data = next(iter(whole.results.plan.data))
    inputs = {d: np.load(whole.results.root / f"data/prepared/{data}/test_{d}.npy") for d in "AB"}

    def told(cell):
        if isinstance(cell, str):
            return cell
        known = (f"{d}{i}" for d, images in inputs.items() for i, image in enumerate(images) if (image == cell).all())
        return int(cell.max()) if (cell == cell.max()).all() else next(known)

    return [(heading, [told(cell) for cell in column]) for heading, column in columns]


def made(epoch, direction="a_to_b", place=MIDDLE):
    return level(direction, epoch, place)


def test_the_chapter_has_the_tables_figures_and_claims_of_the_registry(whole):
    assert [(s.id, s.title, s.level) for s in whole.sections] == [
        ("kth-results", "Results", 2),
        ("kth-figures", "Figures", 2),
        ("kth-claims", "Claims", 2),
    ]
    assert list(whole.tables) == ["kth-quality", "kth-counts"]
    numbers = ["1", "2-5", "6", "7", "8", "9-12"]
    assert list(whole.figures) == [*(f"kth-figure-{n}" for n in numbers), "kth-checkerboard"]
    assert [claim.id for claim in whole.claims] == ["kth-claim-a", "kth-claim-b", "kth-claim-c", "kth-claim-resize"]
    assert all((whole.out / figure.file).stat().st_size for figure in whole.figures.values())


def test_quality_has_both_directions_of_five_runs_and_the_fid_that_others_had(whole):
    table = whole.tables["kth-quality"]
    assert [column.title for column in table.columns][2:] == [
        *("FID ↓", "KID ↓", "Precision ↑", "Recall ↑", "Checkerboard energy ↓", "FID")
    ]
    rows = [[cell.text for cell in row] for row in table.rows]
    assert [row[0] for row in rows] == [id for id in [*RUNS, RESIZE] for _ in TARGET]
    assert rows[1] == ["kth-horse2zebra", "zebra → horse", "100.00", "0.1000", "0.50", "0.25", "0.0100", "138.6; 141.2"]
    assert rows[4][-1] == "77.3; 83.7"
    assert "proposal for future work" in " ".join(table.notes)


def test_counts_are_those_of_section_3_1_beside_the_archives_and_ours(whole):
    rows = [[cell.text for cell in row] for row in whole.tables["kth-counts"].rows]
    assert rows == [
        ["Horses", "horse2zebra", "989", "1067", "-78", "7"],
        ["Zebras", "horse2zebra", "1177", "1334", "-157", "7"],
        ["Apples", "apple2orange", "996", "995", "+1", "7"],
        ["Oranges", "apple2orange", "1020", "1019", "+1", "7"],
        ["Summer", "summer2winter_yosemite", "1273", "1231", "+42", "7"],
        ["Winter", "summer2winter_yosemite", "854", "962", "-108", "7"],
    ]


def test_figure_1_shows_both_directions_after_the_epochs_that_stand_for_the_reports(whole):
    assert cells(whole, "kth-figure-1") == [
        ("input", [f"A{MIDDLE}", f"B{MIDDLE}"]),
        ("after epoch 1", [made(1), made(1, "b_to_a")]),
        ("after epoch 3 (for 25)", [made(3), made(3, "b_to_a")]),
        ("after epoch 9 (for 75)", [made(9), made(9, "b_to_a")]),
        ("after epoch 12 (for 100)", [made(12), made(12, "b_to_a")]),
    ]
    assert whole.asked["kth-figure-1"][1]["row_labels"] == ["horse to zebra", "zebra to horse"]
    assert "Our run has 12 epochs, the report's 100" in whole.figures["kth-figure-1"].caption


def test_figures_2_to_5_are_an_apple_its_orange_an_orange_and_its_apple(whole):
    assert cells(whole, "kth-figure-2-5") == [
        ("original apple", [f"A{MIDDLE}"]),
        ("generated orange after epoch 2 (for 20)", [made(2)]),
        ("original orange", [f"B{MIDDLE}"]),
        ("generated apple after epoch 2 (for 20)", [made(2, "b_to_a")]),
    ]
    assert whole.figures["kth-figure-2-5"].caption.startswith("Figure 2 to 5 of the report: ")


def test_figure_6_has_four_rows_of_an_input_and_what_became_of_it_over_the_training(whole):
    (input_heading, inputs), *after = cells(whole, "kth-figure-6")
    assert (input_heading, inputs) == ("input", ["A2", "A6", "B2", "B6"])
    assert [heading for heading, _ in after] == [
        *("after epoch 1", "after epoch 3 (for 25)", "after epoch 6 (for 50)"),
        *("after epoch 9 (for 75)", "after epoch 12 (for 100)"),
    ]
    for epoch, (_, column) in zip((1, 3, 6, 9, 12), after, strict=True):
        assert column == [made(epoch, place=i) for i in (2, 6)] + [made(epoch, "b_to_a", i) for i in (2, 6)]
    labels = ["summer to winter", "summer to winter", "winter to summer", "winter to summer"]
    assert whole.asked["kth-figure-6"][1]["row_labels"] == labels


def test_figure_7_shows_the_darkest_winter_image_beside_its_input(whole):
    assert cells(whole, "kth-figure-7") == [("summer", [f"A{DARKEST}"]), ("generated winter", [0])]
    # Of levels 130 to 138 and one that is 0, the median is 133.
    assert "luminance is 0 of 255, where the median of all is 133" in whole.figures["kth-figure-7"].caption


def test_figure_8_draws_the_terms_as_they_enter_the_total(whole):
    (history, panels, *_), _ = whole.asked["kth-figure-8"]
    raw = whole.results.values().history(CURVES)
    factors = {"cycle_a": 10, "cycle_b": 10, "g_ab_gan": 1, "d_a": 1, "g": 1}
    for term, factor in factors.items():
        assert history[term].tolist() == pytest.approx((factor * raw[term]).tolist())
    assert [list(terms) for terms in panels.values()] == [
        *(["g"], ["g_ab_gan", "g_ba_gan"], ["cycle_a", "cycle_b"], ["d_a", "d_b"])
    ]
    assert "Cycle terms × 10" in panels
    assert whole.figures["kth-figure-8"].file.suffix == ".svg"


def test_figures_9_to_12_go_from_a_segmentation_to_photos(whole):
    assert cells(whole, "kth-figure-9-12") == [
        ("original segmentation", [f"B{MIDDLE}"]),
        ("after epoch 1", [made(1, "b_to_a")]),
        ("after epoch 6 (for 50)", [made(6, "b_to_a")]),
        ("after epoch 12 (for 100)", [made(12, "b_to_a")]),
    ]


def test_the_checkerboard_is_drawn_over_the_epochs_in_the_direction_of_each_task(tmp_path):
    results = Results(tmp_path, [PLAIN, "kth-cityscapes"], seeds=(0, 1))
    for run in results.plan.runs.values():
        results.write_metrics(run, samples=lambda epoch, seed=run.seed: (1 + seed) / epoch)
        other = {"a_to_b": "b_to_a", "b_to_a": "a_to_b"}[run.config.direction]
        with edited_json(results.root / run.metrics) as measured:
            for row in measured["samples"]:
                row["checkerboard"] = 9.0 if row["direction"] == other else row["checkerboard"]
    (series, reference, *_), _ = drawn(results, tmp_path / "out").asked["kth-checkerboard"]
    assert list(series) == ["horse to zebra", "label to photo"]
    for points in series.values():
        assert np.array(points) == pytest.approx(np.array([(e, 1.5 / e) for e in (1, 2, 3, 6, 9, 12)]))
    # Horse to zebra imitates domain B, whose real images have 0.002; label to photo A with 0.001.
    assert reference == {"real images": pytest.approx(0.0015)}


def test_the_checkerboard_is_drawn_for_every_run_of_the_report_and_its_proposal(whole):
    (series, *_), _ = whole.asked["kth-checkerboard"]
    labels = ["horse to zebra", "apple to orange", "summer to winter", "label to photo"]
    assert list(series) == [*labels, "horse to zebra, resize-convolution"]
    assert whole.figures["kth-checkerboard"].made_from == [f"{id}/0" for id in [*RUNS, RESIZE]]


def test_what_was_not_run_is_said_and_other_data_count_for_nothing(tmp_path):
    part = drawn(Results(tmp_path, ["kth-apple2orange"], scale="rehearsal"), tmp_path / "out")
    assert list(part.figures) == ["kth-figure-2-5", "kth-checkerboard"]
    assert "apple2orange (earth-unpaired in its place)" in part.figures["kth-figure-2-5"].caption
    missing = "Not run here: kth-horse2zebra, kth-summer2winter, kth-cityscapes, kth-horse2zebra-resize."
    assert part.figures["kth-checkerboard"].caption.endswith(missing)
    rows = [[cell.text for cell in row] for row in part.tables["kth-counts"].rows]
    assert [row[-1] for row in rows] == ["not run", "not run", "–", "–", "not run", "not run"]
    quality = [[cell.text for cell in row] for row in part.tables["kth-quality"].rows]
    assert quality[0][:4] == ["kth-horse2zebra", "horse → zebra", "not run", "not run"]
    assert {claim.id: claim.verdict for claim in part.claims} == {
        **{"kth-claim-a": "holds", "kth-claim-b": "not run", "kth-claim-c": "not run", "kth-claim-resize": "not run"},
    }


def test_equal_runs_under_different_names_are_said_to_share_a_line(tmp_path):
    part = drawn(Results(tmp_path, [PLAIN, "kth-apple2orange"], scale="rehearsal"), tmp_path / "out")
    same = "The runs horse to zebra, apple to orange are equal here"
    assert same in part.figures["kth-checkerboard"].caption


def test_a_selection_of_none_of_its_figures_says_so(tmp_path):
    results = Results(tmp_path, ["kaist-horse2zebra"])
    count_the_images(results)
    (text,) = kth.sections(results.values(), tmp_path / "out")[1].blocks
    assert text.text == "None of the runs that its figures show is part of this selection."


def test_a_collapsed_run_is_told_in_its_captions_and_by_the_epochs_that_it_did_not_reach(tmp_path):
    results = Results(tmp_path, [PLAIN])
    paint(results, results.plan.runs[f"{PLAIN}/0"])
    results.collapse(f"{PLAIN}/0", "d_a", epochs=5)
    part = drawn(results, tmp_path / "out")
    assert [column for _, column in cells(part, "kth-figure-1")[2:]] == [
        [made(3), made(3, "b_to_a")],
        ["collapsed before"] * 2,
        ["collapsed before"] * 2,
    ]
    for figure in part.figures.values():
        assert "kth-horse2zebra/0 collapsed: d_a no longer finite." in figure.caption
