"""The trials that the study's server shows, and what it tells about them."""

import sqlite3
from collections import Counter

import numpy as np

from pixcycle.study import storage
from pixcycle.study.pairs import Pairs
from pixcycle.study.protocol import CHECKS, PRACTICE, TRIALS, Protocol, other_inputs
from pixcycle.study.server import app
from pixcycle.study.storage import Study
from tests.study.conftest import RUN, N
from tests.study.server.browsing import CLOCK, CONFLICT, answer, begun, brightness, show, show_and_answer, turn


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


def _kind(study, trial):
    return _of(study, trial, "kind")


def _image(study, trial):
    return _of(study, trial, "image")


def _of(study, trial, field):
    with sqlite3.connect(study.path) as db:
        return db.execute(f"SELECT {field} FROM trials WHERE token = ?", (trial["token"],)).fetchone()[0]
