"""The study in a browser: pages, images and answers. Each browser that begins is a participant of its own."""

import logging
import sys
from http import HTTPStatus

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import BadRequest

from pixcycle.errors import UserError
from pixcycle.runs import fingerprint
from pixcycle.study.pairs import Pairs
from pixcycle.study.protocol import CHECKS, PRACTICE, SHOWN_MS, SIDES, TRIALS
from pixcycle.study.storage import Refused, Study

DAYS_TO_RETURN = 90
"""So long a browser remembers whose answers it gives."""
ONLY_OURS = "default-src 'none'; img-src 'self' blob: data:; script-src 'self'; style-src 'self'; connect-src 'self'"
LARGEST_REQUEST = 4096


def app(study: Study, pairs: Pairs) -> Flask:
    """The web application of one study.

    A page talks in JSON and names a trial by its random token only. What a participant may not do (a pair twice, an
    answer before its pair was shown, twice, or in another's name) is answered by 409, nonsense by 400.
    """
    web = Flask(__name__, template_folder="pages", static_folder="pages", static_url_path="/page")
    web.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST

    cookie = f"participant-{fingerprint(study.of)}"  # of a server's address, whatever the port, there is one jar

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
        found = study.turn(participant())
        if found is None:
            return jsonify(finished=True)
        return jsonify(
            token=found.token, practice=found.trial.kind == "practice", number=found.number, of=found.of, finished=False
        )

    @web.get("/image/<token>/<any(left, right):side>")
    def image(token: str, side: str) -> Response:
        return Response(pairs.png(study.trial(participant(), token), side), mimetype="image/png")

    @web.post("/show")
    def show() -> Response:
        study.show(participant(), _told("token", str))
        return jsonify({})

    @web.post("/answer")
    def answer() -> Response:
        side = _told("real", str)
        if side not in SIDES:
            raise BadRequest("real is left or right")
        right = study.answer(participant(), _told("token", str), side, float(_told("displayed_ms", int | float)))
        return jsonify(right=right)

    @web.errorhandler(Refused)
    def refuse(error: Refused) -> tuple[Response, int]:
        return jsonify(error=str(error)), HTTPStatus.CONFLICT

    @web.errorhandler(UserError)
    def tell(error: UserError) -> tuple[Response, int]:
        """As of a full disk. The page asks again until it is mended."""
        print(f"pixcycle: {error}", file=sys.stderr, flush=True)
        return jsonify(error="the study cannot note this now"), HTTPStatus.SERVICE_UNAVAILABLE

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

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that a request waits for a thread is no news
    server = waitress.create_server(app(study, pairs), host=host, port=port, ident=None)
    print(f"The study is at http://{server.effective_host}:{server.effective_port}/  (stop it with Ctrl-C)", flush=True)
    try:
        server.run()
    finally:
        server.close()


def _told(field: str, kind: type) -> object:
    """A field of the request's JSON. Raises BadRequest if it is missing or of another type."""
    told = request.get_json()
    if not isinstance(told, dict) or not isinstance(told.get(field), kind):
        raise BadRequest(f"{field} is missing or of the wrong type")
    return told[field]
