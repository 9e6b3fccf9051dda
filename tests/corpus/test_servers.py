"""Tests of `pixcycle fetch` with local servers that lie, mislead and delay."""

import hashlib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pixcycle.base.errors import UserError
from pixcycle.data.fetch import download
from tests.corpus.fetching import RAW, fetched
from tests.corpus.form import Input, each, one_line
from tests.corpus.packed import FILES, a_tar
from tests.corpus.servers import BAD_SUM, DECLARED, SIZE, TOO_MUCH, UNDECLARED, chunks_without_end, to
from tests.support.disks import disk
from tests.support.servers import Server, serving


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> bytes:
    return a_tar(tmp_path_factory.mktemp("good") / "tiny.tar", *FILES).read_bytes()


@pytest.fixture
def address() -> Iterator[Server]:
    with serving(Server()) as server:
        server.handle_error = lambda *_: None  # the client hangs up when it refuses an answer
        yield server


def check(address: Server, tmp_path: Path, good: bytes, given: Input, **declared) -> None:
    address.pages["/tiny.tar"] = lambda answer: given.make(answer, good)
    address.put("/good.tar", good)
    result = fetched(tmp_path, f"{address.address}/tiny.tar", **declared)
    if isinstance(given.expected, str):
        one_line(result.refusal, f"tiny: {address.address}/tiny.tar: ", given.expected)
        assert not (tmp_path / RAW).exists()
    else:
        assert result.exit_code == 0, result.text
        for path, content in given.expected.items():
            assert (tmp_path / RAW / "files-0" / path).read_bytes() == content


@each(UNDECLARED)
def test_fetch_reports_a_misleading_server_in_one_line(tmp_path, address, good, given):
    check(address, tmp_path, good, given)


@each(DECLARED)
def test_fetch_reports_undeclared_data_in_one_line(tmp_path, address, good, given):
    assert len(good) == SIZE * 6
    check(address, tmp_path, good, given, size=len(good), sha256=sha256(good))


def test_fetch_never_opens_an_archive_with_another_checksum(tmp_path, address):
    """Its content would be refused too, but the checksum is checked first."""
    archive = a_tar(tmp_path / "hostile.tar", "../evil.jpg").read_bytes()
    sent = address.put("/hostile.tar", archive)
    one_line(fetched(tmp_path, sent, sha256=sha256(b"good")).refusal, BAD_SUM)
    one_line(fetched(tmp_path, sent, sha256=sha256(archive)).refusal, "outside the folder")


def test_fetch_unpacks_nothing_before_verifying_the_content(tmp_path, address, good):
    """The folder for the unpacked files is a link to /dev/null: creating it would fail with another error."""
    work = tmp_path / RAW.with_name("tiny.part")
    work.mkdir(parents=True)
    (work / "files-0").symlink_to("/dev/null")
    sent = address.put("/tiny.tar", good)
    one_line(fetched(tmp_path, sent, content="0" * 64).refusal, "its files have the content digest")


def test_fetch_ends_endless_data_before_the_disk_is_full(tmp_path, address, good):
    with disk(tmp_path / "disk", size=20 << 20) as mounted:
        address.pages["/tiny.tar"] = lambda answer: chunks_without_end(answer, good)
        refusal = fetched(mounted.folder, f"{address.address}/tiny.tar").refusal
        one_line(refusal, TOO_MUCH)
        [most] = [int(word) for word in refusal.split() if word.isdigit()]
        assert 19_000_000 < most < 20_000_000
        assert not list(mounted.folder.rglob("tiny.tar"))


@pytest.mark.parametrize(
    "note", [b"", b"{", b"[1]", b"\xff\x00", b'{"validator": ["x"], "size": "many"}', b'{"size": 1e999}']
)
def test_fetch_restarts_a_download_with_a_damaged_server_file(tmp_path, address, good, note):
    location = address.put("/tiny.tar", good)
    place = tmp_path / RAW.with_name("tiny.part") / "downloads" / sha256(location.encode())[:8]
    place.mkdir(parents=True)
    (place / "tiny.tar").write_bytes(b"other bytes")
    (place / "tiny.tar.server").write_bytes(note)
    result = fetched(tmp_path, location)
    assert result.exit_code == 0, result.text
    assert (tmp_path / RAW / "files-0/train/1.jpg").read_bytes() == FILES["train/1.jpg"]


@pytest.mark.parametrize("place", [RAW.with_name("tiny.part") / "fetched.json", Path("data/recorded.json")])
@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\x00"])
def test_fetch_names_a_damaged_record(tmp_path, address, good, place, content):
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_bytes(content)
    one_line(fetched(tmp_path, address.put("/tiny.tar", good)).refusal, str(place))


def test_download_refuses_a_redirect_from_https_to_http(tmp_path, address, good, monkeypatch):
    """Without a declared checksum, anybody in between could replace the archive."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    secure = Server()
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    with serving(secure):
        plain = address.put("/tiny.tar", good)
        secure.put("/tiny.tar", good)
        secure.pages["/plain"] = lambda answer: to(plain)(answer, good)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        safe = f"https://localhost:{secure.server_port}"
        download.download(f"{safe}/tiny.tar", tmp_path / "safe.tar", title="tiny", progress=False)
        assert (tmp_path / "safe.tar").read_bytes() == good
        with pytest.raises(UserError, match="redirects from https:// to http://"):
            download.download(f"{safe}/plain", tmp_path / "plain.tar", title="tiny", progress=False)
        assert not (tmp_path / "plain.tar").exists()


@pytest.fixture
def drip(request) -> Iterator[str]:
    """A server that sends one byte every 0.1 seconds, from a point in its headers, in a chunk size or in the data."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            connection.sendall(request.param)
            while True:
                time.sleep(0.1)
                connection.sendall(b"0")

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/tiny.tar"
    listening.close()


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "drip",
    [
        pytest.param(b"", id="the status line"),
        pytest.param(OK + b"X-Slow: ", id="a header"),
        pytest.param(OK + b"Content-Length: 900\r\n\r\n", id="data"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n", id="the size of a chunk"),
        pytest.param(OK + b"\r\n", id="data of unknown size"),
    ],
    indirect=True,
)
def test_download_gives_up_on_a_dripping_server(tmp_path, drip, monkeypatch):
    monkeypatch.setattr(download, "SECONDS_BETWEEN_LOOKS", 0.5)
    start = time.monotonic()
    with pytest.raises(UserError, match=r"^the server sent only [0-9]+ bytes in 0\.5 s$"):
        download.download(drip, tmp_path / "tiny.tar", title="tiny", progress=False)
    assert time.monotonic() - start < 5
