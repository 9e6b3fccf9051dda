"""A page of four experiments, and windows in which a real browser opens it without a network."""

import pytest

from pixcycle.report.content import Document
from pixcycle.report.document import document
from pixcycle.report.rendering import page
from tests.report.browser.tab import STEPS
from tests.support.results import Results, ruled

EXPERIMENTS = ["ucsd-facades-l1", "ucsd-facades-l2", "wustl-facades-photo2label", "kth-apple2orange"]


def fids(run) -> dict[str, float]:
    """Return 100 and 102 for l1, 8 and 10 for the others: sorted as texts, their order differs from that of numbers."""
    fid = (100.0 if run.name == "facades-l1" else 8.0) + 2 * run.seed
    return {"fid": fid} | ({"beside_published": ruled(run, fid=fid)} if run.ruler else {})


@pytest.fixture(scope="session")
def results(tmp_path_factory) -> Results:
    root = tmp_path_factory.mktemp("browser") / "project"
    results = Results(root, EXPERIMENTS, measured=fids, seeds=(0, 1), scale="rehearsal")
    run = results.values().one("ucsd-facades-l1")
    rows = [f"{i},{i},{i},{i % 2},{1 / (1 + i)},{i % 3}" for i in range(STEPS)]
    history = "\n".join(["epoch,step,g,g_gan,g_reconstruction,d", *rows])
    (root / run.folder / "history.csv").write_text(history)
    return results


@pytest.fixture(scope="session")
def whole(results) -> Document:
    return document(results.draft(out=results.root / "reports/rehearsal"))


@pytest.fixture(scope="session")
def address(results, whole) -> str:
    out = results.root / "reports/rehearsal"
    (out / "report.html").write_text(page.render(whole, out))
    return (out / "report.html").as_uri()


@pytest.fixture
def opened(chromium, address):
    """Return a function that opens the page in a window; the test fails if the page requests files or logs errors."""
    requested, complaints, contexts = [], [], []

    def open_page(**options):
        context = chromium.new_context(offline=True, **{"viewport": {"width": 1280, "height": 900}} | options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("request", lambda request: requested.append(request.url))
        tab.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.goto(address)
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert {url for url in requested if not url.startswith("data:")} == {address}
    assert complaints == []
