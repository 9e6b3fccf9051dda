"""Each browser is one unnamed participant of one of the studies of a server."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from pixcycle.plan.names import fingerprint
from pixcycle.study import storage
from pixcycle.study.pairs import Pairs
from pixcycle.study.server import app
from pixcycle.study.storage import Study
from tests.study.conftest import RUN, N
from tests.study.server.browsing import CONFLICT, OK, begun, show_and_answer


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
