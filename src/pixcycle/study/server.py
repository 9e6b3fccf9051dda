"""Web server of a study: pages, images and answers. Each browser that begins is a separate participant."""

import logging
import sys
from http import HTTPStatus

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import BadRequest

from pixcycle.base.errors import UserError
from pixcycle.plan import fingerprint
from pixcycle.study.pairs import Pairs
from pixcycle.study.protocol import CHECKS, PRACTICE, SHOWN_MS, SIDES, TRIALS
from pixcycle.study.storage import Refused, Study

DAYS_TO_RETURN = 90
"""Lifetime of the cookie that identifies a participant."""
ONLY_OURS = "default-src 'none'; img-src 'self' blob: data:; script-src 'self'; style-src 'self'; connect-src 'self'"
LARGEST_REQUEST = 4096


def app(study: Study, pairs: Pairs) -> Flask:
    """Return the web application of one study.

    Pages send JSON, and identify a trial only by its random token. Requests that a participant may not make (to see a
    pair twice; to answer before the pair was shown, twice, or for somebody else) get status 409, malformed ones 400.
    """
    web = Flask(__name__, template_folder="pages", static_folder="pages", static_url_path="/page")
    web.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST

    cookie = f"participant-{fingerprint(study.of)}"  # all ports of a host share their cookies

    def participant() -> str:
        return request.cookies.get(cookie, "")

    @web.get("/")
    def start() -> str:
        known = bool(participant())
        return render_template("study.html", practice=PRACTICE, trials=TRIALS + CHECKS, shown_ms=SHOWN_MS, known=known)

    @web.post("/begin")
    def begin() -> Response:
        answer = jsonify({})
        answer.set_cookie(cookie, study.begin(), DAYS_TO_RETURN * 86400, httponly=True, samesite="Strict")
        return answer

    @web.post("/turn")
    def turn() -> Response:
        current = study.turn(participant())
        if current is None:
            return jsonify(finished=True)
        practice = current.trial.kind == "practice"
        return jsonify(token=current.token, practice=practice, number=current.number, of=current.of, finished=False)

    @web.get("/image/<token>/<any(left, right):side>")
    def image(token: str, side: str) -> Response:
        return Response(pairs.png(study.trial(participant(), token), side), mimetype="image/png")

    @web.post("/show")
    def show() -> Response:
        study.show(participant(), _field("token", str))
        return jsonify({})

    @web.post("/answer")
    def answer() -> Response:
        side = _field("real", str)
        if side not in SIDES:
            raise BadRequest("real must be left or right")
        right = study.answer(participant(), _field("token", str), side, float(_field("displayed_ms", int | float)))
        return jsonify(right=right)

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


def serve(study: Study, pairs: Pairs, host: str, port: int) -> None:
    """Serve until interrupted."""
    import waitress

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns whenever a request waits for a thread
    server = waitress.create_server(app(study, pairs), host=host, port=port, ident=None)
    print(f"The study is at http://{server.effective_host}:{server.effective_port}/  (stop it with Ctrl-C)", flush=True)
    try:
        server.run()
    finally:
        server.close()


def _field(field: str, kind: type) -> object:
    """Return a field of the request's JSON. Raise BadRequest if it is missing or of another type."""
    content = request.get_json()
    if not isinstance(content, dict) or not isinstance(content.get(field), kind):
        raise BadRequest(f"{field} is missing or of the wrong type")
    return content[field]
