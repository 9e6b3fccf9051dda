"""The study's server as a process of its own, beset by half-open connections and killed."""

import random
import socket
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from pathlib import Path

import requests

from pixcycle.study import server, storage
from pixcycle.study.pairs import Pairs
from pixcycle.study.server import serve
from pixcycle.study.storage import Study
from tests.conftest import wait_until
from tests.study.conftest import RUN, N
from tests.study.server.browsing import OK
from tests.support.processes import PROCESSES


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
