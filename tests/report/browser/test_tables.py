"""Tables that readers sort, unfold and ask where a number comes from, in a real browser."""

from tests.report.browser.tab import TABLE
from tests.support.browser import needs_chromium

pytestmark = needs_chromium


def column(tab, title: str, table: str = TABLE) -> list[str]:
    """Return the texts of the cells in the first column with this title."""
    place = tab.locator(f"{table} th[data-column]", has_text=title).first.get_attribute("data-column")
    return [
        cell.locator("button").text_content() if cell.locator("button").count() else cell.text_content()
        for cell in tab.locator(f"{table} tbody tr > :nth-child({int(place) + 1})").all()
    ]


def test_table_sorts_numbers_up_and_down_and_back(opened):
    tab = opened()
    published = column(tab, "Experiment")
    heading = tab.locator(f"{TABLE} th[data-column='6']")  # FID, ours
    sortings = []
    for _ in range(3):
        heading.locator("button").focus()
        tab.keyboard.press("Enter")
        cells = tab.locator(f"{TABLE} tbody tr > :nth-child(7)").all()
        texts = [
            (cell.locator("button").first if cell.locator("button").count() else cell).text_content() for cell in cells
        ]
        sortings.append((heading.get_attribute("aria-sort"), texts[:3]))
    assert sortings[0] == ("ascending", ["9.00 ± 1.41", "101.00 ± 1.41", "not run"])
    assert sortings[1] == ("descending", ["101.00 ± 1.41", "9.00 ± 1.41", "not run"])
    assert sortings[2][0] == "none" and column(tab, "Experiment") == published


def test_table_sorts_by_one_column_at_a_time_and_by_duration(opened):
    tab = opened()
    tab.evaluate(
        """texts => [...document.querySelectorAll("#training-cost tbody tr")]
            .forEach((row, i) => row.cells[4].textContent = texts[i % texts.length])""",
        ["–", "3.5 h", "12 min", "45 s"],
    )
    sort = tab.locator("#training-cost .sort")
    sort.nth(0).click()
    sort.nth(4).click()
    assert list(dict.fromkeys(column(tab, "Wall time", "#training-cost"))) == ["45 s", "12 min", "3.5 h", "–"]
    assert tab.locator("#training-cost th[aria-sort]").count() == 1
    sort.nth(4).click()
    assert list(dict.fromkeys(column(tab, "Wall time", "#training-cost"))) == ["3.5 h", "12 min", "45 s", "–"]


def test_table_cell_opens_runs_with_values_and_facts(opened):
    tab = opened()
    cell = tab.locator(f"{TABLE} td button", has_text="101.00 ± 1.41").last  # after that by the ruler of the report
    cell.focus()
    tab.keyboard.press("Enter")
    basis = tab.locator(":popover-open")
    facts = dict(zip(basis.locator("dt").all_text_contents(), basis.locator("dd").all_text_contents(), strict=True))
    assert {key: facts[key] for key in facts if "/" in key} == {"ucsd-facades-l1/0": "100", "ucsd-facades-l1/1": "102"}
    assert facts["Images"] == "9 of 16 generated against 9 of 16 real test images (fewer than there should be)"
    assert "EfficientNet" in facts["Features"]
    tab.keyboard.press("Escape")
    assert basis.count() == 0 and cell.evaluate("button => button === document.activeElement")
    cell.click()
    basis.locator("a", has_text="ucsd-facades-l1/1").click()
    assert tab.url.endswith("#run-ucsd-facades-l1-1") and basis.count() == 0


def test_table_folds_rows_that_were_not_run(opened):
    tab = opened()
    rows, unrun = tab.locator(f"{TABLE} tbody tr:visible"), tab.locator(f"{TABLE} tbody tr.unrun")
    assert unrun.count() == 4 and rows.count() == 2
    note = tab.locator(f"{TABLE} .note.unrun")
    assert note.text_content().startswith("4 rows not run here; snakemake all --cores all --config scale=full")
    note.locator("button").click()
    assert rows.count() == 6
    note.locator("button").click()
    tab.evaluate("location.hash = 'ucsd-table-1-facades-row-3'")
    tab.locator(f"{TABLE} tbody tr").nth(2).wait_for(state="visible")
