"""Two runs side by side, from made-up records whose right cells are known."""

import io
import re
import shutil

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from pixcycle import cli
from pixcycle.engine.sides import two_sides
from pixcycle.errors import UserError
from pixcycle.report import compare, compare_page, grids
from pixcycle.report.content import Cell, Column, Table, Text
from pixcycle.report.terminal import drawn
from pixcycle.runs import RECIPE, plan
from pixcycle.training.translated import read_png, sample_indices
from pixcycle.translations import fakes_folder
from tests.edited import edited_json
from tests.engine.ledger import Ledger
from tests.report.results import NAMES

L1, CYCLE = "ucsd-facades-l1", "ucsd-facades-cyc-l1"


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path)


def change(path, **content):
    with edited_json(path) as made:
        made |= content


def compared(ledger, id=L1, **settings):
    """A run with other settings, as A, beside the current one, as B: both runs, both sides and the plan."""
    now = plan(ledger.params, ledger.root)
    ledger.finish(ledger.edited(id, **(settings or {"lr": 0.001})))
    old = ledger.run(f"{id}/0")
    return old, now.runs[f"{id}/0"], lambda: two_sides(now, id, None, None, None, ledger.root), now


def set_metrics(ledger, run, direction="b_to_a", **numbers):
    with edited_json(ledger.root / run.metrics) as measured:
        measured["metrics"][direction] |= numbers


def cells(table):
    return {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def test_the_configuration_says_what_differs_and_nothing_else(ledger):
    old, now, sides, _ = compared(ledger, lr=0.001, skips=False, label="words")
    table = compare.configuration(*sides())
    assert [column.title for column in table.columns][1:] == [
        f"A: {old.fingerprint}",
        f"B: {now.fingerprint} (current)",
    ]
    assert cells(table) == {"lr": ["0.001", "0.0002"], "skips": ["false", "true"]}


def test_another_recipe_other_data_and_another_seed_are_differences_too(ledger):
    old, now, sides, _ = compared(ledger, resize="bilinear")
    change(ledger.root / old.folder / "run.json", recipe=0)
    assert cells(compare.configuration(*sides())) == {
        "resize": ["bilinear", "nearest"],
        "data": [old.data, now.data],
        "recipe of the code": ["0", str(RECIPE["train"])],
    }


def test_runs_that_differ_in_their_seed_alone_say_so(ledger):
    ledger.finish(ledger.params.model_copy(update={"seeds": [0, 4]}))
    sides = two_sides(ledger.results.plan, L1, ledger.run(f"{L1}/4").folder, ledger.run().folder, None, ledger.root)
    table = compare.configuration(*sides)
    assert cells(table) == {"seed": ["4", "0"]}
    assert table.columns[1].title == f"A: {ledger.run().fingerprint} seed 4 (current)"
    assert isinstance(compare.configuration(sides[0], sides[0]), Text)


def test_metrics_stand_side_by_side_with_their_difference(ledger):
    old, now, sides, made_now = compared(ledger)
    set_metrics(ledger, old, fid=100.0, ssim=0.25, psnr=None)
    set_metrics(ledger, now, fid=87.5, ssim=0.5)
    table = compare.metrics(*sides(), made_now)
    found = cells(table)
    assert found["FID ↓"] == ["100.00", "87.50", "-12.50"]
    assert found["SSIM ↑"] == ["0.250", "0.500", "+0.250"]
    assert found["PSNR (dB) ↑"] == ["∞", "15.00", "–"]
    assert "Per-pixel accuracy ↑" not in found
    assert table.notes[0].startswith(
        "9 generated against 9 real test images, PNG (the real ones were distributed as JPEG), k = 3; features: Effi"
    )
    assert table.notes[1:] == [compare.CHANCE]


def test_both_directions_of_cyclegan_are_told_by_their_domains(ledger):
    old, now, sides, made_now = compared(ledger, CYCLE)
    set_metrics(ledger, old, "a_to_b", fid=50.0)
    set_metrics(ledger, now, "a_to_b", fid=60.0)
    table = compare.metrics(*sides(), made_now)
    assert [column.group for column in table.columns] == ["", *["photo → label"] * 3, *["label → photo"] * 3]
    assert cells(table)["FID ↓"] == ["50.00", "60.00", "+10.00", "100.00", "100.00", "+0.00"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"extractor": "inception-v3", "resize": "another"}, "features, resizing"),
        ({"neighbours": 5}, "k"),
        ({"file_types": {"generated": ["png"], "A": ["png"]}}, "file types"),
        ({"segmenter": {"real": {"pixel_accuracy": 0.9}}}, "segmenter"),
    ],
)
def test_what_another_ruler_measured_has_no_difference(ledger, said, told):
    old, _, sides, made_now = compared(ledger)
    change(ledger.root / old.metrics, **said)
    table = compare.metrics(*sides(), made_now)
    assert cells(table)["FID ↓"] == ["100.00", "100.00", "–"]
    assert table.notes[-1] == f"No differences are given: the two differ in {told}, too."


def test_other_numbers_of_images_are_another_ruler(ledger):
    old, _, sides, made_now = compared(ledger)
    set_metrics(ledger, old, n_fake=8)
    table = compare.metrics(*sides(), made_now)
    assert cells(table)["FID ↓"] == ["100.00", "100.00", "–"]
    assert table.notes[-1] == "No differences are given: the two differ in numbers of images, too."
    assert [note.partition(",")[0] for note in table.notes[:2]] == [
        f"{n} generated against 9 real test images" for n in (8, 9)
    ]


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "null"])
def test_a_metric_that_is_no_number_is_not_compared(ledger, number):
    old, _, sides, _ = compared(ledger)
    file = ledger.root / old.metrics
    file.write_text(file.read_text().replace('"fid": 100.0', f'"fid": {number}'))
    with pytest.raises(UserError) as refusal:
        sides()
    assert str(refusal.value).startswith(f"{file}: metrics.b_to_a.fid ")


def test_other_test_images_are_another_ruler(ledger):
    _, _, sides, made_now = compared(ledger, resize="bilinear")
    table = compare.metrics(*sides(), made_now)
    assert cells(table)["FID ↓"][2] == "–"
    assert "test images" in table.notes[-1]


@pytest.mark.parametrize(("accuracy", "shown"), [(0.39, False), (0.41, True)])
def test_scores_of_photos_by_a_segmenter_that_is_not_good_enough_are_withheld(ledger, accuracy, shown):
    old, now, sides, made_now = compared(ledger)
    for run in (old, now):
        change(ledger.root / run.metrics, segmenter={"real": {"pixel_accuracy": accuracy}})
        set_metrics(ledger, run, pixel_accuracy=0.6)
    assert made_now.segmenter.min_accuracy == 0.4
    assert ("Per-pixel accuracy ↑" in cells(compare.metrics(*sides(), made_now))) == shown


def test_a_collapse_stands_below_the_metrics(ledger):
    old, _, sides, made_now = compared(ledger)
    change(ledger.root / old.folder / "run.json", collapse="d is at zero")
    assert f"A: {old.fingerprint} collapsed: d is at zero." in compare.metrics(*sides(), made_now).notes


def test_runs_without_metrics_have_none(ledger):
    old, now, sides, made_now = compared(ledger)
    (ledger.root / old.metrics).unlink()
    assert cells(compare.metrics(*sides(), made_now))["FID ↓"] == ["–", "100.00", "–"]
    (ledger.root / now.metrics).unlink()
    assert isinstance(compare.metrics(*sides(), made_now), Text)


def test_the_cost_is_told_with_its_ratio(ledger):
    old, _, sides, _ = compared(ledger)
    change(ledger.root / old.folder / "run.json", seconds=240, images_per_second=None)
    found = cells(compare.cost(*sides()))
    assert found["Wall time"] == ["4 min", "60 s", "0.25"]
    assert found["Images/s"] == ["–", "20.0", "–"]
    assert found["Peak memory (MB)"] == ["512", "512", "1.00"]


def test_the_provenance_says_when_where_and_from_which_commit(ledger):
    old, now, sides, _ = compared(ledger)
    change(ledger.root / old.folder / "run.json", commit=f"{'a' * 40}, with uncommitted changes", attempts=[])
    change(ledger.root / now.folder / "run.json", processes=2)
    found = cells(compare.provenance(*sides()))
    assert found["Begun"] == ["not recorded", "2026-03-01 22:15 UTC"]
    assert found["Attempts"] == ["not recorded", "2"]
    assert found["On"] == ["CPU", "laptop, CPU × 2"]
    assert found["SLURM jobs"] == ["–", "41"]
    assert found["Commit"] == ["aaaaaaaaaaaa, changed", "5c4d1b0a9e8f"]
    change(ledger.root / now.folder / "run.json", attempts=[])
    assert "SLURM jobs" not in cells(compare.provenance(*sides()))
    assert found["Translated"] == [old.translated_fingerprint, now.translated_fingerprint]
    assert found["Measured"] == [old.metrics_fingerprint, now.metrics_fingerprint]


@pytest.fixture
def columns(monkeypatch):
    """Headings and cells of the grid that a page shows."""
    shown = []

    def image_grid(columns):
        shown[:] = columns
        return image_grid.drawn(columns)

    image_grid.drawn = grids.image_grid
    monkeypatch.setattr(grids, "image_grid", image_grid)
    return shown


def test_the_page_shows_the_same_test_images_as_input_a_b_and_truth(ledger, columns):
    old, now, sides, made_now = compared(ledger)
    for picture in (ledger.root / old.translated).rglob("*.png"):
        Image.fromarray(255 - read_png(picture)).save(picture)
    compare_page.write_page(*sides(), made_now, ledger.root)
    names = [sorted(NAMES)[i] for i in sample_indices(len(NAMES))]
    places = [NAMES.index(name) for name in names]
    real = {d: np.load(ledger.root / f"data/prepared/{now.data}/test_{d}.npy")[places] for d in "AB"}
    made = [
        [read_png(fakes_folder(ledger.root / run.translated, "b_to_a") / f"{name}.png") for name in names]
        for run in (old, now)
    ]
    assert [heading for heading, _ in columns] == ["Input", *compare.labels(*sides()), "Truth"]
    for (_, found), expected in zip(columns, (real["B"], *made, real["A"]), strict=True):
        assert np.array_equal(found, expected)


def test_unpaired_data_have_no_truth_and_images_that_one_side_lacks_are_left_out(ledger, columns):
    horses = "kaist-horse2zebra"
    old, _, sides, made_now = compared(ledger, horses)
    for name in NAMES[2:]:
        (fakes_folder(ledger.root / old.translated, "a_to_b") / f"{name}.png").unlink()
    compare_page.write_page(*sides(), made_now, ledger.root)
    assert [heading for heading, _ in columns] == ["Input", *compare.labels(*sides())]
    assert {len(found) for _, found in columns} == {2}


def test_without_prepared_data_the_page_shows_what_the_two_made(ledger, columns):
    _, _, sides, made_now = compared(ledger)
    shutil.rmtree(ledger.root / "data/prepared")
    compare_page.write_page(*sides(), made_now, ledger.root)
    assert [heading for heading, _ in columns] == list(compare.labels(*sides()))


def test_the_page_is_whole_and_needs_nothing_beside_it(ledger):
    old, now, sides, made_now = compared(ledger)
    path = compare_page.write_page(*sides(), made_now, ledger.root)
    assert path == ledger.root / f"reports/small/compare/{L1}-{old.fingerprint}-{now.fingerprint}.html"
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    page = path.read_text()
    addresses = re.findall(r'(?:src|href)="([^"]{1,9})', page)
    assert {address[:5] for address in addresses if not address.startswith("#")} == {"data:"}
    assert page.count("<img") == 2
    for told in (old.folder, now.folder, "0.001", "0.0002", "Settings that differ", "Provenance"):
        assert told in page


def test_the_page_says_what_it_cannot_show(ledger):
    old, _, sides, made_now = compared(ledger)
    shutil.rmtree(ledger.root / old.translated)
    (ledger.root / old.folder / "history.csv").unlink()
    (ledger.root / old.folder / "config.json").unlink()
    (ledger.root / old.metrics).unlink()
    page = compare_page.write_page(*sides(), made_now, ledger.root).read_text()
    assert "it has no config.json, so that its settings are not known" in page
    assert "its translations are not on disk" in page
    assert "Images of both would be shown" in page


def test_the_groups_of_a_table_follow_each_other_on_a_terminal():
    columns = [Column("Metric", numeric=False), *(Column(title, group=g) for g in ("x → y", "y → x") for title in "AB")]
    rows = [[Cell(text) for text in ("FID [x]", "1", "2", "3", "4")]]
    console = Console(width=60, file=io.StringIO(), highlight=False, markup=False, emoji=False)
    console.print(drawn(Table("id", "A caption", columns, rows, ["A note."])))
    console.print(drawn(Text("A text.")))
    lines = [line.split() for line in console.file.getvalue().splitlines()]
    first = [["A", "caption:", "x", "→", "y"], ["Metric", "A", "B"], ["FID", "[x]", "1", "2"]]
    second = [["A", "caption:", "y", "→", "x"], ["Metric", "A", "B"], ["FID", "[x]", "3", "4"]]
    assert lines == [*first, [], *second, ["A", "note."], ["A", "text."]]


def test_the_command_prints_the_tables_and_where_the_page_is(ledger, monkeypatch, capsys):
    old, now, _, made_now = compared(ledger)
    (ledger.root / "params.yaml").write_text(made_now.params.model_dump_json())
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
