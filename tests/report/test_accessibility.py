"""Accessibility of the page by keyboard, by screen reader and in both themes, as axe judges it in a real browser."""

import pytest

from pixcycle.report.document import document
from pixcycle.report.rendering import page
from tests.support.accessibility import violations
from tests.support.browser import needs_chromium
from tests.support.results import Results

pytestmark = needs_chromium
EXPERIMENTS = [
    *("ucsd-facades-l1", "ucsd-facades-l2", "ucsd-facades-cyc-l1", "wustl-facades-label2photo"),
    *("paris-maps-aerial2map", "kth-summer2winter", "kaist-cityscapes"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    results = Results(tmp_path_factory.mktemp("accessibility"), EXPERIMENTS, scale="rehearsal")
    out = results.root / "reports/rehearsal"
    (out / "report.html").write_text(page.render(document(results.draft(out=out)), out))
    return (out / "report.html").as_uri()


@pytest.fixture(params=[("light", 1280), ("dark", 360)], ids=str)
def tab(chromium, address, request):
    scheme, width = request.param
    context = chromium.new_context(offline=True, color_scheme=scheme, viewport={"width": width, "height": 900})
    tab = context.new_page()
    tab.goto(address)
    yield tab
    context.close()


def test_page_with_everything_opened_meets_wcag_aa(tab):
    tab.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
    tab.locator("td button[popovertarget]").first.press("Enter")
    assert tab.locator(":popover-open dl").is_visible()
    assert violations(tab) == []
    tab.keyboard.press("Escape")
    tab.locator(".strip").first.press("Enter")
    assert tab.locator("#viewer").is_visible()
    assert violations(tab) == []
