"""Filters by chapter, dataset and verdict, in a real browser."""

from pixcycle.report.content import Figure, Table, blocks_of, claims_of
from tests.report.browser.tab import TABLE
from tests.support.browser import needs_chromium

pytestmark = needs_chromium


def choose(tab, **chosen: str) -> None:
    """Set filters; on a narrow window they are folded into the contents."""
    for name, value in chosen.items():
        tab.locator(f"#filter [name={name}]").select_option(value)


def seen(tab, selector: str) -> list[str]:
    """Return the ids of those elements that are displayed."""
    return tab.locator(selector).evaluate_all("parts => parts.filter((p) => p.checkVisibility()).map((p) => p.id)")


def test_filter_by_chapter_shows_nothing_of_other_chapters(opened):
    tab = opened()
    choose(tab, chapter="kth")
    sections = seen(tab, "main > section")
    assert sections and all(id.startswith("kth") for id in sections)
    listed = tab.locator("#contents li:visible a").evaluate_all("links => links.map((a) => a.hash.slice(1))")
    assert set(listed) - {"summary"} == set(sections)
    assert tab.locator(".tiles > li:visible").count() == 1
    tab.click("#filter button")
    assert set(seen(tab, "main > section")) > set(sections)


def test_filter_by_dataset_keeps_what_is_made_from_it(opened, results, whole):
    tab = opened()
    choose(tab, dataset="apple2orange")
    runs = {run.key for run in results.plan.runs.values() if run.asked_dataset == "apple2orange"}
    blocks = blocks_of(whole.sections, Figure, Table)
    assert seen(tab, "main figure") == [block.id for block in blocks if runs & set(block.made_from)]
    assert tab.locator("#filter output").text_content() != ""


def test_filter_by_verdict_keeps_claims_and_what_shows_them(opened, whole):
    tab = opened()
    choose(tab, verdict="holds")
    claims = [claim for claim in claims_of(whole.sections) if claim.verdict == "holds"]
    assert claims and seen(tab, ".claims > li") == [claim.id for claim in claims]
    assert tab.locator(".opening > li:visible").count() == tab.locator(".chips a:not(.dimmed)").count() == len(claims)
    assert tab.locator("#filter output").text_content().startswith(f"{len(claims)} claim")
    assert not tab.locator("#matrix").is_visible()
    shown = {id for claim in claims for id in claim.shown_in}
    assert set(seen(tab, "main figure")) == shown


def test_link_to_filtered_part_shows_it_again(opened):
    tab = opened()
    choose(tab, chapter="kth")
    tab.evaluate("location.hash = 'ucsd-table-1-facades'")
    tab.wait_for_function("scrollY > 0")
    assert tab.locator(TABLE).is_visible()
    assert tab.locator("#filter [name=chapter]").input_value() == ""
