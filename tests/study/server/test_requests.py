"""Requests that the study's server refuses."""

import sqlite3
from collections import Counter

import pytest

from pixcycle.study import server, storage
from tests.study.server.browsing import CLOCK, CONFLICT, OK, Clock, answer, begun, show, turn


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


@pytest.mark.parametrize(
    "path",
    ["/image/../../etc/passwd/left", "/image/x/..%2f..%2fetc%2fpasswd", "/page/../server.py", "/page/..%2fserver.py"],
)
def test_server_serves_only_its_pages_and_pairs(web, path):
    assert begun(web).get(path).status_code in (404, CONFLICT)
