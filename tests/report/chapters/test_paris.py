from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from pixcycle.records.translated import read_png
from pixcycle.report.chapters.paris import sections as paris
from pixcycle.report.content import Figure, Section, Table, Text, blocks_of
from pixcycle.report.draft import Draft
from pixcycle.report.drawing import curves, grids
from pixcycle.report.drawing import style as saving
from pixcycle.report.drawing.interactive import Picture
from tests.support.ranked import ALL, AUTHORS, BATCH_1, BEST, ERRORS, RUNNING, TRAINED, WORST, rank
from tests.support.results import NAMES, ROOT, Results


def captions(sections: list[Section]) -> dict[int, str]:
    """Return the caption of each figure by its number."""
    return {int(figure.id.removeprefix("paris-figure-")): figure.caption for figure in blocks_of(sections, Figure)}


@dataclass
class Chapter:
    """The chapter of all six experiments, with the recorded arguments of each drawing function."""

    results: Results
    sections: list[Section]
    drawn: dict[str, list[tuple]]


@contextmanager
def recorded(quick: bool):
    """Record the arguments of the drawing functions by name; with `quick`, draw and save nothing."""
    calls: dict[str, list[tuple]] = {}

    def keep(patch: pytest.MonkeyPatch, module, name: str):
        original = getattr(module, name)

        def kept(*arguments):
            calls[name].append(arguments)
            return Picture() if quick else original(*arguments)

        calls[name] = []
        patch.setattr(module, name, kept)

    with pytest.MonkeyPatch.context() as patch:
        for module, name in ((grids, "image_grid"), (curves, "loss_curves"), (curves, "compared_curves")):
            keep(patch, module, name)
        if quick:
            patch.setattr(saving, "save", lambda picture, path: None)
        yield calls


def chapter(results: Results, selection="all") -> list[Section]:
    """Build the chapter of a selection without drawing."""
    with recorded(quick=True):
        return paris.sections(results.draft(selection))


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Chapter:
    results = Results(tmp_path_factory.mktemp("paris"), ALL)
    rank(results)
    with recorded(quick=False) as drawn:
        return Chapter(results, paris.sections(results.draft()), drawn)


def test_paris_sections_have_every_figure_that_shows_a_run(whole):
    assert [(section.id, section.title) for section in whole.sections] == [
        ("paris-results", "Results"),
        ("paris-figures", "Figures"),
        ("paris-claims", "Claims"),
    ]
    figures = blocks_of(whole.sections, Figure)
    assert [figure.id for figure in figures] == [f"paris-figure-{number}" for number in range(8, 20)]
    assert all(caption.startswith(f"Figure {number} of") for number, caption in captions(whole.sections).items())
    assert all((whole.results.root / "out" / figure.file).exists() for figure in figures)


def test_paris_quality_has_a_row_per_experiment_with_fid_elsewhere(whole):
    table, _ = blocks_of(whole.sections, Table)
    assert table.id == "paris-quality"
    published = pd.read_csv(ROOT / "reports/published/elsewhere-fid.csv", dtype=str).set_index("experiment")
    rows = {row[0].text.removesuffix(" (random weights)"): [cell.text for cell in row[1:]] for row in table.rows}
    assert list(rows) == ALL
    ours = ["100.00", "0.1000", "0.2000", "15.00", "0.300"]
    assert rows["paris-face2comics"] == ["face → comic", *ours, "–"]
    for experiment in ALL[1:]:
        elsewhere = published.loc[experiment]
        task = {"a_to_b": "aerial → map", "b_to_a": "map → aerial"}[elsewhere.direction]
        assert rows[experiment] == [task, *ours, f"{elsewhere.official}; {elsewhere.reruns}"]


def test_paris_quality_keeps_rows_of_unselected_experiments(whole):
    table, _ = blocks_of(chapter(whole.results, "paris-face2comics"), Table)
    assert {row[0].text: row[2].text for row in table.rows} == {
        experiment: "100.00" if experiment == "paris-face2comics" else "not run" for experiment in ALL
    }


def test_paris_sections_mark_random_weights_everywhere(whole):
    words = "random weights stand in for the authors': this scale's network is too small for them"
    table, _ = blocks_of(whole.sections, Table)
    assert [row[0].text for row in table.rows if "random" in row[0].text] == [f"{e} (random weights)" for e in AUTHORS]
    assert words in table.caption
    assert {f"{experiment}: {words}." for experiment in AUTHORS} <= set(table.notes)
    assert not any("the weights that the authors of pix2pix published" in note for note in table.notes)
    assert [number for number, caption in captions(whole.sections).items() if words in caption] == [12, 15]
    headings = [columns[1][0] for columns, _ in whole.drawn["image_grid"]]
    assert headings == [f"Generated{' by random weights' * (number in (12, 15))}" for number in range(8, 16)]


def test_paris_sections_do_not_mention_random_weights_if_not_used(tmp_path):
    results = Results(tmp_path, AUTHORS, scale="full")
    with recorded(quick=True) as drawn:
        sections = paris.sections(results.draft())
    table, _ = blocks_of(sections, Table)
    assert list(captions(sections)) == [12, 15]
    assert [columns[1][0] for columns, _ in drawn["image_grid"]] == ["Generated by the authors' weights"] * 2
    texts = [table.caption, *table.notes, *(row[0].text for row in table.rows), *captions(sections).values()]
    assert not any("random" in text for text in texts)
    assert any("the weights that the authors of pix2pix published" in note for note in table.notes)


def test_paris_galleries_show_images_ranked_by_l1_with_error_maps(whole):
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


def test_paris_learning_curves_show_four_losses_in_report_order(whole):
    assert [list(terms) for _, terms, *_ in whole.drawn["loss_curves"]] == [["d", "g", "g_reconstruction", "g_gan"]] * 3
    made_from = [figure.made_from for figure in blocks_of(whole.sections, Figure)]
    assert made_from[8:] == [*([f"{e}/0"] for e in reversed(TRAINED)), [f"{e}/0" for e in TRAINED]]
    figure_captions = captions(whole.sections)
    assert "learning curves of the map to view task (map to aerial), on maps." in figure_captions[16]
    assert "learning curves of the aerial view to map task (aerial to map), on maps." in figure_captions[17]
    assert "learning curves of the face to comic task, on face2comics." in figure_captions[18]
    ((histories, terms, _),) = whole.drawn["compared_curves"]
    assert list(histories) == ["face to comic", "aerial to map", "map to aerial"]
    assert list(terms) == ["g_gan"]


def test_paris_figures_follow_the_selection_and_name_missing_tasks(whole):
    assert list(captions(chapter(whole.results, "paris-face2comics"))) == [8, 9, 18, 19]
    caption = captions(chapter(whole.results, "paris-maps"))[19]
    assert "Not run here: face to comic." in caption
    assert "face2comics" not in caption
    assert "Not run here" not in captions(whole.sections)[19]


def test_paris_figures_section_says_if_no_run_is_selected(whole):
    texts = [block.text for block in blocks_of(chapter(whole.results, BATCH_1), Text)]
    assert "None of the runs that its figures show is part of this selection." in texts


def test_paris_captions_mention_smaller_trainings_and_collapses(tmp_path):
    results = Results(tmp_path, TRAINED)
    results.record("paris-face2comics/0", epochs=12, batch_size=2)
    results.record("paris-maps-map2aerial/0", epochs=100, steps=100, batch_size=20, collapse="g no longer finite")
    figure_captions = captions(chapter(results))
    smaller = "Face to comic was trained for 12 epochs of batch size 2, in the report for 100 of 20."
    assert [number for number, caption in figure_captions.items() if smaller in caption] == [8, 9, 18, 19]
    collapse = "paris-maps-map2aerial/0 collapsed: g no longer finite."
    assert [number for number, caption in figure_captions.items() if collapse in caption] == [13, 14, 16, 19]
    assert not any("Map to aerial was trained" in caption for caption in figure_captions.values())


def test_paris_captions_name_the_stand_in_dataset(tmp_path):
    figure_captions = captions(chapter(Results(tmp_path, scale="rehearsal", experiments=ALL))).values()
    assert sum("face2comics (earth in its place)" in caption for caption in figure_captions) == 4
    assert sum("maps (earth in its place)" in caption for caption in figure_captions) == 9


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
def test_paris_results_begin_with_the_inference_settings(whole, settings, sentence):
    draft = with_settings(whole.results.draft("paris-face2comics"), **settings)
    assert inference(draft).startswith(f"At inference {sentence}")


def test_paris_results_group_experiments_by_inference_settings(whole):
    text = inference(with_settings(whole.results.draft(), inference_dropout=False))
    assert "At inference of paris-face2comics dropout is off" in text
    assert f"At inference of {', '.join(id for id in ALL[1:] if id != RUNNING)} dropout stays on" in text
    assert f"At inference of {RUNNING} dropout stays on, and batch norm uses the statistics of the training." in text


def with_settings(draft: Draft, **settings) -> Draft:
    """Return the draft as if paris-face2comics had been run with other settings."""
    run = draft.one("paris-face2comics")
    draft.runs[run.id] = [run.model_copy(update={"config": run.config.model_copy(update=settings)})]
    return draft


def inference(draft: Draft) -> str:
    with recorded(quick=True):
        first, *_ = paris.sections(draft)
    return first.blocks[0].text
