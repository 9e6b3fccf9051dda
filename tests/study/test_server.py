"""What browsers may do, and what they may not."""

import io
import random
import sqlite3
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout, suppress
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image

from pixcycle.errors import UserError
from pixcycle.runs import fingerprint
from pixcycle.study import storage
from pixcycle.study.pairs import Pairs
from pixcycle.study.protocol import CHECKS, PRACTICE, TRIALS
from pixcycle.study.server import app, serve
from pixcycle.study.storage import Study
from tests.conftest import wait_until
from tests.processes import PROCESSES
from tests.study.conftest import RUN, N

OK, CONFLICT = 200, 409


class Clock:
    """Stands still while nobody moves it."""

    now = 1.0

    def time(self) -> float:
        return self.now

    def let_a_pair_be_shown(self) -> None:
        self.now += 0.021


CLOCK = Clock()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A pair is shown for 20 ms of CLOCK."""
    monkeypatch.setattr(storage, "time", CLOCK)
    monkeypatch.setattr(storage, "SHOWN_MS", 20)
    monkeypatch.setattr(storage, "EARLY", 0)


@pytest.fixture
def web(study, pairs):
    return app(study, pairs)


def begun(web):
    browser = web.test_client()
    assert browser.post("/begin", json={}).status_code == OK
    return browser


def turn(browser):
    return browser.post("/turn", json={}).get_json()


def show(browser, token):
    return browser.post("/show", json={"token": token}).status_code


def answer(browser, token, real="left", **more):
    return browser.post("/answer", json={"token": token, "real": real, "displayed_ms": 1000, **more})


def shown_and_answered(browser, real="left"):
    """The trial that a participant went through, or None after the last one."""
    trial = turn(browser)
    if trial["finished"]:
        return None
    assert show(browser, trial["token"]) == OK
    CLOCK.let_a_pair_be_shown()
    given = answer(browser, trial["token"], real)
    assert given.status_code == OK
    return trial | given.get_json()


def brightness(browser, token, side):
    image = Image.open(io.BytesIO(browser.get(f"/image/{token}/{side}").data))
    return np.asarray(image)


def test_a_participant_goes_through_practice_with_feedback_and_all_pairs_without(web, study):
    browser, passed = begun(web), []
    while trial := shown_and_answered(browser):
        passed.append(trial)
    assert [t["practice"] for t in passed] == [True] * PRACTICE + [False] * (TRIALS + CHECKS)
    assert all((t["right"] is not None) == t["practice"] for t in passed)
    counted = [*range(1, PRACTICE + 1), *range(1, TRIALS + CHECKS + 1)]
    assert [t["number"] for t in passed] == counted
    assert Counter(a.kind for a in storage.read_answers(study.path)) == {
        "practice": PRACTICE,
        "test": TRIALS,
        "check": CHECKS,
    }


def test_a_pair_is_the_real_image_and_what_was_made_of_its_input_or_noise(web, study, pairs):
    browser = begun(web)
    kinds = set()
    while not (trial := turn(browser))["finished"]:
        token = trial["token"]
        with sqlite3.connect(study.path) as db:
            kind, number, real = db.execute("SELECT kind, image, real FROM trials WHERE token = ?", (token,)).fetchone()
        other = {"left": "right", "right": "left"}[real]
        assert np.all(brightness(browser, token, real) == 200 + number % 50)
        if kind == "check":
            assert brightness(browser, token, other).std() > 50
        else:
            assert np.all(brightness(browser, token, other) == number)
        kinds.add(kind)
        show(browser, token)
        CLOCK.let_a_pair_be_shown()
        answer(browser, token)
    assert kinds == {"practice", "test", "check"}


def test_who_says_where_the_real_one_is_was_never_fooled(web, study):
    browser = begun(web)
    while not (trial := turn(browser))["finished"]:
        light = brightness(browser, trial["token"], "left").min() >= 200
        show(browser, trial["token"])
        CLOCK.let_a_pair_be_shown()
        answer(browser, trial["token"], "left" if light else "right")
    assert not any(a.took_generated_for_real for a in storage.read_answers(study.path))


def test_a_reload_in_mid_trial_breaks_the_pair_off_and_another_takes_its_place(web, study):
    browser = begun(web)
    for _ in range(PRACTICE):
        shown_and_answered(browser)
    while (trial := turn(browser)) and _kind(study, trial) != "test":
        shown_and_answered(browser)
    show(browser, trial["token"])
    after = turn(browser)
    assert after["token"] != trial["token"] and after["of"] == trial["of"]
    assert answer(browser, trial["token"]).status_code == CONFLICT
    while shown_and_answered(browser):
        pass
    answers = storage.read_answers(study.path)
    assert Counter(a.kind for a in answers)["test"] == TRIALS
    assert len({a.image for a in answers}) == len(answers) and _image(study, trial) not in {a.image for a in answers}


def test_an_answer_that_is_replayed_early_forged_or_another_s_is_refused(web, study, monkeypatch):
    browser, other = begun(web), begun(web)
    token = turn(browser)["token"]
    assert answer(browser, token).status_code == CONFLICT, "before it was shown"
    assert show(other, token) == CONFLICT and answer(other, token).status_code == CONFLICT
    assert other.get(f"/image/{token}/left").status_code == CONFLICT
    assert show(browser, token) == OK
    monkeypatch.setattr(storage, "SHOWN_MS", 60_000)
    assert answer(browser, token).status_code == CONFLICT, "in mid-display"
    monkeypatch.setattr(storage, "SHOWN_MS", 20)
    assert show(browser, token) == CONFLICT, "shown twice"
    assert browser.get(f"/image/{token}/left").status_code == CONFLICT, "looked at again"
    CLOCK.let_a_pair_be_shown()
    assert answer(other, token).status_code == CONFLICT
    assert answer(web.test_client(), token).status_code == CONFLICT, "nobody's"
    assert answer(browser, "forged").status_code == CONFLICT
    assert answer(browser, token, "left").status_code == OK
    assert answer(browser, token, "right").status_code == CONFLICT
    assert len(storage.read_answers(study.path)) == 1


@pytest.mark.parametrize(
    "told",
    [
        *({}, [], None, "left", {"token": 1, "real": "left", "displayed_ms": 1}),
        *({"token": "t", "real": "up", "displayed_ms": 1}, {"token": "t", "real": "left", "displayed_ms": "1"}),
        {"token": "t" * 5000, "real": "left", "displayed_ms": 1},
    ],
)
def test_nonsense_is_refused_without_an_error_of_the_server(web, told):
    assert 400 <= begun(web).post("/answer", json=told).status_code < 500


@pytest.mark.parametrize(
    "path",
    ["/image/../../etc/passwd/left", "/image/x/..%2f..%2fetc%2fpasswd", "/page/../server.py", "/page/..%2fserver.py"],
)
def test_nothing_but_its_pages_and_pairs_is_served(web, path):
    assert begun(web).get(path).status_code in (404, CONFLICT)


def test_two_browsers_at_once_are_two_participants(web, study):
    one, two = begun(web), begun(web)
    for _ in range(3):
        shown_and_answered(one)
        shown_and_answered(two)
    assert Counter(a.participant for a in storage.read_answers(study.path)) == {1: 3, 2: 3}
    images = [[a.image for a in storage.read_answers(study.path) if a.participant == id] for id in (1, 2)]
    assert images[0] != images[1]


def test_nothing_that_tells_who_somebody_is_is_stored(web, study):
    browser = begun(web)
    cookie = browser.get_cookie(f"participant-{fingerprint(study.of)}")
    assert cookie.http_only and cookie.same_site == "Strict"
    shown_and_answered(browser)
    assert cookie.value.encode() not in study.path.read_bytes() and b"127.0.0.1" not in study.path.read_bytes()


def test_a_file_of_other_images_is_refused_by_name(tmp_path):
    Study(tmp_path / "one.sqlite", N)
    (tmp_path / "one.sqlite").rename(tmp_path / "another.sqlite")
    with pytest.raises(UserError, match=r"another\.sqlite: is a study of one with 60 images, not of another with 60"):
        Study(tmp_path / "another.sqlite", N)
    (tmp_path / "text.sqlite").write_text("no database, but some text that is long enough to be one" * 99)
    with pytest.raises(UserError, match=r"text\.sqlite: cannot be used as the file of a study"):
        Study(tmp_path / "text.sqlite", N)


def serve_study(root: Path, said: Path) -> None:
    storage.SHOWN_MS = storage.EARLY = 0
    with said.open("w") as file, redirect_stdout(file):
        serve(Study(root / "study.sqlite", N), Pairs(RUN, "b_to_a", root), "127.0.0.1", 0)


def answer_until_nobody_listens(browser, address, acknowledged):
    """Add the tokens of the answers that the server acknowledges."""
    with suppress(requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
        while "token" in (trial := browser.post(f"{address}/turn").json()):
            told = {"token": trial["token"], "real": "left", "displayed_ms": 1}
            browser.post(f"{address}/show", json=told)
            if browser.post(f"{address}/answer", json=told).status_code == OK:
                acknowledged.append(trial["token"])


def test_no_answer_is_lost_when_the_server_is_killed_while_people_answer(root):
    browsers, acknowledged, moments = [requests.Session() for _ in range(4)], [], random.Random(7)
    with ThreadPoolExecutor(len(browsers)) as people:
        for kills in range(4):
            said = root / f"{kills}.txt"
            server = PROCESSES.Process(target=serve_study, args=(root, said))
            server.start()
            wait_until(lambda said=said: said.exists() and said.read_text().endswith("\n"))
            address = said.read_text().split()[4].rstrip("/")
            for browser in browsers if kills == 0 else []:
                browser.post(f"{address}/begin")
            before = len(acknowledged)
            at_work = [people.submit(answer_until_nobody_listens, one, address, acknowledged) for one in browsers]
            wait_until(lambda: len(acknowledged) > before or all(one.done() for one in at_work))  # noqa: B023
            time.sleep(moments.uniform(0, 0.3))
            server.kill()
            server.join()
            for one in at_work:
                one.result()
    with sqlite3.connect(root / "study.sqlite") as db:
        noted = {token for (token,) in db.execute("SELECT token FROM trials WHERE answer NOTNULL")}
    assert set(acknowledged) <= noted, "lost"
    assert 0 < len(acknowledged) >= len(noted) - 4 * len(browsers), "but for those that were under way"


def _kind(study, trial):
    return _of(study, trial, "kind")


def _image(study, trial):
    return _of(study, trial, "image")


def _of(study, trial, field):
    with sqlite3.connect(study.path) as db:
        return db.execute(f"SELECT {field} FROM trials WHERE token = ?", (trial["token"],)).fetchone()[0]
