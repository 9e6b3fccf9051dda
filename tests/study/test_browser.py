"""The study as people see it: in a real browser."""

import random
import threading
from types import SimpleNamespace

import pytest
import waitress

from pixcycle.study import storage
from pixcycle.study.result import result
from pixcycle.study.server import app
from tests.accessibility import violations
from tests.browser import needs_chromium

pytestmark = needs_chromium
PARTICIPANTS = 20


@pytest.fixture
def served(chromium, study, pairs):
    server = waitress.create_server(app(study, pairs), host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield SimpleNamespace(address=f"http://127.0.0.1:{server.effective_port}/", study=study)
    for context in chromium.contexts:
        context.close()  # a connection that is still open keeps the server
    server.trigger.pull_trigger(server.close)
    server.close()
    thread.join(timeout=10)


def opened(chromium, served):
    """A new participant's page, and what it complained about."""
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


def test_a_pair_is_seen_for_a_second_and_answered_by_keyboard(chromium, served):
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
    [given] = storage.read_answers(served.study.path)
    assert 990 <= given.displayed_ms < 1500
    assert complaints == []


def test_who_reloads_in_mid_trial_or_closes_the_page_goes_on_with_another_pair(chromium, served, monkeypatch):
    monkeypatch.setattr("pixcycle.study.server.SHOWN_MS", 60_000)  # so that a pair is there until the page is not
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


def test_of_twenty_people_who_guess_half_are_fooled_within_the_interval(chromium, served, monkeypatch):
    """Each in a browser of their own, all at once, from consent to thanks; pairs are shown for 10 ms."""
    monkeypatch.setattr(storage, "SHOWN_MS", 10)
    monkeypatch.setattr("pixcycle.study.server.SHOWN_MS", 10)
    guesses = random.Random(5)
    pages = [opened(chromium, served) for _ in range(PARTICIPANTS)]
    for page, _ in pages:
        page.click("#begin")  # one after the other, so that each has the schedule of its place
        page.wait_for_selector("#next:visible")
        choices = guesses.choices(["left", "right"], k=60)
        page.evaluate(f"choices => {{ window.through = ({THROUGH})(choices).then(() => 'all') }}", choices)
    assert all(page.evaluate("window.through") == "all" for page, _ in pages)
    assert [complaints for _, complaints in pages] == [[]] * PARTICIPANTS
    everybody = result(storage.read_answers(served.study.path)).everybody
    assert everybody.participants == PARTICIPANTS and everybody.answers == 40 * PARTICIPANTS
    assert everybody.low < 50 < everybody.high and everybody.high - everybody.low < 15


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_consent_trials_and_thanks_keep_to_wcag_aa(chromium, served, monkeypatch, scheme, width):
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
