"""Servers that lie, mislead and delay: how they answer a request for an archive, and the expected outcome."""

from collections.abc import Callable

from tests.corpus.form import Input
from tests.corpus.packed import FILES
from tests.support.servers import PAGE, Answer

SIZE = 10240


def to(location: str) -> Callable:
    """Return an answer that redirects to another location."""

    def answer(self: Answer, good: bytes) -> None:
        self.send_response(302)
        self.send_header("Location", location.format(port=self.server.server_port))
        self.send_header("Content-Length", "0")
        self.end_headers()

    return answer


def sends(body: bytes | None = None, status: int = 200, **headers: str) -> Callable:
    """Return an answer with exactly these headers and, if `body` is None, the good archive."""

    def answer(self: Answer, good: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(good if body is None else body)

    return answer


def without_end(self: Answer, good: bytes) -> None:
    self.send_response(200)
    self.end_headers()
    while True:
        self.wfile.write(bytes(1 << 16))


def chunks_without_end(self: Answer, good: bytes) -> None:
    self.protocol_version = "HTTP/1.1"
    self.send_response(200)
    self.send_header("Transfer-Encoding", "chunked")
    self.end_headers()
    while True:
        self.wfile.write(b"10000\r\n" + bytes(1 << 16) + b"\r\n")


def headers_without_end(self: Answer, good: bytes) -> None:
    self.send_response(200)
    while True:
        self.wfile.write(b"X-More: " + b"x" * 1000 + b"\r\n")


def header_without_end(self: Answer, good: bytes) -> None:
    self.send_response(200)
    self.flush_headers()
    while True:
        self.wfile.write(b"x" * 1000)


def no_http(self: Answer, good: bytes) -> None:
    self.wfile.write(b"\x00\xff" * 1000)


def another_file_in_the_middle(self: Answer, good: bytes) -> None:
    """Lose the first connection, then send the rest of a newer file, with a validator that says so."""
    first = not self.headers["Range"]
    new = good.replace(b"one", b"two")
    start = 0 if first or self.headers["Range"] == "bytes=0-" else int(self.headers["Range"][6:-1])
    self.send_response(206 if start else 200)
    self.send_header("ETag", '"new"' if len(self.server.asked) > 1 else '"old"')
    if start:
        self.send_header("Content-Range", f"bytes {start}-{len(new) - 1}/{len(new)}")
    self.send_header("Content-Length", str(len(new) - start))
    self.end_headers()
    self.wfile.write(good[:5000] if len(self.server.asked) == 1 else new[start:])


UNSENT = "the connection failed or was lost"
TOO_MUCH = "the server sends more than the"
BAD_SUM = "the sha256 is "
NEW = {"train/1.jpg": b"two", "train/2.jpg": FILES["train/2.jpg"]}
UNDECLARED = [
    Input("redirects to a local file", to("file:///etc/passwd"), "neither http:// nor https://"),
    Input("redirects to FTP", to("ftp://127.0.0.1/tiny.tar"), "neither http:// nor https://"),
    Input("redirects to Gopher", to("gopher://127.0.0.1/tiny.tar"), "neither http:// nor https://"),
    Input("redirects to a script", to("javascript:alert(1)"), "neither http:// nor https://"),
    Input("redirects to itself", to("/tiny.tar"), "from one address to the next without end"),
    Input("redirects to an invalid address", to("http://[::1"), "one that the server redirects to, is not valid"),
    Input("redirects to an unreachable server", to("http://127.0.0.1:1/tiny.tar"), UNSENT),
    Input("redirects to a good address", to("http://localhost:{port}/good.tar"), FILES),
    Input("declares less than it sends", sends(Content_Length="5000"), "tiny.tar: "),
    Input("declares more than it sends", sends(Content_Length="99999999"), UNSENT),
    Input("declares a negative size", sends(Content_Length="-5"), FILES),
    Input("declares a size that is not a number", sends(Content_Length="many"), FILES),
    Input("declares a size of 5000 digits", sends(Content_Length="9" * 5000), FILES),
    Input("declares two sizes", sends(Content_Length="5, 7"), "multiple unmatching values"),
    Input("declares a size of an exabyte", sends(Content_Length=str(1 << 60)), TOO_MUCH),
    Input("declares a compression that it does not use", sends(Content_Encoding="gzip"), FILES),
    Input("sends a range that was not requested", sends(b"x" * 99, 206, Content_Range="bytes 5-103/104"), UNSENT),
    Input("sends an invalid range", sends(b"x" * 99, 206, Content_Range="bytes x"), UNSENT),
    Input("sends nothing", sends(b""), "damaged, cut off, or neither zip nor tar"),
    Input("sends a login page", sends(PAGE), "is an HTML page (an error, a login"),
    Input("does not speak HTTP", no_http, UNSENT),
    Input("sends endless headers", headers_without_end, UNSENT),
    Input("sends an endless header", header_without_end, UNSENT),
    Input("replaces the file during the download", another_file_in_the_middle, NEW),
    Input("answers 500", sends(PAGE, 500), "the server answers 500"),
    Input("answers 204", sends(b"", 204), "damaged, cut off, or neither zip nor tar"),
]
DECLARED = [
    Input("sends endless data", without_end, f"{TOO_MUCH} {SIZE * 6}"),
    Input("sends endless chunks", chunks_without_end, f"{TOO_MUCH} {SIZE * 6}"),
    Input("sends too many bytes", sends(bytes(SIZE * 6 + 1)), f"{TOO_MUCH} {SIZE * 6}"),
    Input("sends too few bytes", sends(b"ustar" * 99), f"has 495 bytes, expected {SIZE * 6}: it is cut off"),
    Input("sends other bytes", sends(bytes(SIZE * 6)), BAD_SUM),
    Input("sends the right bytes", sends(), FILES),
]
SERVERS = [*UNDECLARED, *DECLARED]
