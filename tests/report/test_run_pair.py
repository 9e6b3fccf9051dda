"""Comparisons of two runs, from made-up records whose right cells are known."""

import io
import re
import shutil

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from pixcycle.base.errors import UserError
from pixcycle.cli import app as cli
from pixcycle.ledger.run_pair import two_sides
from pixcycle.paths import fakes_folder
from pixcycle.plan.make import make_plan
from pixcycle.plan.names import RECIPE
from pixcycle.records.translated import read_png, sample_indices
from pixcycle.report import run_pair
from pixcycle.report.content import Cell, Column, Table, Text
from pixcycle.report.drawing import grids
from pixcycle.report.rendering import run_pair_page
from pixcycle.report.rendering.terminal import drawn
from tests.support.edited import edited_json
from tests.support.ledger import Ledger
from tests.support.results import NAMES, SEGMENTER

L1, CYCLE = "ucsd-facades-l1", "ucsd-facades-cyc-l1"


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path)


def change(path, **content):
    with edited_json(path) as record:
        record |= content


def compared(ledger, id=L1, **settings):
    """Return a run with other settings (A), the current run (B), a function that returns both sides, and the plan."""
    now = make_plan(ledger.params, ledger.root)
    ledger.finish(ledger.edited(id, **(settings or {"lr": 0.001})))
    old = ledger.run(f"{id}/0")
    return old, now.runs[f"{id}/0"], lambda: two_sides(now, id, None, None, None, ledger.root), now


def set_metrics(ledger, run, direction="b_to_a", **numbers):
    with edited_json(ledger.root / run.metrics) as measured:
        measured["metrics"][direction] |= numbers


def cells(table):
    return {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def test_configuration_lists_only_what_differs(ledger):
    old, now, sides, _ = compared(ledger, lr=0.001, skips=False, label="words")
    table = run_pair.configuration(*sides())
    assert [column.title for column in table.columns][1:] == [
        f"A: {old.fingerprint}",
        f"B: {now.fingerprint} (current)",
    ]
    assert cells(table) == {"lr": ["0.001", "0.0002"], "skips": ["false", "true"]}


def test_configuration_lists_other_recipe_and_data(ledger):
    old, now, sides, _ = compared(ledger, resize="bilinear")
    change(ledger.root / old.folder / "run.json", recipe=0)
    assert cells(run_pair.configuration(*sides())) == {
        "resize": ["bilinear", "nearest"],
        "data": [old.data, now.data],
        "recipe of the code": ["0", str(RECIPE["train"])],
    }


def test_configuration_lists_other_seed_alone(ledger):
    ledger.finish(ledger.params.model_copy(update={"seeds": [0, 4]}))
    sides = two_sides(ledger.results.plan, L1, ledger.run(f"{L1}/4").folder, ledger.run().folder, None, ledger.root)
    table = run_pair.configuration(*sides)
    assert cells(table) == {"seed": ["4", "0"]}
    assert table.columns[1].title == f"A: {ledger.run().fingerprint} seed 4 (current)"
    assert isinstance(run_pair.configuration(sides[0], sides[0]), Text)


def test_metrics_show_both_runs_and_their_difference(ledger):
    old, now, sides, plan = compared(ledger)
    set_metrics(ledger, old, fid=100.0, ssim=0.25, psnr=None)
    set_metrics(ledger, now, fid=87.5, ssim=0.5)
    table = run_pair.metrics(*sides(), plan)
    rows = cells(table)
    assert rows["FID ↓"] == ["100.00", "87.50", "-12.50"]
    assert rows["SSIM ↑"] == ["0.250", "0.500", "+0.250"]
    assert rows["PSNR (dB) ↑"] == ["∞", "15.00", "–"]
    assert "Per-pixel accuracy ↑" not in rows
    assert table.notes[0].startswith(
        "9 generated against 9 real test images, PNG (the real ones were distributed as JPEG), k = 3; features: Effi"
    )
    assert table.notes[1:] == [run_pair.CHANCE]


def test_metrics_group_cyclegan_directions_by_domains(ledger):
    old, now, sides, plan = compared(ledger, CYCLE)
    set_metrics(ledger, old, "a_to_b", fid=50.0)
    set_metrics(ledger, now, "a_to_b", fid=60.0)
    table = run_pair.metrics(*sides(), plan)
    assert [column.group for column in table.columns] == ["", *["photo → label"] * 3, *["label → photo"] * 3]
    assert cells(table)["FID ↓"] == ["50.00", "60.00", "+10.00", "100.00", "100.00", "+0.00"]


@pytest.mark.parametrize(
    ("measured", "difference"),
    [
        ({"extractor": "inception-v3", "resize": "another"}, "features, resizing"),
        ({"neighbours": 5}, "k"),
        ({"file_types": {"generated": ["png"], "A": ["png"]}}, "file types"),
        ({"segmenter": SEGMENTER | {"real": {"pixel_accuracy": 0.9}}}, "segmenter"),
    ],
)
def test_metrics_give_no_difference_if_measured_differently(ledger, measured, difference):
    old, _, sides, plan = compared(ledger)
    change(ledger.root / old.metrics, **measured)
    table = run_pair.metrics(*sides(), plan)
    assert cells(table)["FID ↓"] == ["100.00", "100.00", "–"]
    assert table.notes[-1] == f"No differences are given: the two differ in {difference}, too."


def test_metrics_give_no_difference_for_other_image_counts(ledger):
    old, _, sides, plan = compared(ledger)
    set_metrics(ledger, old, n_fake=8)
    table = run_pair.metrics(*sides(), plan)
    assert cells(table)["FID ↓"] == ["100.00", "100.00", "–"]
    assert table.notes[-1] == "No differences are given: the two differ in numbers of images, too."
    assert [note.partition(",")[0] for note in table.notes[:2]] == [
        f"{n} generated against 9 real test images" for n in (8, 9)
    ]


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "null"])
def test_two_sides_refuse_metric_that_is_not_a_number(ledger, number):
    old, _, sides, _ = compared(ledger)
    file = ledger.root / old.metrics
    file.write_text(file.read_text().replace('"fid": 100.0', f'"fid": {number}'))
    with pytest.raises(UserError) as refusal:
        sides()
    assert str(refusal.value).startswith(f"{file}: ") and "metrics.b_to_a.fid " in str(refusal.value)


def test_metrics_give_no_difference_for_other_test_images(ledger):
    _, _, sides, plan = compared(ledger, resize="bilinear")
    table = run_pair.metrics(*sides(), plan)
    assert cells(table)["FID ↓"][2] == "–"
    assert "test images" in table.notes[-1]


@pytest.mark.parametrize(("accuracy", "shown"), [(0.39, False), (0.41, True)])
def test_metrics_withhold_photo_scores_of_inaccurate_segmenter(ledger, accuracy, shown):
    old, now, sides, plan = compared(ledger)
    for run in (old, now):
        change(ledger.root / run.metrics, segmenter=SEGMENTER | {"real": {"pixel_accuracy": accuracy}})
        set_metrics(ledger, run, pixel_accuracy=0.6)
    assert plan.segmenter.min_accuracy == 0.4
    assert ("Per-pixel accuracy ↑" in cells(run_pair.metrics(*sides(), plan))) == shown


def test_metrics_note_a_collapse(ledger):
    old, _, sides, plan = compared(ledger)
    change(ledger.root / old.folder / "run.json", collapse="d is at zero")
    assert f"A: {old.fingerprint} collapsed: d is at zero." in run_pair.metrics(*sides(), plan).notes


def test_metrics_of_unmeasured_runs_are_empty(ledger):
    old, now, sides, plan = compared(ledger)
    (ledger.root / old.metrics).unlink()
    assert cells(run_pair.metrics(*sides(), plan))["FID ↓"] == ["–", "100.00", "–"]
    (ledger.root / now.metrics).unlink()
    assert isinstance(run_pair.metrics(*sides(), plan), Text)


def test_cost_is_given_with_its_ratio(ledger):
    old, _, sides, _ = compared(ledger)
    change(ledger.root / old.folder / "run.json", seconds=240, images_per_second=None)
    rows = cells(run_pair.cost(*sides()))
    assert rows["Wall time"] == ["4 min", "60 s", "0.25"]
    assert rows["Images/s"] == ["–", "20.0", "–"]
    assert rows["Peak memory (MB)"] == ["512", "512", "1.00"]


def test_provenance_says_when_where_and_from_which_commit(ledger):
    old, now, sides, _ = compared(ledger)
    change(ledger.root / old.folder / "run.json", commit=f"{'a' * 40}, with uncommitted changes", attempts=[])
    change(ledger.root / now.folder / "run.json", processes=2)
    rows = cells(run_pair.provenance(*sides()))
    assert rows["Begun"] == ["not recorded", "2026-03-01 22:15 UTC"]
    assert rows["Attempts"] == ["not recorded", "2"]
    assert rows["On"] == ["CPU", "laptop, CPU × 2"]
    assert rows["Jobs"] == ["–", "41"]
    assert rows["Commit"] == ["aaaaaaaaaaaa, changed", "5c4d1b0a9e8f"]
    change(ledger.root / now.folder / "run.json", attempts=[])
    assert "Jobs" not in cells(run_pair.provenance(*sides()))
    assert rows["Translated"] == [old.translated_fingerprint, now.translated_fingerprint]
    assert rows["Measured"] == [old.metrics_fingerprint, now.metrics_fingerprint]


@pytest.fixture
def columns(monkeypatch):
    """The headings and cells of the grid that a page shows."""
    shown = []

    def image_grid(columns):
        shown[:] = columns
        return image_grid.drawn(columns)

    image_grid.drawn = grids.image_grid
    monkeypatch.setattr(grids, "image_grid", image_grid)
    return shown


def test_run_pair_page_shows_input_both_runs_and_truth(ledger, columns):
    old, now, sides, plan = compared(ledger)
    for picture in (ledger.root / old.translated).rglob("*.png"):
        Image.fromarray(255 - read_png(picture)).save(picture)
    run_pair_page.write_page(*sides(), plan, ledger.root)
    names = [sorted(NAMES)[i] for i in sample_indices(len(NAMES))]
    places = [NAMES.index(name) for name in names]
    real = {d: np.load(ledger.root / f"data/prepared/{now.data}/test_{d}.npy")[places] for d in "AB"}
    fakes = [
        [read_png(fakes_folder(ledger.root / run.translated, "b_to_a") / f"{name}.png") for name in names]
        for run in (old, now)
    ]
    assert [heading for heading, _ in columns] == ["Input", *run_pair.labels(*sides()), "Truth"]
    for (_, images), expected in zip(columns, (real["B"], *fakes, real["A"]), strict=True):
        assert np.array_equal(images, expected)


def test_run_pair_page_of_unpaired_data_shows_common_images(ledger, columns):
    horses = "kaist-horse2zebra"
    old, _, sides, plan = compared(ledger, horses)
    for name in NAMES[2:]:
        (fakes_folder(ledger.root / old.translated, "a_to_b") / f"{name}.png").unlink()
    run_pair_page.write_page(*sides(), plan, ledger.root)
    assert [heading for heading, _ in columns] == ["Input", *run_pair.labels(*sides())]
    assert {len(images) for _, images in columns} == {2}


def test_run_pair_page_without_prepared_data_shows_both_runs(ledger, columns):
    _, _, sides, plan = compared(ledger)
    shutil.rmtree(ledger.root / "data/prepared")
    run_pair_page.write_page(*sides(), plan, ledger.root)
    assert [heading for heading, _ in columns] == list(run_pair.labels(*sides()))


def test_run_pair_page_is_self_contained(ledger):
    old, now, sides, plan = compared(ledger)
    path = run_pair_page.write_page(*sides(), plan, ledger.root)
    assert path == ledger.root / f"reports/small/compare/{L1}-{old.fingerprint}-{now.fingerprint}.html"
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    page = path.read_text()
    addresses = re.findall(r'(?:src|href)="([^"]{1,9})', page)
    assert {address[:5] for address in addresses if not address.startswith("#")} == {"data:"}
    assert page.count("<img") == 2
    for text in (old.folder, now.folder, "0.001", "0.0002", "Settings that differ", "Provenance"):
        assert text in page


def test_run_pair_page_says_what_it_cannot_show(ledger):
    old, _, sides, plan = compared(ledger)
    shutil.rmtree(ledger.root / old.translated)
    (ledger.root / old.folder / "history.csv").unlink()
    (ledger.root / old.folder / "config.json").unlink()
    (ledger.root / old.metrics).unlink()
    page = run_pair_page.write_page(*sides(), plan, ledger.root).read_text()
    assert "it has no config.json, so its settings are unknown" in page
    assert "its translations are not on disk" in page
    assert "Images of both would be shown" in page


def test_drawn_puts_column_groups_below_each_other_on_terminal():
    columns = [Column("Metric", numeric=False), *(Column(title, group=g) for g in ("x → y", "y → x") for title in "AB")]
    rows = [[Cell(text) for text in ("FID [x]", "1", "2", "3", "4")]]
    console = Console(width=60, file=io.StringIO(), highlight=False, markup=False, emoji=False)
    console.print(drawn(Table("id", "A caption", columns, rows, ["A note."])))
    console.print(drawn(Text("A text.")))
    lines = [line.split() for line in console.file.getvalue().splitlines()]
    first = [["A", "caption:", "x", "→", "y"], ["Metric", "A", "B"], ["FID", "[x]", "1", "2"]]
    second = [["A", "caption:", "y", "→", "x"], ["Metric", "A", "B"], ["FID", "[x]", "3", "4"]]
    assert lines == [*first, [], *second, ["A", "note."], ["A", "text."]]


def test_compare_command_prints_tables_and_path_of_page(ledger, monkeypatch, capsys):
    old, now, _, plan = compared(ledger)
    (ledger.root / "params.yaml").write_text(plan.params.model_dump_json())
    monkeypatch.chdir(ledger.root)
    monkeypatch.setattr("sys.argv", ["pixcycle", "compare", L1])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    printed = capsys.readouterr().out.splitlines()
    assert not stop.value.code
    assert ["lr", "0.001", "0.0002"] in [line.split() for line in printed]
    assert printed[-1] == f"reports/small/compare/{L1}-{old.fingerprint}-{now.fingerprint}.html"
    assert (ledger.root / printed[-1]).exists()
    assert max(map(len, printed)) <= 100
