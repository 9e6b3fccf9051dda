"""Participants' requests, as their browsers send them, and the clock of the server."""

import io

import numpy as np
from PIL import Image

OK, CONFLICT = 200, 409


class Clock:
    """A clock that stands still until it is moved."""

    now = 1.0

    def time(self) -> float:
        return self.now

    def let_a_pair_be_shown(self) -> None:
        self.now += 0.021


CLOCK = Clock()


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
