"""Requests that the study's server accepts and refuses."""

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

from pixcycle.base.errors import UserError
from pixcycle.plan import fingerprint
from pixcycle.study import storage
from pixcycle.study.pairs import Pairs
from pixcycle.study.protocol import CHECKS, PRACTICE, TRIALS
from pixcycle.study.server import app, serve
from pixcycle.study.storage import Study
from tests.conftest import wait_until
from tests.study.conftest import RUN, N
from tests.support.processes import PROCESSES

OK, CONFLICT = 200, 409


class Clock:
    """A clock that stands still until it is moved."""

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


def show_and_answer(browser, real="left"):
    """Show and answer the next trial; return it with its feedback, or None after the last one."""
    trial = turn(browser)
    if trial["finished"]:
        return None
    assert show(browser, trial["token"]) == OK
    CLOCK.let_a_pair_be_shown()
    response = answer(browser, trial["token"], real)
    assert response.status_code == OK
    return trial | response.get_json()


def brightness(browser, token, side):
    image = Image.open(io.BytesIO(browser.get(f"/image/{token}/{side}").data))
    return np.asarray(image)


def test_server_gives_feedback_in_practice_only(web, study):
    browser, passed = begun(web), []
    while trial := show_and_answer(browser):
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


def test_server_pairs_a_real_image_with_its_translation_or_noise(web, study, pairs):
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


def test_server_records_no_error_if_every_real_image_is_found(web, study):
    browser = begun(web)
    while not (trial := turn(browser))["finished"]:
        light = brightness(browser, trial["token"], "left").min() >= 200
        show(browser, trial["token"])
        CLOCK.let_a_pair_be_shown()
        answer(browser, trial["token"], "left" if light else "right")
    assert not any(a.took_generated_for_real for a in storage.read_answers(study.path))


def test_server_replaces_a_pair_aborted_by_a_reload(web, study):
    browser = begun(web)
    for _ in range(PRACTICE):
        show_and_answer(browser)
    while (trial := turn(browser)) and _kind(study, trial) != "test":
        show_and_answer(browser)
    show(browser, trial["token"])
    after = turn(browser)
    assert after["token"] != trial["token"] and after["of"] == trial["of"]
    assert answer(browser, trial["token"]).status_code == CONFLICT
    while show_and_answer(browser):
        pass
    answers = storage.read_answers(study.path)
    assert Counter(a.kind for a in answers)["test"] == TRIALS
    assert len({a.image for a in answers}) == len(answers) and _image(study, trial) not in {a.image for a in answers}


def test_server_refuses_early_repeated_forged_and_foreign_answers(web, study, monkeypatch):
    browser, other = begun(web), begun(web)
    token = turn(browser)["token"]
    assert answer(browser, token).status_code == CONFLICT, "answered before it was shown"
    assert show(other, token) == CONFLICT and answer(other, token).status_code == CONFLICT
    assert other.get(f"/image/{token}/left").status_code == CONFLICT
    assert show(browser, token) == OK
    monkeypatch.setattr(storage, "SHOWN_MS", 60_000)
    assert answer(browser, token).status_code == CONFLICT, "answered during the display"
    monkeypatch.setattr(storage, "SHOWN_MS", 20)
    assert show(browser, token) == CONFLICT, "shown twice"
    assert browser.get(f"/image/{token}/left").status_code == CONFLICT, "viewed again"
    CLOCK.let_a_pair_be_shown()
    assert answer(other, token).status_code == CONFLICT
    assert answer(web.test_client(), token).status_code == CONFLICT, "not a participant"
    assert answer(browser, "forged").status_code == CONFLICT
    assert answer(browser, token, "left").status_code == OK
    assert answer(browser, token, "right").status_code == CONFLICT
    assert len(storage.read_answers(study.path)) == 1


@pytest.mark.parametrize(
    "content",
    [
        *({}, [], None, "left", {"token": 1, "real": "left", "displayed_ms": 1}),
        *({"token": "t", "real": "up", "displayed_ms": 1}, {"token": "t", "real": "left", "displayed_ms": "1"}),
        {"token": "t" * 5000, "real": "left", "displayed_ms": 1},
    ],
)
def test_server_answers_malformed_requests_with_4xx(web, content):
    assert 400 <= begun(web).post("/answer", json=content).status_code < 500


@pytest.mark.parametrize(
    "path",
    ["/image/../../etc/passwd/left", "/image/x/..%2f..%2fetc%2fpasswd", "/page/../server.py", "/page/..%2fserver.py"],
)
def test_server_serves_only_its_pages_and_pairs(web, path):
    assert begun(web).get(path).status_code in (404, CONFLICT)


def test_server_treats_two_browsers_as_two_participants(web, study):
    one, two = begun(web), begun(web)
    for _ in range(3):
        show_and_answer(one)
        show_and_answer(two)
    assert Counter(a.participant for a in storage.read_answers(study.path)) == {1: 3, 2: 3}
    images = [[a.image for a in storage.read_answers(study.path) if a.participant == id] for id in (1, 2)]
    assert images[0] != images[1]


def test_study_stores_nothing_that_identifies_a_participant(web, study):
    browser = begun(web)
    cookie = browser.get_cookie(f"participant-{fingerprint(study.of)}")
    assert cookie.http_only and cookie.same_site == "Strict"
    show_and_answer(browser)
    assert cookie.value.encode() not in study.path.read_bytes() and b"127.0.0.1" not in study.path.read_bytes()


def test_study_refuses_a_file_of_other_images_by_name(tmp_path):
    Study(tmp_path / "one.sqlite", N)
    (tmp_path / "one.sqlite").rename(tmp_path / "another.sqlite")
    with pytest.raises(UserError, match=r"another\.sqlite: is a study of one with 60 images, not of another with 60"):
        Study(tmp_path / "another.sqlite", N)
    (tmp_path / "text.sqlite").write_text("not a database, but text that is long enough to be one" * 99)
    with pytest.raises(UserError, match=r"text\.sqlite: is not a study file"):
        Study(tmp_path / "text.sqlite", N)


def serve_study(root: Path, output: Path) -> None:
    storage.SHOWN_MS = storage.EARLY = 0
    with output.open("w") as file, redirect_stdout(file):
        serve(Study(root / "study.sqlite", N), Pairs(RUN, "b_to_a", root), "127.0.0.1", 0)


def answer_until_server_is_gone(browser, address, acknowledged):
    """Answer until the server is gone, and append the tokens of the answers that it acknowledges."""
    with suppress(requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
        while "token" in (trial := browser.post(f"{address}/turn").json()):
            content = {"token": trial["token"], "real": "left", "displayed_ms": 1}
            browser.post(f"{address}/show", json=content)
            if browser.post(f"{address}/answer", json=content).status_code == OK:
                acknowledged.append(trial["token"])


def test_server_killed_while_people_answer_loses_no_answer(root):
    browsers, acknowledged, moments = [requests.Session() for _ in range(4)], [], random.Random(7)
    with ThreadPoolExecutor(len(browsers)) as people:
        for kills in range(4):
            output = root / f"{kills}.txt"
            server = PROCESSES.Process(target=serve_study, args=(root, output))
            server.start()
            wait_until(lambda output=output: output.exists() and output.read_text().endswith("\n"))
            address = output.read_text().split()[4].rstrip("/")
            for browser in browsers if kills == 0 else []:
                browser.post(f"{address}/begin")
            before = len(acknowledged)
            tasks = [people.submit(answer_until_server_is_gone, b, address, acknowledged) for b in browsers]
            wait_until(lambda: len(acknowledged) > before or all(task.done() for task in tasks))  # noqa: B023
            time.sleep(moments.uniform(0, 0.3))
            server.kill()
            server.join()
            for task in tasks:
                task.result()
    with sqlite3.connect(root / "study.sqlite") as db:
        stored = {token for (token,) in db.execute("SELECT token FROM trials WHERE answer NOTNULL")}
    assert set(acknowledged) <= stored, "an answer was lost"
    assert 0 < len(acknowledged) >= len(stored) - 4 * len(browsers), "at most one per browser and kill was in flight"


def _kind(study, trial):
    return _of(study, trial, "kind")


def _image(study, trial):
    return _of(study, trial, "image")


def _of(study, trial, field):
    with sqlite3.connect(study.path) as db:
        return db.execute(f"SELECT {field} FROM trials WHERE token = ?", (trial["token"],)).fetchone()[0]
