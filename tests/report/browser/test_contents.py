"""Ways through the page: its contents, links and addresses, in a real browser."""

from pixcycle.report.content import Figure, Table, blocks_of, claims_of
from tests.report.browser.tab import TABLE
from tests.support.browser import needs_chromium

pytestmark = needs_chromium


def test_page_figures_and_tables_have_address_and_say_how_made(opened, whole):
    tab = opened()
    blocks = blocks_of(whole.sections, Figure, Table)
    assert len(blocks) > 10
    for block in blocks:
        tab.evaluate("id => { location.hash = id }", block.id)
        element = tab.locator(f"[id='{block.id}']")
        assert -1 <= element.bounding_box()["y"] < 450 or tab.evaluate(
            "scrollY + innerHeight >= document.documentElement.scrollHeight - 1"
        ), block.id
        element.locator(".made summary").click()
        assert "snakemake " in element.locator(".made code").inner_text()
        linked = element.locator(".made a").evaluate_all("links => links.map((a) => a.getAttribute('href'))")
        assert linked == [f"#run-{key.replace('/', '-')}" for key in block.made_from]


def test_link_opens_what_is_folded(opened, whole):
    tab = opened()
    (unrun, *_) = [claim for claim in claims_of(whole.sections) if claim.verdict == "not run"]
    for id in (unrun.id, "run-ucsd-facades-l1-1"):
        part = tab.locator(f"#{id}")
        assert not part.locator("dl, .evidence").first.is_visible()
        tab.evaluate("id => { location.hash = id }", id)
        part.locator("dl, .evidence").first.wait_for(state="visible")
        assert part.bounding_box()["y"] < 900


def test_matrix_leads_to_the_row_of_a_published_number(opened):
    tab = opened()
    tab.locator(".matrix summary").first.click()
    tab.locator(".matrix a[href='#ucsd-table-1-facades-row-2']").first.click()
    tab.wait_for_function("scrollY > 0")
    row = tab.locator(f"{TABLE} tr:target")
    assert row.locator("th").text_content() == "L2 loss"
    assert 0 <= row.bounding_box()["y"] < 900 and tab.locator(f"{TABLE} thead").bounding_box()["y"] >= 0


def test_contents_stay_and_say_where_the_reader_is(opened):
    tab = opened()
    tab.evaluate("document.getElementById('kth-claims').scrollIntoView()")
    current = tab.locator("#contents a[aria-current]")
    tab.wait_for_function("document.querySelector('#contents a[aria-current]').hash === '#kth-claims'")
    assert current.count() == 1
    box = current.bounding_box()
    assert 0 <= box["y"] < 900 and box["x"] < 320


def test_contents_fold_on_narrow_windows(opened):
    tab = opened(viewport={"width": 390, "height": 844})
    assert not tab.locator("#contents ol").is_visible()
    tab.evaluate("document.getElementById('kth-claims').scrollIntoView()")
    tab.wait_for_function("document.getElementById('here').textContent.endsWith('Claims')")
    summary = tab.locator("#contents summary")
    assert summary.bounding_box()["y"] < 40
    summary.click()
    tab.locator("#contents a[href='#ucsd-figures']").click()
    assert not tab.locator("#contents ol").is_visible()
    top = tab.locator("#ucsd-figures").bounding_box()["y"]
    assert summary.bounding_box()["height"] < top + 1 < 200


def test_page_first_tab_stop_skips_the_contents(opened):
    tab = opened()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.getAttribute('href')") == "#content"
    assert tab.locator(".skip").bounding_box()["x"] >= 0
