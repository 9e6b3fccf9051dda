"""docs/gpus.md: what is computed on it, and that it is not stale."""

import re
from pathlib import Path

import pytest

from pixcycle import config
from pixcycle.estimate.page import tables, with_tables

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def params():
    return config.load(ROOT / "params.yaml")


@pytest.fixture(scope="module")
def rows(params):
    """Title of a table -> its first cell -> heading -> cell."""
    found = {}
    for part in tables(params).split("### ")[1:]:
        title, _, table = part.partition("\n\n")
        headings, _, *lines = ([cell.strip() for cell in line.split("|")[1:-1]] for line in table.split("\n") if line)
        found[title] = {cells[0]: dict(zip(headings, cells, strict=True)) for cells in lines}
    return found


def test_the_page_is_what_is_computed_today(params):
    page = (ROOT / "docs/gpus.md").read_text()
    assert with_tables(page, params) == page, "run: python -m pixcycle.estimate.page"


def test_every_experiment_that_trains_stands_beside_one_step_and_in_one_row_of_hours(params, rows):
    def spelled(cells):
        return sorted(id for cell in cells for id in spell(cell))

    ids = [id for id, (c, name) in params.experiment_ids.items() if params.experiments[c][name].n_epochs]
    last = f"all {len(ids)}, one after another"
    assert spelled(row["experiments"] for row in rows["A step"].values()) == sorted(ids)
    assert spelled(cell for cell in rows["Hours of one training, at least"] if cell != last) == sorted(ids)
    assert last in rows["Hours of one training, at least"]


def spell(cell):
    """`a-{b, c}, d-e` -> a-b, a-c, d-e."""
    for chapter, several, one in re.findall(r"(\w+)-(?:{(.*?)}|([^,]+))", cell):
        yield from (f"{chapter}-{name}" for name in (several or one).split(", "))


def test_a_cyclegan_as_published_takes_what_its_flops_take_on_a_card_without_tensor_cores(rows):
    step = "cyclegan resnet9 256, batch 1"
    assert rows["A step"][step]["GFLOP an image"] == "1,287"
    at_peak = 11.3e12 / 1287e9
    assert 0.98 * at_peak < float(rows["Images/s, at most"][step]["GTX 1080 Ti fp32"]) < at_peak
    hours = 200 * 1334 * 1287e9 / 11.3e12 / 3600  # kaist-horse2zebra: 200 epochs of the larger domain
    found = float(rows["Hours of one training, at least"]["kaist-horse2zebra"]["GTX 1080 Ti fp32"])
    assert hours < found < 1.03 * hours


def test_what_report_001_says_is_set_beside_the_bound_of_its_card(rows):
    bound = float(rows["Images/s, at most"]["cyclegan resnet6 128, one discriminator, batch 4"]["GTX 1080 Ti fp32"])
    slow, fast = rows["What report 001 says beside it"].values()
    assert (slow["images/s"], fast["images/s"]) == ("1.6", "8.9")
    assert slow["of the bound"] == f"{1.6 / bound:.0%}" and fast["of the bound"] == f"{480 / 54 / bound:.0%}"
