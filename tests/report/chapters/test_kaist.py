"""Tests of the chapter of report 004: two studies, figures in both directions, one claim."""

import sqlite3
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from pixcycle.paths import TARGET, fakes_folder
from pixcycle.report.chapters.kaist import sections as kaist
from pixcycle.report.chapters.kaist.claims import order_of_shares
from pixcycle.report.content import Figure, Table, Text, blocks_of, claims_of
from pixcycle.report.drawing import architecture as boxes
from pixcycle.report.published import read_published
from pixcycle.report.studies import studies
from pixcycle.study.files import study_file
from pixcycle.study.protocol import DEFAULT, Protocol
from pixcycle.study.result import Share
from pixcycle.study.storage import Study
from tests.support.edited import edited_json
from tests.support.results import NAMES, ROOT, SIDE, Results

ALL = ["kaist-maps", "kaist-horse2zebra", "kaist-summer2winter", "kaist-cityscapes"]
COMPETITORS = ["kaist-maps-cogan", "kaist-maps-bigan", "kaist-maps-simgan", "kaist-maps-feature-loss"]
TABLE_1 = {
    "CoGAN": ("0.6% ± 0.5%", "0.9% ± 0.5%"),
    "BiGAN/ALI": ("2.1% ± 1.0%", "1.9% ± 0.9%"),
    "SimGAN": ("0.7% ± 0.5%", "2.6% ± 1.1%"),
    "Feature loss + GAN": ("1.2% ± 0.6%", "0.3% ± 0.2%"),
    "CycleGAN (ours)": ("26.8% ± 2.8%", "23.2% ± 3.4%"),
}
"""As printed on the slide."""
ELSEWHERE = {"pix2pix (L1 + cGAN)": ("18.9% ± 2.5%", "6.1% ± 1.3%"), "L1 alone": ("0.8% ± 0.3%", "2.8% ± 1.0%")}


def drawn(results: Results, out) -> SimpleNamespace:
    """Build the chapter; also record the arguments of its image grids and architecture drawings."""
    grids, networks = [], []
    grid, architecture = kaist.grids.image_grid, boxes.architecture
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kaist.grids, "image_grid", lambda *a, **k: grids.append((*a, k["groups"])) or grid(*a, **k))
        patch.setattr(boxes, "architecture", lambda *a: networks.append(a) or architecture(*a))
        sections = kaist.sections(results.draft(out=out))
    figures = {block.id: block for block in blocks_of(sections, Figure)}
    tables = {block.id: [[cell.text for cell in row] for row in block.rows] for block in blocks_of(sections, Table)}
    return SimpleNamespace(
        results=results,
        out=out,
        sections=sections,
        figures=figures,
        tables=tables,
        grids=dict(zip((id for id in figures if "architecture" not in id), grids, strict=True)),
        networks=networks,
        texts=[block.text for block in sections[0].blocks if isinstance(block, Text)],
        claims=claims_of(sections),
    )


def colour(id, direction):
    return 20 * [*ALL, *COMPETITORS].index(id) + 10 * (direction == "b_to_a")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """All runs; the outputs of each run and direction have one colour."""
    results = Results(tmp_path_factory.mktemp("whole"), [*ALL, *COMPETITORS])
    for id in [*ALL, *COMPETITORS]:
        for direction in TARGET:
            folder = fakes_folder(results.root / results.values().one(id).translated, direction)
            for name in NAMES:
                image = np.full((SIDE, SIDE, 3), colour(id, direction), np.uint8)
                Image.fromarray(image).save(folder / f"{name}.png")
    return drawn(results, tmp_path_factory.mktemp("out"))


@pytest.fixture(scope="module")
def part(tmp_path_factory):
    """Two of the four runs and one of report 003, on stand-in data."""
    ids = ["kth-cityscapes", "kaist-summer2winter", "kaist-cityscapes"]
    return drawn(Results(tmp_path_factory.mktemp("part"), ids, scale="rehearsal"), tmp_path_factory.mktemp("out"))


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


def answered(results, id, every, participants=4, protocol=DEFAULT):
    """Hold a study of a run's map to photo, in which every `every`-th generated image passes for real; 0: none."""
    file = study_file(results.values().one(id), "b_to_a", results.root)
    study = Study(file, len(NAMES), protocol=protocol)
    for _ in range(participants):
        participant = study.begin()
        while turn := study.turn(participant):
            study.show(participant, turn.token)
            with sqlite3.connect(file) as db:
                db.execute("UPDATE trials SET shown = shown - 1 WHERE token = ?", (turn.token,))
            fooled = turn.trial.kind == "test" and every and turn.number % every == 0
            other = "right" if turn.trial.real == "left" else "left"
            study.answer(participant, turn.token, other if fooled else turn.trial.real, 1000.0)


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


def real(chapter, id, domain):
    return np.load(
        chapter.results.root / "data/prepared" / chapter.results.values().one(id).data / f"test_{domain}.npy"
    )


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


def claim_of(tmp_path, ids, measured, study=lambda results: None):
    """Return the claim; `measured` are the competitors' scores, those of CycleGAN being 100 FID and an L1 of 0.2."""
    results = Results(tmp_path / "root", ids, lambda run: measured if run.id in COMPETITORS else {})
    study(results)
    [claim] = drawn(results, tmp_path / "out").claims
    return claim


def test_kaist_claim_cites_the_smallest_published_ratio(whole):
    (claim,) = whole.claims
    # 26.8 / 2.1 = 12.8 of BiGAN/ALI, 23.2 / 2.6 = 8.9 of SimGAN
    assert "at least 8.9 times as often" in claim.evidence
    taken = "its images were taken for real in"
    assert f"On map → photo {taken} 26.8% ± 2.8% of cases, those of BiGAN/ALI in 2.1% ± 1.0%." in claim.evidence
    assert f"On photo → map {taken} 23.2% ± 3.4% of cases, those of SimGAN in 2.6% ± 1.1%." in claim.evidence


@pytest.mark.parametrize(
    ("fid", "l1", "expected", "words"),
    [
        (200.0, 0.4, "holds", ("has a better FID than", "has a better pixel L1 than")),
        (101.0, 0.4, "not distinguishable", ("cannot be told from", "has a better pixel L1 than")),
        (50.0, 0.4, "does not hold", ("has a worse FID than", "has a better pixel L1 than")),
        (200.0, 0.1, "does not hold", ("has a better FID than", "has a worse pixel L1 than")),
    ],
)
def test_kaist_claim_without_a_study_is_judged_by_fid_and_l1_as_proxy(fid, l1, expected, words, tmp_path):
    claim = claim_of(tmp_path, ["kaist-maps", *COMPETITORS], {"fid": fid, "l1": l1})
    assert claim.verdict == expected
    better, worse = (8 * sum(word in part for part in words) for word in ("better", "worse"))
    assert (
        "No study of ours compares CycleGAN with a competitor. FID and pixel L1 on maps-unpaired stand in for people: "
        f"CycleGAN is better in {better} of 16 comparisons and worse in {worse}."
    ) in claim.evidence
    rivals = "CoGAN, BiGAN/ALI, SimGAN and Feature loss + GAN."
    for task in ("map → photo", "photo → map"):
        assert f"On {task}, CycleGAN (100.00) {words[0]} {rivals} " in claim.evidence
        assert f"On {task}, CycleGAN (0.2000) {words[1]} {rivals} " in claim.evidence
    titles = [f"{score}, {task}" for task in ("map → photo", "photo → map") for score in ("FID ↓", "Pixel L1 ↓")]
    assert [plot.title for plot in claim.plots] == titles
    methods = ["CoGAN", "BiGAN/ALI", "SimGAN", "Feature loss + GAN", "CycleGAN"]
    assert [(dot.label, dot.value) for dot in claim.plots[0].dots] == list(
        zip(methods, [fid] * 4 + [100.0], strict=True)
    )
    assert "a proxy" in claim.rule


def test_kaist_claim_compares_each_direction_by_its_own_scores(tmp_path):
    results = Results(tmp_path / "root", ["kaist-maps", "kaist-maps-simgan"], lambda run: {"l1": 0.2})
    with edited_json(results.root / results.values().one("kaist-maps-simgan").metrics) as measured:
        measured["metrics"]["a_to_b"] |= {"fid": 300.0}
        measured["metrics"]["b_to_a"] |= {"fid": 30.0}
    [claim] = drawn(results, tmp_path / "out").claims
    assert "On map → photo, CycleGAN (100.00) has a worse FID than SimGAN." in claim.evidence
    assert "On photo → map, CycleGAN (100.00) has a better FID than SimGAN." in claim.evidence
    assert [plot.dots[0].value for plot in claim.plots] == [30.0, 0.2, 300.0, 0.2]


def test_kaist_claim_is_not_run_while_a_competitor_is_missing(tmp_path):
    claim = claim_of(tmp_path, ["kaist-maps", *COMPETITORS[:3]], {"fid": 200.0, "l1": 0.4})
    assert claim.verdict == "not run"
    assert "Not run: kaist-maps-feature-loss." in claim.evidence


def test_kaist_claim_with_studies_compares_intervals_and_not_fid(tmp_path):
    def study(results):
        answered(results, "kaist-maps", every=0)
        answered(results, "kaist-maps-simgan", every=1)

    claim = claim_of(tmp_path, ["kaist-maps", "kaist-maps-simgan"], {"fid": 200.0, "l1": 0.4}, study)
    assert claim.verdict == "does not hold"
    words = "fools people less often than"
    sentence = (
        f"Judged by our studies. On map → photo CycleGAN (0.0% [0.0, 0.0]) {words} SimGAN (100.0% [100.0, 100.0]; "
        "4 and 4 participants)."
    )
    assert sentence in claim.evidence
    assert "stand in for people" not in claim.evidence
    assert claim.plots == []


def test_kaist_claim_holds_on_those_asked_and_names_the_others(tmp_path):
    def study(results):
        answered(results, "kaist-maps", every=1)
        answered(results, "kaist-maps-simgan", every=0)

    claim = claim_of(tmp_path, ["kaist-maps", *COMPETITORS], {"fid": 50.0, "l1": 0.4}, study)
    assert claim.verdict == "holds on those run"
    assert "Not judged on map → photo against CoGAN, map → photo against BiGAN/ALI, " in claim.evidence


def test_kaist_claim_does_not_compare_studies_of_different_protocols(tmp_path):
    def study(results):
        answered(results, "kaist-maps", every=1)
        answered(results, "kaist-maps-simgan", every=0, protocol=Protocol("other_input", 0))

    claim = claim_of(tmp_path, ["kaist-maps", *COMPETITORS], {"fid": 50.0, "l1": 0.4}, study)
    assert claim.verdict == "does not hold"
    assert claim.evidence.startswith("No study of ours compares CycleGAN with a competitor.")


@pytest.mark.parametrize(
    ("collapsed", "verdict"), [("kaist-maps-cogan", "holds on those run"), ("kaist-maps", "not run")]
)
def test_kaist_claim_is_not_decided_by_a_collapsed_run(tmp_path, collapsed, verdict):
    def spoil(results):
        results.collapse(f"{collapsed}/0")
        for direction in ("a_to_b", "b_to_a"):
            with edited_json(results.root / results.values().one("kaist-maps-cogan").metrics) as measured:
                measured["metrics"][direction] |= {"fid": 10.0}

    claim = claim_of(tmp_path, ["kaist-maps", *COMPETITORS], {"fid": 200.0, "l1": 0.4}, spoil)
    assert claim.verdict == verdict
    assert ("Not judged on CoGAN, which collapsed." in claim.evidence) == (collapsed == "kaist-maps-cogan")


@pytest.mark.parametrize(
    ("ours", "theirs", "order"),
    [((20, 30), (0, 10), "better"), ((20, 30), (25, 40), "unclear"), ((0, 5), (6, 9), "worse")],
)
def test_order_of_shares_compares_intervals(ours, theirs, order):
    shares = (Share(sum(ends) / 2, *ends, participants=25, answers=1000) for ends in (ours, theirs))
    assert order_of_shares(*shares) == order


def test_order_of_shares_is_unclear_for_a_single_participant():
    assert order_of_shares(Share(90, 80, 99, 1, 40), Share(0, 0, 0, 25, 1000)) == "unclear"
