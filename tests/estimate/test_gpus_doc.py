"""The computed tables of docs/gpus.md, and that the page is up to date."""

import re

import pytest

from pixcycle.estimate.gpus_doc import tables, with_tables
from pixcycle.params.load import load_params
from tests.support import ROOT


@pytest.fixture(scope="module")
def params():
    return load_params(ROOT / "params.yaml")


@pytest.fixture(scope="module")
def rows(params):
    """Cells of the tables: title -> first cell of the row -> heading -> cell."""
    cells_of_tables = {}
    for part in tables(params).split("### ")[1:]:
        title, _, table = part.partition("\n\n")
        headings, _, *lines = ([cell.strip() for cell in line.split("|")[1:-1]] for line in table.split("\n") if line)
        cells_of_tables[title] = {cells[0]: dict(zip(headings, cells, strict=True)) for cells in lines}
    return cells_of_tables


def test_gpus_doc_is_up_to_date(params):
    page = (ROOT / "docs/gpus.md").read_text()
    assert with_tables(page, params) == page, "run: python -m pixcycle.estimate.gpus_doc"


def test_gpus_doc_tables_list_each_trained_experiment_once(params, rows):
    def ids_of(cells):
        return sorted(id for cell in cells for id in expanded(cell))

    ids = [id for id, (c, name) in params.experiment_ids.items() if params.experiments[c][name].n_epochs]
    last = f"all {len(ids)}, one after another"
    assert ids_of(row["experiments"] for row in rows["A step"].values()) == sorted(ids)
    assert ids_of(cell for cell in rows["Hours of one training, at least"] if cell != last) == sorted(ids)
    assert last in rows["Hours of one training, at least"]


def expanded(cell):
    """Yield the ids of a cell: `a-{b, c}, d-e` -> a-b, a-c, d-e."""
    for chapter, several, one in re.findall(r"(\w+)-(?:{(.*?)}|([^,]+))", cell):
        yield from (f"{chapter}-{name}" for name in (several or one).split(", "))


def test_gpus_doc_cyclegan_rate_and_hours_follow_from_flops(rows):
    step = "cyclegan resnet9 256, batch 1"
    assert rows["A step"][step]["GFLOP an image"] == "1,287"
    at_peak = 11.3e12 / 1287e9
    assert 0.98 * at_peak < float(rows["Images/s, at most"][step]["GTX 1080 Ti fp32"]) < at_peak
    hours = 200 * 1334 * 1287e9 / 11.3e12 / 3600  # kaist-horse2zebra: 200 epochs of the larger domain
    shown = float(rows["Hours of one training, at least"]["kaist-horse2zebra"]["GTX 1080 Ti fp32"])
    assert hours < shown < 1.03 * hours


def test_gpus_doc_compares_report_001_with_bound_of_its_gpu(rows):
    step = "cyclegan resnet6_short 128, patch 46, one discriminator, batch 4"
    bound = float(rows["Images/s, at most"][step]["GTX 1080 Ti fp32"])
    slow, fast = rows["What report 001 says beside it"].values()
    assert (slow["images/s"], fast["images/s"]) == ("1.6", "8.9")
    assert slow["of the bound"] == f"{1.6 / bound:.0%}" and fast["of the bound"] == f"{480 / 54 / bound:.0%}"
