"""The page for those who read it by keyboard, by ear or in another light, as axe judges it in a real browser."""

import pytest

from pixcycle.report import page
from pixcycle.report.document import document
from tests.accessibility import violations
from tests.browser import needs_chromium
from tests.report.results import Results

pytestmark = needs_chromium
EXPERIMENTS = [
    *("ucsd-facades-l1", "ucsd-facades-l2", "ucsd-facades-cyc-l1", "wustl-facades-label2photo"),
    *("paris-maps-aerial2map", "kth-summer2winter", "kaist-cityscapes"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    results = Results(tmp_path_factory.mktemp("accessibility"), EXPERIMENTS, scale="rehearsal")
    out = results.root / "reports/rehearsal"
    (out / "report.html").write_text(page.render(document(results.values(), out), out))
    return (out / "report.html").as_uri()


@pytest.fixture(params=[("light", 1280), ("dark", 360)], ids=str)
def shown(chromium, address, request):
    scheme, width = request.param
    context = chromium.new_context(offline=True, color_scheme=scheme, viewport={"width": width, "height": 900})
    shown = context.new_page()
    shown.goto(address)
    yield shown
    context.close()


def test_the_page_with_all_of_it_unfolded_and_a_cell_and_two_images_opened_keeps_to_wcag_aa(shown):
    shown.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
    shown.locator("td button[popovertarget]").first.press("Enter")
    assert shown.locator(":popover-open dl").is_visible()
    assert violations(shown) == []
    shown.keyboard.press("Escape")
    shown.locator(".strip").first.press("Enter")
    assert shown.locator("#viewer").is_visible()
    assert violations(shown) == []
