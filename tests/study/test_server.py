"""Requests that the study's server accepts and refuses."""

import io
import random
import socket
import sqlite3
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image

from pixcycle.base.errors import UserError
from pixcycle.plan.names import fingerprint
from pixcycle.study import server, storage
from pixcycle.study.pairs import Pairs
from pixcycle.study.protocol import CHECKS, PRACTICE, TRIALS, Protocol, other_inputs
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
    return app({study: pairs})


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


def test_server_pairs_other_inputs_without_checks_as_published(root):
    protocol = Protocol("other_input", checks=0)
    study = Study(root / "study.sqlite", N, protocol=protocol)
    web = app({study: Pairs(RUN, "b_to_a", root, "full")})
    browser, kinds = begun(web), Counter()
    while not (trial := turn(browser))["finished"]:
        with sqlite3.connect(study.path) as db:
            query = "SELECT kind, image, real FROM trials WHERE token = ?"
            kind, number, real = db.execute(query, (trial["token"],)).fetchone()
        other = {"left": "right", "right": "left"}[real]
        assert np.all(brightness(browser, trial["token"], real) == 200 + other_inputs(N)[number] % 50)
        assert np.all(brightness(browser, trial["token"], other) == number)
        kinds[kind] += 1
        show_and_answer(browser)
    assert kinds == {"practice": PRACTICE, "test": TRIALS}


def test_start_page_tells_pairing_and_checks(root):
    def page(protocol, name):
        study = Study(root / f"{name}.sqlite", N, protocol=protocol)
        web = app({study: Pairs(RUN, "b_to_a", root, "full")})
        return " ".join(web.test_client().get("/").text.split())

    ours, published = page(Protocol(), "ours"), page(Protocol("other_input", checks=0), "published")
    assert "The two may show the same scene." in ours and "Up to 44 more pairs" in ours
    assert "In 4 of them noise takes the place of the generated image" in ours
    assert "The two do not show the same scene." in published and "Up to 40 more pairs" in published
    assert "noise" not in published


@pytest.fixture
def several(root):
    """Return three studies for one server."""
    return {Study(root / f"method{n}.sqlite", N): Pairs(RUN, "b_to_a", root, "full") for n in range(3)}


def test_server_assigns_each_participant_to_one_study_in_balance(several):
    for _ in range(2):
        next(iter(several)).begin()  # before all were served together
    web = app(several)
    browsers = [begun(web) for _ in range(7)]
    for browser in browsers:
        assert sum(browser.get_cookie(f"participant-{fingerprint(study.of)}") is not None for study in several) == 1
        for _ in range(2):
            show_and_answer(browser)
    assert [study.participants() for study in several] == [3, 3, 3]
    answers = [storage.read_answers(study.path) for study in several]
    assert [len(of_study) for of_study in answers] == [2 * 1, 2 * 3, 2 * 3]


def test_server_keeps_studies_in_balance_while_many_begin_at_once(several):
    web = app(several)
    with ThreadPoolExecutor(8) as people:
        list(people.map(lambda _: begun(web), range(30)))
    assert [study.participants() for study in several] == [10, 10, 10]


def test_server_lets_an_unknown_participant_begin_in_any_study(several):
    web = app(several)
    begun(web)  # in the first study
    browser, (first, second, _) = web.test_client(), several
    browser.set_cookie(f"participant-{fingerprint(first.of)}", "of a study that was moved away")
    assert browser.post("/turn", json={}).status_code == CONFLICT
    assert browser.post("/begin", json={}).status_code == OK
    assert second.participants() == 1 and show_and_answer(browser)
    assert len(storage.read_answers(second.path)) == 1


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


MALFORMED = {
    "no fields": "{}",
    "a list": "[]",
    "null": "null",
    "a string": '"left"',
    "not JSON": "{",
    "not UTF-8": b'{"token": "\xff", "real": "left", "displayed_ms": 1}',
    "numeric token": '{"token": 1, "real": "left", "displayed_ms": 1}',
    "lone surrogate": '{"token": "\\ud800", "real": "left", "displayed_ms": 1}',
    "no such side": '{"token": "TOKEN", "real": "up", "displayed_ms": 1}',
    "time as text": '{"token": "TOKEN", "real": "left", "displayed_ms": "1"}',
    "time as bool": '{"token": "TOKEN", "real": "left", "displayed_ms": true}',
    "NaN": '{"token": "TOKEN", "real": "left", "displayed_ms": NaN}',
    "infinity": '{"token": "TOKEN", "real": "left", "displayed_ms": 1e999}',
    "huge integer": '{"token": "TOKEN", "real": "left", "displayed_ms": 1' + 400 * "0" + "}",
    "negative time": '{"token": "TOKEN", "real": "left", "displayed_ms": -1}',
    "nested list": 4000 * "[",
    "nested field": '{"token": "TOKEN", "real": "left", "displayed_ms": ' + 3000 * "[",
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_server_answers_malformed_answer_with_400_and_stores_nothing(web, study, content):
    browser = begun(web)
    token = turn(browser)["token"]
    show(browser, token)
    CLOCK.let_a_pair_be_shown()
    content = content.replace("TOKEN", token) if isinstance(content, str) else content
    assert browser.post("/answer", data=content, content_type="application/json").status_code == 400
    assert storage.read_answers(study.path) == []
    assert answer(browser, token).status_code == OK


def test_server_answers_malformed_show_with_400(web):
    for content in ('{"token": "\\ud800"}', 4000 * "[", "{}"):
        assert begun(web).post("/show", data=content, content_type="application/json").status_code == 400


def test_server_refuses_too_large_and_untyped_requests(web):
    assert begun(web).post("/answer", json={"token": "t" * 5000}).status_code == 413
    assert begun(web).post("/show", data='{"token": "t"}').status_code == 415


def test_server_limits_how_often_an_address_begins(web, study, monkeypatch):
    minutes = Clock()
    monkeypatch.setattr(server, "monotonic", minutes.time)
    statuses = Counter(web.test_client().post("/begin").status_code for _ in range(server.BEGINS_PER_MINUTE + 5))
    assert statuses == {OK: server.BEGINS_PER_MINUTE, 429: 5}
    other = web.test_client().post("/begin", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert other.status_code == OK
    refused = web.test_client().post("/begin", headers={"X-Forwarded-For": "192.0.2.8"})
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) <= 60
    minutes.now += 60
    assert web.test_client().post("/begin").status_code == OK
    with sqlite3.connect(study.path) as db:
        assert db.execute("SELECT COUNT(*) FROM participants").fetchone() == (server.BEGINS_PER_MINUTE + 2,)


def host_status(web, host):
    return web.test_client().get("/", headers={"Host": host}).status_code


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8765", "LOCALHOST:1", "127.0.0.1:8765", "[::1]:8765", "[::1]"]
)
def test_server_accepts_host_header_of_this_machine(web, host):
    assert host_status(web, host) == OK


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8765",
        "localhost.evil.example",
        "192.0.2.7",
        "[2001:db8::1]",
        "",
        "a b",
        "[::1",
        "x@localhost",
    ],
)
def test_server_refuses_foreign_host_header(web, host):
    assert host_status(web, host) == 400


def test_server_accepts_host_header_that_the_user_allows(study, pairs):
    web = app({study: pairs}, hosts=["study.example", "2001:DB8::1", "Example.ORG"])
    for host in ("study.example:80", "[2001:db8::1]:8765", "example.org"):
        assert host_status(web, host) == OK
    assert host_status(web, "other.example") == 400


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_server_on_all_addresses_accepts_any_number_but_no_name(study, pairs, address):
    web = app({study: pairs}, hosts=[address])
    assert host_status(web, "192.0.2.7:8765") == OK and host_status(web, "[2001:db8::1]:8765") == OK
    assert host_status(web, "evil.example") == 400


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


def serve_study(root: Path, output: Path, idle_seconds: int = 60) -> None:
    storage.SHOWN_MS = storage.EARLY = 0
    server.IDLE_SECONDS = idle_seconds
    with output.open("w") as file, redirect_stdout(file):
        serve({Study(root / "study.sqlite", N): Pairs(RUN, "b_to_a", root, "full")}, "127.0.0.1", 0)


@contextmanager
def study_served(root: Path, output: Path, idle_seconds: int = 60):
    """Serve the study in a process of its own; yield the process and its address."""
    process = PROCESSES.Process(target=serve_study, args=(root, output, idle_seconds))
    process.start()
    try:
        wait_until(lambda: output.exists() and output.read_text().endswith("\n"))
        yield process, output.read_text().split()[4].rstrip("/")
    finally:
        process.kill()
        process.join()


def half_open(address: str) -> socket.socket:
    """Open a connection and send the beginning of a request."""
    host, port = address.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)))
    connection.sendall(b"POST /begin HTTP/1.1\r\nHost: loc")
    return connection


def test_server_answers_while_many_connections_are_half_open(root):
    with study_served(root, root / "out.txt") as (_, address), ExitStack() as connections:
        for _ in range(300):
            connections.enter_context(half_open(address))
        assert requests.get(address, timeout=10).status_code == OK


def test_server_closes_half_open_connection_when_idle(root):
    with study_served(root, root / "out.txt", idle_seconds=1) as (_, address), half_open(address) as connection:
        connection.settimeout(15)
        assert connection.recv(1000) == b""


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
            with study_served(root, root / f"{kills}.txt") as (process, address):
                for browser in browsers if kills == 0 else []:
                    browser.post(f"{address}/begin")
                before = len(acknowledged)
                tasks = [people.submit(answer_until_server_is_gone, b, address, acknowledged) for b in browsers]
                wait_until(lambda: len(acknowledged) > before or all(task.done() for task in tasks))  # noqa: B023
                time.sleep(moments.uniform(0, 0.3))
                process.kill()
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
