"""Web server of studies: pages, images and answers. Each browser that begins is a separate participant of one study."""

import logging
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from ipaddress import ip_address
from threading import Lock
from time import monotonic
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, render_template, request
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError
from werkzeug.exceptions import BadRequest, TooManyRequests, UnsupportedMediaType

from pixcycle.base.errors import UserError
from pixcycle.plan.names import fingerprint
from pixcycle.study.pairs import Pairs
from pixcycle.study.protocol import PRACTICE, SHOWN_MS, TRIALS, Side
from pixcycle.study.storage import Refused, Study

DAYS_TO_RETURN = 90
"""Lifetime of the cookie that identifies a participant."""
ONLY_OURS = "default-src 'none'; img-src 'self' blob: data:; script-src 'self'; style-src 'self'; connect-src 'self'"
LARGEST_REQUEST = 4096
"""Maximum size of a request's JSON, in bytes."""
LARGEST_HEADERS = 32768
"""Maximum size of a request's headers, in bytes; they include the cookies of all servers on this host."""
BEGINS_PER_MINUTE = 60
"""Maximum number of participants who begin from one network address in a minute."""
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
EVERYWHERE = ("0.0.0.0", "::")
"""Addresses that make a server listen on all addresses of the machine."""
CONNECTIONS = 900
"""Maximum number of connections that are open at once; many systems allow a process 1024 open files."""
IDLE_SECONDS = 30
"""Time after which a connection that sends nothing is closed."""


class ShownPair(BaseModel):
    """Content of the request to show a pair."""

    model_config = ConfigDict(strict=True)
    token: str


class AnsweredPair(ShownPair):
    """Content of the request that answers a pair."""

    real: Side
    displayed_ms: Annotated[FiniteFloat, Field(ge=0)]


Content = TypeVar("Content", bound=BaseModel)


class Begins:
    """Counts who begins, by network address. Addresses are held in memory for at most a minute, and never stored."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._minute, self._counts = 0, Counter()

    def count(self, address: str | None) -> None:
        """Count one more participant from an address. Raise TooManyRequests if there are too many in this minute."""
        minute, second = divmod(int(monotonic()), 60)
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, Counter()
            self._counts[address] += 1
            if self._counts[address] > BEGINS_PER_MINUTE:
                raise TooManyRequests(retry_after=60 - second)


def app(studies: Mapping[Study, Pairs], hosts: Iterable[str] = ()) -> Flask:
    """Return the web application of one or several studies of the same protocol.

    Whoever begins is assigned to the study with the fewest participants, the first of these, and stays there: each
    participant sees the images of one method, as in the study of Isola et al., and all methods get equally many.

    Pages send JSON, and identify a trial only by its random token. Requests that a participant may not make (to see a
    pair twice; to answer before the pair was shown, twice, or for somebody else) get status 409, malformed ones 400.

    Parameters
    ----------
    hosts
        Names and addresses in the Host header that are accepted in addition to THIS_MACHINE. Others get status 400: by
        DNS rebinding, a page of another site could reach the study under its own name.
    """
    web = Flask(__name__, template_folder="pages", static_folder="pages", static_url_path="/page")
    web.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST

    cookies = {study: f"participant-{fingerprint(study.of)}" for study in studies}  # all ports of a host share them
    first = next(iter(studies))
    accepted = {_normal(host) for host in (*THIS_MACHINE, *hosts)}
    begins, assigning = Begins(), Lock()

    def participant() -> tuple[Study, str]:
        """Return the study in which the browser takes part, and its token there, which is empty for a new browser."""
        taken = ((study, request.cookies.get(cookie)) for study, cookie in cookies.items())
        return next(((study, token) for study, token in taken if token), (first, ""))

    @web.before_request
    def refuse_other_hosts() -> None:
        if not _is_accepted(request.host, accepted):
            raise BadRequest("this host name is not accepted; allow it with pixcycle study serve --allow-host NAME")

    @web.get("/")
    def start() -> str:
        numbers = {"practice": PRACTICE, "trials": TRIALS + first.protocol.checks, "checks": first.protocol.checks}
        known, pairing = bool(participant()[1]), first.protocol.pairing
        return render_template("study.html", shown_ms=SHOWN_MS, known=known, pairing=pairing, **numbers)

    @web.post("/begin")
    def begin() -> Response:
        begins.count(request.remote_addr)
        with assigning:
            study = min(studies, key=Study.participants)
            token = study.begin()
        answer = jsonify({})
        for cookie in cookies.values():
            if cookie in request.cookies:  # of an unknown participant
                answer.delete_cookie(cookie)
        answer.set_cookie(cookies[study], token, DAYS_TO_RETURN * 86400, httponly=True, samesite="Strict")
        return answer

    @web.post("/turn")
    def turn() -> Response:
        study, token = participant()
        current = study.turn(token)
        if current is None:
            return jsonify(finished=True)
        practice = current.trial.kind == "practice"
        return jsonify(token=current.token, practice=practice, number=current.number, of=current.of, finished=False)

    @web.get("/image/<token>/<any(left, right):side>")
    def image(token: str, side: str) -> Response:
        study, own = participant()
        png = studies[study].png(study.trial(own, token), side, study.protocol.pairing)
        return Response(png, mimetype="image/png")

    @web.post("/show")
    def show() -> Response:
        study, own = participant()
        study.show(own, _content(ShownPair).token)
        return jsonify({})

    @web.post("/answer")
    def answer() -> Response:
        content = _content(AnsweredPair)
        study, own = participant()
        return jsonify(right=study.answer(own, content.token, content.real, content.displayed_ms))

    @web.errorhandler(Refused)
    def refuse(error: Refused) -> tuple[Response, int]:
        return jsonify(error=str(error)), HTTPStatus.CONFLICT

    @web.errorhandler(UserError)
    def tell(error: UserError) -> tuple[Response, int]:
        """Report an error such as a full disk. The page repeats its request until the error is resolved."""
        print(f"pixcycle: {error}", file=sys.stderr, flush=True)
        return jsonify(error="the study cannot store this now"), HTTPStatus.SERVICE_UNAVAILABLE

    @web.after_request
    def guard(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = ONLY_OURS
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return web


def serve(studies: Mapping[Study, Pairs], host: str, port: int, hosts: Iterable[str] = ()) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    hosts
        Further names of this machine that browsers may use, see `app`.

    Raises
    ------
    UserError
        If the host is not an address of this machine, or the port is not free.
    """
    import waitress

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns whenever a request waits for a thread
    try:
        server = waitress.create_server(
            app(studies, [host, *hosts]),
            host=host,
            port=port,
            ident=None,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_SECONDS,
            cleanup_interval=1,
            max_request_header_size=LARGEST_HEADERS,
            max_request_body_size=LARGEST_REQUEST,
            asyncore_use_poll=True,  # select() takes at most 1024 connections
        )
    except (OSError, ValueError) as error:
        raise UserError(f"study serve: cannot listen on {host}, port {port} ({error}); try --port 0") from None
    # A name such as localhost may have several addresses; any of them leads to the study.
    several = getattr(server, "effective_listen", None)
    address, port = several[0] if several else (server.effective_host, server.effective_port)
    print(
        f"The study is at http://{f'[{address}]' if ':' in address else address}:{port}/  (stop it with Ctrl-C)",
        flush=True,
    )
    try:
        server.run()
    finally:
        server.close()


def _content(kind: type[Content]) -> Content:
    """Return the request's JSON. Raise BadRequest if a field is missing, of another type or out of range."""
    if not request.is_json:
        raise UnsupportedMediaType("the content must be application/json")
    try:
        return kind.model_validate_json(request.get_data())
    except ValidationError as error:
        mistake = error.errors(include_input=False)[0]
        raise BadRequest(f"{'.'.join(map(str, mistake['loc']))}: {mistake['msg']}") from None


def _is_accepted(header: str, accepted: set[str]) -> bool:
    """Return whether a Host header has an accepted name. A server on all addresses accepts every numeric address."""
    host = _normal(urlsplit(f"//{header}").hostname or "")
    return host in accepted or (_is_numeric(host) and not accepted.isdisjoint(EVERYWHERE))


def _normal(host: str) -> str:
    """Return a host name in small letters, and a numeric address in its usual spelling, without brackets."""
    host = host.strip("[]").lower()
    return str(ip_address(host)) if _is_numeric(host) else host


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
