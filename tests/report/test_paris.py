from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from pixcycle.report import curves, grids
from pixcycle.report import figures as saving
from pixcycle.report.chapters import paris, paris_claims
from pixcycle.report.content import Figure, Section, Table, Text, blocks_of
from pixcycle.report.values import Values
from pixcycle.training.translate import read_png
from tests.edited import edited_json
from tests.report.results import NAMES, ROOT, Results

TRAINED = ["paris-face2comics", "paris-maps-aerial2map", "paris-maps-map2aerial"]
AUTHORS = ["paris-maps-aerial2map-authors", "paris-maps-map2aerial-authors"]
BATCH_1 = "paris-maps-map2aerial-batch1"
ALL = [*TRAINED, BATCH_1, *AUTHORS]

ERRORS = [0.5, 0.1, 0.9, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6]
BEST, WORST = [1, 5, 3, 7], [2, 6, 4, 8]  # places in ERRORS, the most extreme first
UPSIDE_DOWN = [1 - error for error in ERRORS]


def rank(results: Results, l1=ERRORS, l1_mirrored=ERRORS, only=lambda run: True):
    for run in filter(only, results.plan.runs.values()):
        with edited_json(results.root / run.metrics) as measured:
            measured["images"] = {run.config.direction: {"l1": l1, "l1_mirrored": l1_mirrored}}
        results.count_images(run, len(l1), len(l1))


def captions(sections: list[Section]) -> dict[int, str]:
    """Caption of each figure by its number."""
    return {int(figure.id.removeprefix("paris-figure-")): figure.caption for figure in blocks_of(sections, Figure)}


def claim(results: Results, letter: str):
    return next(made for made in paris_claims.claims(results.values()) if made.id == f"paris-claim-{letter}")


@dataclass
class Chapter:
    """The chapter of all six experiments: what it says, and the arguments of every picture by its function."""

    results: Results
    sections: list[Section]
    drawn: dict[str, list[tuple]]


@contextmanager
def recorded(quick: bool):
    """The arguments of every picture by its function; quick: without drawing."""
    calls: dict[str, list[tuple]] = {}

    def keep(patch: pytest.MonkeyPatch, module, name: str):
        original = getattr(module, name)

        def kept(*arguments):
            calls[name].append(arguments)
            return None if quick else original(*arguments)

        calls[name] = []
        patch.setattr(module, name, kept)

    with pytest.MonkeyPatch.context() as patch:
        for module, name in ((grids, "image_grid"), (curves, "loss_curves"), (curves, "compared_curves")):
            keep(patch, module, name)
        if quick:
            patch.setattr(saving, "save", lambda picture, path: None)
        yield calls


def chapter(results: Results, selection="all") -> list[Section]:
    """What it says of a selection, without drawing."""
    with recorded(quick=True):
        return paris.sections(results.values(selection), results.root / "out")


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Chapter:
    results = Results(tmp_path_factory.mktemp("paris"), ALL)
    rank(results)
    with recorded(quick=False) as drawn:
        return Chapter(results, paris.sections(results.values(), results.root / "out"), drawn)


def test_the_chapter_has_three_sections_and_every_figure_of_the_report_that_shows_a_run(whole):
    assert [(section.id, section.title) for section in whole.sections] == [
        ("paris-results", "Results"),
        ("paris-figures", "Figures"),
        ("paris-claims", "Claims"),
    ]
    figures = blocks_of(whole.sections, Figure)
    assert [figure.id for figure in figures] == [f"paris-figure-{number}" for number in range(8, 20)]
    assert all(caption.startswith(f"Figure {number} of") for number, caption in captions(whole.sections).items())
    assert all((whole.results.root / "out" / figure.file).exists() for figure in figures)


def test_the_quality_table_has_a_row_for_each_experiment_with_what_others_measured(whole):
    (table,) = blocks_of(whole.sections, Table)
    assert table.id == "paris-quality"
    published = pd.read_csv(ROOT / "reports/published/elsewhere-fid.csv", dtype=str).set_index("experiment")
    rows = {row[0].text.removesuffix(" (random weights)"): [cell.text for cell in row[1:]] for row in table.rows}
    assert list(rows) == [*TRAINED, BATCH_1, *AUTHORS]
    ours = ["100.00", "0.1000", "0.2000", "15.00", "0.300"]
    assert rows["paris-face2comics"] == ["face → comic", *ours, "–"]
    for experiment in ALL[1:]:
        elsewhere = published.loc[experiment]
        task = {"a_to_b": "aerial → map", "b_to_a": "map → aerial"}[elsewhere.direction]
        assert rows[experiment] == [task, *ours, f"{elsewhere.official}; {elsewhere.reruns}"]


def test_experiments_outside_of_the_selection_keep_their_rows(whole):
    (table,) = blocks_of(chapter(whole.results, "paris-face2comics"), Table)
    assert {row[0].text: row[2].text for row in table.rows} == {
        experiment: "100.00" if experiment == "paris-face2comics" else "not run" for experiment in ALL
    }


def test_random_weights_in_place_of_the_authors_are_said_in_rows_captions_notes_and_headings(whole):
    words = "random weights stand in for the authors': this scale's network is too small for them"
    (table,) = blocks_of(whole.sections, Table)
    assert [row[0].text for row in table.rows if "random" in row[0].text] == [f"{e} (random weights)" for e in AUTHORS]
    assert words in table.caption
    assert {f"{experiment}: {words}." for experiment in AUTHORS} <= set(table.notes)
    assert not any("the weights that the authors of pix2pix published" in note for note in table.notes)
    assert [number for number, caption in captions(whole.sections).items() if words in caption] == [12, 15]
    headings = [columns[1][0] for columns, _ in whole.drawn["image_grid"]]
    assert headings == [f"Generated{' by random weights' * (number in (12, 15))}" for number in range(8, 16)]


def test_nothing_is_said_of_random_weights_where_the_authors_own_were_used(tmp_path):
    results = Results(tmp_path, AUTHORS, scale="full")
    with recorded(quick=True) as drawn:
        made = paris.sections(results.values(), tmp_path / "out")
    (table,) = blocks_of(made, Table)
    assert list(captions(made)) == [12, 15]
    assert [columns[1][0] for columns, _ in drawn["image_grid"]] == ["Generated by the authors' weights"] * 2
    said = [table.caption, *table.notes, *(row[0].text for row in table.rows), *captions(made).values()]
    assert not any("random" in text for text in said)
    assert any("the weights that the authors of pix2pix published" in note for note in table.notes)


def test_a_gallery_shows_four_images_with_their_truths_and_error_maps_in_the_order_of_their_l1(whole):
    experiments = [TRAINED[0]] * 2 + [TRAINED[1]] * 2 + AUTHORS[:1] + [TRAINED[2]] * 2 + AUTHORS[1:]
    root, values = whole.results.root, whole.results.values()
    for number, experiment, (columns, labels) in zip(range(8, 16), experiments, whole.drawn["image_grid"], strict=True):
        places, which = (BEST, "best") if number in (8, 10, 13) else (WORST, "worst")
        run = values.one(experiment)
        source, target = ("A", "B") if run.config.direction == "a_to_b" else ("B", "A")
        inputs, truths = (np.load(root / "data/prepared" / run.data / f"test_{d}.npy")[places] for d in source + target)
        fakes = [read_png(root / run.translated / f"fake_{target}" / f"{NAMES[place]}.png") for place in places]
        errors = [grids.error_map(*pair) for pair in zip(fakes, truths, strict=True)]
        headings, cells = zip(*columns, strict=True)
        assert [headings[0], *headings[2:]] == ["Input", "Ground truth", grids.ERROR_HEADING]
        np.testing.assert_array_equal(cells, [inputs, fakes, truths, errors])
        assert labels == [f"L1 {ERRORS[place]:.4f}" for place in places]
        caption = captions(whole.sections)[number]
        assert f"{which} 4 generations by L1 of 9 test images" in caption
        assert f"From the {which} on: {', '.join(NAMES[place] for place in places)}, each" in caption


def test_learning_curves_show_the_four_losses_in_the_order_of_the_report(whole):
    assert [list(terms) for _, terms, *_ in whole.drawn["loss_curves"]] == [["d", "g", "g_reconstruction", "g_gan"]] * 3
    made_from = [figure.made_from for figure in blocks_of(whole.sections, Figure)]
    assert made_from[8:] == [*([f"{e}/0"] for e in reversed(TRAINED)), [f"{e}/0" for e in TRAINED]]
    said = captions(whole.sections)
    assert "learning curves of the map to view task (map to aerial), on maps." in said[16]
    assert "learning curves of the aerial view to map task (aerial to map), on maps." in said[17]
    assert "learning curves of the face to comic task, on face2comics." in said[18]
    ((histories, terms, _),) = whole.drawn["compared_curves"]
    assert list(histories) == ["face to comic", "aerial to map", "map to aerial"]
    assert list(terms) == ["g_gan"]


def test_a_selection_shows_the_figures_of_its_runs_and_names_the_tasks_that_are_missing(whole):
    assert list(captions(chapter(whole.results, "paris-face2comics"))) == [8, 9, 18, 19]
    caption = captions(chapter(whole.results, "paris-maps"))[19]
    assert "Not run here: face to comic." in caption
    assert "face2comics" not in caption
    assert "Not run here" not in captions(whole.sections)[19]


def test_a_selection_without_any_shown_run_says_so(whole):
    texts = [block.text for block in blocks_of(chapter(whole.results, BATCH_1), Text)]
    assert "None of the runs that its figures show is part of this selection." in texts


def test_captions_say_how_a_training_was_smaller_than_the_reports_and_that_it_collapsed(tmp_path):
    results = Results(tmp_path, TRAINED)
    results.record("paris-face2comics/0", epochs=12, batch_size=2)
    results.record("paris-maps-map2aerial/0", epochs=100, steps=100, batch_size=20, collapse="g no longer finite")
    said = captions(chapter(results))
    smaller = "Face to comic was trained for 12 epochs of batch size 2, in the report for 100 of 20."
    assert [number for number, caption in said.items() if smaller in caption] == [8, 9, 18, 19]
    collapse = "paris-maps-map2aerial/0 collapsed: g no longer finite."
    assert [number for number, caption in said.items() if collapse in caption] == [13, 14, 16, 19]
    assert not any("Map to aerial was trained" in caption for caption in said.values())


def test_captions_name_the_dataset_that_stands_in(tmp_path):
    said = captions(chapter(Results(tmp_path, scale="rehearsal", experiments=ALL))).values()
    assert sum("face2comics (earth in its place)" in caption for caption in said) == 4
    assert sum("maps (earth in its place)" in caption for caption in said) == 9


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "dropout stays on, and batch norm uses the statistics of the test batch, which is one image."),
        ({"inference_batch": 4}, "dropout stays on, and batch norm uses the statistics of the test batch, which is 4"),
        (
            {"inference_dropout": False, "inference_norm": "running"},
            "dropout is off, and batch norm uses the statistics of the training.",
        ),
    ],
)
def test_the_results_begin_with_what_inference_means(whole, settings, sentence):
    values = with_settings(whole.results.values("paris-face2comics"), **settings)
    assert inference(values, whole).startswith(f"At inference {sentence}")


def test_experiments_with_different_inference_are_told_apart(whole):
    text = inference(with_settings(whole.results.values(), inference_dropout=False), whole)
    assert "At inference of paris-face2comics dropout is off" in text
    assert f"At inference of {', '.join(ALL[1:])} dropout stays on" in text


def with_settings(values: Values, **settings) -> Values:
    """The same results, but paris-face2comics was run with these."""
    run = values.one("paris-face2comics")
    values.runs[run.id] = [run.model_copy(update={"config": run.config.model_copy(update=settings)})]
    return values


def inference(values: Values, whole: Chapter) -> str:
    with recorded(quick=True):
        first, *_ = paris.sections(values, whole.results.root / "out")
    return first.blocks[0].text


def test_flips_leave_what_the_mean_over_all_falls_of_the_coins_says():
    l1, mirrored = np.array(ERRORS), np.array([0.65, 0.35, 0.85, 0.15, 0.95, 0.45, 0.05, 0.75, 0.25])
    found = []
    for coins in product((False, True), repeat=len(l1)):
        drawn = np.where(coins, mirrored, l1)
        order = sorted(range(len(l1)), key=lambda i: drawn[i])
        found.append((len({*order[:4]} & {*BEST}), len({*order[-4:]} & {*WORST}), spearmanr(drawn, l1).statistic))
    assert paris_claims.after_flips(l1, mirrored) == pytest.approx(np.mean(found, axis=0), abs=0.06)


def test_flips_change_nothing_where_every_image_is_as_far_from_its_mirrored_truth():
    errors = np.array(ERRORS)
    assert paris_claims.after_flips(errors, errors) == pytest.approx((4, 4, 1))


def test_where_mirrored_truths_reverse_the_ranking_flips_spoil_it(tmp_path):
    results = Results(tmp_path, TRAINED)
    errors = np.linspace(0.1, 0.9, 100)
    rank(results, errors.tolist(), errors[::-1].tolist())
    made = claim(results, "a")
    assert made.verdict == "holds"
    assert "Face to comic on face2comics: " in made.evidence
    assert "by chance 0.2 of each among 100 images" in made.evidence
    assert "mean L1 0.5000, to mirrored truths 0.5000" in made.evidence


def test_where_images_keep_their_places_flips_do_not_spoil_the_ranking(tmp_path):
    results = Results(tmp_path, TRAINED)
    rank(results, ERRORS, [error + 0.01 for error in ERRORS])
    made = claim(results, "a")
    assert made.verdict == "does not hold"
    assert made.evidence.count("4.0 of the best and 4.0 of the worst stay") == 3
    assert made.evidence.count("rank correlation 1.00; mean L1 0.5000, to mirrored truths 0.5100") == 3


def test_one_task_whose_ranking_stays_refutes_the_claim_on_flips(tmp_path):
    results = Results(tmp_path, TRAINED)
    rank(results, ERRORS, UPSIDE_DOWN)
    rank(results, ERRORS, ERRORS, only=lambda run: run.id == "paris-maps-aerial2map")
    assert claim(results, "a").verdict == "does not hold"


def test_seeds_that_disagree_on_flips_leave_their_claim_undecided(tmp_path):
    results = Results(tmp_path, ["paris-face2comics"], seeds=(0, 1))
    many = np.linspace(0.1, 0.9, 100).tolist()
    rank(results, many, many[::-1])
    rank(results, many, many, only=lambda run: run.seed == 1)
    assert claim(results, "a").verdict == "not distinguishable"


def test_flips_are_judged_on_the_datasets_that_were_run(tmp_path):
    results = Results(tmp_path, TRAINED[1:])
    rank(results, *[np.linspace(0.1, 0.9, 100).tolist()[::step] for step in (1, -1)])
    made = claim(results, "a")
    assert made.verdict == "holds"
    assert made.evidence.endswith("Not judged on face2comics.")


def test_flips_are_not_judged_while_one_of_two_tasks_on_a_dataset_is_missing(tmp_path):
    results = Results(tmp_path, TRAINED[:2])
    many = np.linspace(0.1, 0.9, 100).tolist()
    rank(results, many, many[::-1])
    made = claim(results, "a")
    assert made.verdict == "not run"
    assert made.evidence.endswith("Not run: paris-maps-map2aerial.")


def test_without_the_reports_own_runs_no_claim_is_judged(tmp_path):
    results = Results(tmp_path, [BATCH_1])
    assert (claim(results, "a").verdict, claim(results, "b").verdict) == ("not run", "not run")
    assert "Not run: paris-maps-map2aerial." in claim(results, "b").evidence


@pytest.mark.parametrize(
    ("batch_1", "batch_20", "verdict"),
    [(90.0, 100.0, "holds"), (100.0, 90.0, "does not hold"), (95.0, 95.0, "not distinguishable")],
)
def test_the_better_fid_of_one_task_at_both_settings_decides_on_batch_size(tmp_path, batch_1, batch_20, verdict):
    fid = {BATCH_1: (batch_1, 0.3), "paris-maps-map2aerial": (batch_20, 0.1)}
    results = Results(tmp_path, list(fid), lambda run: dict(zip(("fid", "l1"), fid[run.id], strict=True)))
    results.record(f"{BATCH_1}/0", epochs=200)
    results.record("paris-maps-map2aerial/0", epochs=100, batch_size=20)
    made = claim(results, "b")
    assert made.verdict == verdict
    assert f"On maps: batch 1 for 200 epochs FID {batch_1:.2f}, L1 0.3000; " in made.evidence
    assert f"batch 20 for 100 epochs FID {batch_20:.2f}, L1 0.1000." in made.evidence


def test_a_difference_of_settings_inside_the_spread_over_seeds_is_not_distinguishable(tmp_path):
    fid = {BATCH_1: 90.0, "paris-maps-map2aerial": 100.0}
    results = Results(tmp_path, list(fid), lambda run: {"fid": fid[run.id] + 20 * run.seed}, seeds=(0, 1))
    assert claim(results, "b").verdict == "not distinguishable"


def test_the_claim_on_batch_size_says_that_a_run_collapsed(tmp_path):
    results = Results(tmp_path, [BATCH_1, "paris-maps-map2aerial"])
    results.record(f"{BATCH_1}/0", status="collapsed", collapse="d stayed at zero")
    assert f"{BATCH_1}/0 collapsed: d stayed at zero." in claim(results, "b").evidence
