"""The study in a real browser."""

import random
import threading
from types import SimpleNamespace

import pytest
import waitress

from pixcycle.study import storage
from pixcycle.study.result import result
from pixcycle.study.server import app
from tests.support.accessibility import violations
from tests.support.browser import needs_chromium

pytestmark = needs_chromium
PARTICIPANTS = 20


@pytest.fixture
def served(chromium, study, pairs):
    server = waitress.create_server(app({study: pairs}), host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield SimpleNamespace(address=f"http://127.0.0.1:{server.effective_port}/", study=study)
    for context in chromium.contexts:
        context.close()  # an open connection would keep the server alive
    server.trigger.pull_trigger(server.close)
    server.close()
    thread.join(timeout=10)


def opened(chromium, served):
    """Open a new participant's page; return it and the list of its error messages."""
    page = chromium.new_context().new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(served.address)
    return page, complaints


SEEN = """async () => {
    const sides = ["left", "right"];
    const visible = (id) => document.getElementById(id).offsetParent !== null;
    while (!sides.every(visible)) await new Promise(requestAnimationFrame);
    return sides;
}"""


def test_browser_shows_a_pair_for_a_second_and_accepts_keys(chromium, served):
    page, complaints = opened(chromium, served)
    page.click("#begin")
    page.wait_for_selector("#next:visible")
    assert page.text_content("#progress") == "Practice pair 1 of 10"
    sizes = [page.evaluate(f"{side}.naturalWidth") for side in ("left", "right")]
    page.evaluate(f"() => {{ window.seen = ({SEEN})() }}")
    page.keyboard.press("Space")
    page.wait_for_selector("#question:visible")
    assert page.evaluate("window.seen") == ["left", "right"]
    assert sizes == [16, 16] and not page.is_visible("#left") and not page.is_visible("#right")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("#next:visible")
    assert page.text_content("#message") in ("Right: that was the real one.", "Wrong: that one was generated.")
    [only_answer] = storage.read_answers(served.study.path)
    assert 990 <= only_answer.displayed_ms < 1500
    assert complaints == []


def test_browser_continues_with_the_next_pair_after_reload_in_mid_trial(chromium, served, monkeypatch):
    monkeypatch.setattr("pixcycle.study.server.SHOWN_MS", 60_000)  # keeps the pair visible until the page is closed
    page, _ = opened(chromium, served)
    page.click("#begin")
    page.wait_for_selector("#next:visible")
    page.keyboard.press("Space")
    page.wait_for_selector("#left:visible")
    page.reload()
    page.wait_for_selector("#next:visible")
    assert not page.is_visible("#consent") and page.text_content("#progress") == "Practice pair 2 of 10"
    page.keyboard.press("Space")
    page.wait_for_selector("#left:visible")
    page.close()
    page = page.context.new_page()
    page.goto(served.address)
    page.wait_for_selector("#next:visible")
    assert page.text_content("#progress") == "Practice pair 3 of 10"


def test_browser_waits_while_too_many_people_begin(chromium, served, monkeypatch):
    monkeypatch.setattr("pixcycle.study.server.BEGINS_PER_MINUTE", 0)
    page, _ = opened(chromium, served)
    page.click("#begin")
    page.wait_for_selector("#trouble:visible")
    monkeypatch.setattr("pixcycle.study.server.BEGINS_PER_MINUTE", 60)
    page.wait_for_selector("#next:visible")
    assert not page.is_visible("#trouble")


THROUGH = """async (choices) => {
    const until = async (seen) => { while (!seen()) await new Promise((done) => setTimeout(done, 5)); };
    const visible = (id) => document.getElementById(id).offsetParent !== null;
    for (const choice of choices) {
        await until(() => visible("next") || visible("end"));
        if (visible("end")) return;
        document.getElementById("next").click();
        await until(() => visible("question"));
        document.querySelector(`[data-real=${choice}]`).click();
        await until(() => !visible("question"));
    }
    await until(() => visible("end"));
}"""


def test_browser_study_with_twenty_guessing_people_finds_half_fooled(chromium, served, monkeypatch):
    """Each participant has a separate browser; all run at once, from consent to thanks. Pairs are shown for 10 ms."""
    monkeypatch.setattr(storage, "SHOWN_MS", 10)
    monkeypatch.setattr("pixcycle.study.server.SHOWN_MS", 10)
    guesses = random.Random(5)
    pages = [opened(chromium, served) for _ in range(PARTICIPANTS)]
    for page, _ in pages:
        page.click("#begin")  # one after the other, so that the schedules are assigned in order
        page.wait_for_selector("#next:visible")
        choices = guesses.choices(["left", "right"], k=60)
        page.evaluate(f"choices => {{ window.through = ({THROUGH})(choices).then(() => 'all') }}", choices)
    assert all(page.evaluate("window.through") == "all" for page, _ in pages)
    assert [complaints for _, complaints in pages] == [[]] * PARTICIPANTS
    everybody = result(storage.read_answers(served.study.path)).everybody
    assert everybody.participants == PARTICIPANTS and everybody.answers == 40 * PARTICIPANTS
    assert everybody.low < 50 < everybody.high and everybody.high - everybody.low < 15


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_study_pages_conform_to_wcag_aa(chromium, served, monkeypatch, scheme, width):
    monkeypatch.setattr(storage, "SHOWN_MS", 10)
    monkeypatch.setattr("pixcycle.study.server.SHOWN_MS", 10)
    page = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}).new_page()
    page.goto(served.address)
    assert violations(page) == []
    page.click("#begin")
    page.wait_for_selector("#next:visible")
    assert violations(page) == []
    page.keyboard.press("Space")
    page.wait_for_selector("#question:visible")
    assert violations(page) == []
    page.keyboard.press("ArrowLeft")
    page.evaluate(f"({THROUGH})(Array(60).fill('left'))")
    assert page.is_visible("#end") and violations(page) == []
