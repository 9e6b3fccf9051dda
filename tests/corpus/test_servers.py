"""Servers that lie, mislead and delay, through `pixcycle fetch`: real ones on this machine."""

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

from pixcycle.data import download
from pixcycle.errors import UserError
from tests.corpus.fetching import RAW, fetched
from tests.corpus.form import Input, each, one_line
from tests.corpus.packed import FILES, a_tar
from tests.corpus.servers import BAD_SUM, DECLARED, SIZE, TOO_MUCH, UNDECLARED, chunks_without_end, to
from tests.disks import disk
from tests.servers import Server, serving


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> bytes:
    return a_tar(tmp_path_factory.mktemp("good") / "tiny.tar", *FILES).read_bytes()


@pytest.fixture
def address() -> Iterator[Server]:
    with serving(Server()) as server:
        server.handle_error = lambda *_: None  # who is refused hangs up
        yield server


def check(address: Server, tmp_path: Path, good: bytes, given: Input, **declared) -> None:
    address.pages["/tiny.tar"] = lambda answer: given.make(answer, good)
    address.put("/good.tar", good)
    told = fetched(tmp_path, f"{address.address}/tiny.tar", **declared)
    if isinstance(given.expected, str):
        one_line(told.refusal, f"tiny: {address.address}/tiny.tar: ", given.expected)
        assert not (tmp_path / RAW).exists()
    else:
        assert told.exit_code == 0, told.text
        for path, content in given.expected.items():
            assert (tmp_path / RAW / "files-0" / path).read_bytes() == content


@each(UNDECLARED)
def test_a_server_that_misleads_is_told_in_one_line(tmp_path, address, good, given):
    check(address, tmp_path, good, given)


@each(DECLARED)
def test_a_server_that_sends_what_is_not_declared_is_told_in_one_line(tmp_path, address, good, given):
    assert len(good) == SIZE * 6
    check(address, tmp_path, good, given, size=len(good), sha256=sha256(good))


def test_a_hostile_archive_of_another_checksum_is_never_opened(tmp_path, address):
    """It would be refused for what it holds, or for hanging; it is for its checksum."""
    archive = a_tar(tmp_path / "hostile.tar", "../evil.jpg").read_bytes()
    sent = address.put("/hostile.tar", archive)
    one_line(fetched(tmp_path, sent, sha256=sha256(b"good")).refusal, BAD_SUM)
    one_line(fetched(tmp_path, sent, sha256=sha256(archive)).refusal, "outside the folder")


def test_nothing_of_an_archive_is_written_before_its_content_is_known_to_be_the_declared(tmp_path, address, good):
    """The folder that it would be unpacked into cannot even be made."""
    work = tmp_path / RAW.with_name("tiny.part")
    work.mkdir(parents=True)
    (work / "files-0").symlink_to("/dev/null")
    sent = address.put("/tiny.tar", good)
    one_line(fetched(tmp_path, sent, content="0" * 64).refusal, "its files have the content digest")


def test_data_without_end_of_no_declared_size_end_before_the_disk_is_full(tmp_path, address, good):
    with disk(tmp_path / "disk", size=20 << 20) as mounted:
        address.pages["/tiny.tar"] = lambda answer: chunks_without_end(answer, good)
        told = fetched(mounted.folder, f"{address.address}/tiny.tar").refusal
        one_line(told, TOO_MUCH)
        [most] = [int(word) for word in told.split() if word.isdigit()]
        assert 19_000_000 < most < 20_000_000
        assert not list(mounted.folder.rglob("tiny.tar"))


@pytest.mark.parametrize(
    "note", [b"", b"{", b"[1]", b"\xff\x00", b'{"validator": ["x"], "size": "many"}', b'{"size": 1e999}']
)
def test_a_damaged_note_of_what_a_server_said_costs_no_more_than_what_was_here(tmp_path, address, good, note):
    location = address.put("/tiny.tar", good)
    place = tmp_path / RAW.with_name("tiny.part") / "downloads" / sha256(location.encode())[:8]
    place.mkdir(parents=True)
    (place / "tiny.tar").write_bytes(b"other bytes")
    (place / "tiny.tar.server").write_bytes(note)
    told = fetched(tmp_path, location)
    assert told.exit_code == 0, told.text
    assert (tmp_path / RAW / "files-0/train/1.jpg").read_bytes() == FILES["train/1.jpg"]


@pytest.mark.parametrize("place", [RAW.with_name("tiny.part") / "fetched.json", Path("data/recorded.json")])
@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\x00"])
def test_a_damaged_record_of_what_was_fetched_is_told_by_its_name(tmp_path, address, good, place, content):
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_bytes(content)
    one_line(fetched(tmp_path, address.put("/tiny.tar", good)).refusal, str(place))


def test_a_server_that_leads_from_https_to_http_is_refused(tmp_path, address, good, monkeypatch):
    """An archive of no declared checksum would be taken from whoever stands between."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    made += ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate]
    subprocess.run(made, check=True, capture_output=True)
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
        with pytest.raises(UserError, match="leads from https:// to http://"):
            download.download(f"{safe}/plain", tmp_path / "plain.tar", title="tiny", progress=False)
        assert not (tmp_path / "plain.tar").exists()


@pytest.fixture
def drip(request) -> Iterator[str]:
    """A server that sends a byte each tenth of a second: of its headers, of a chunk's size or of the data."""
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
        pytest.param(b"", id="its status"),
        pytest.param(OK + b"X-Slow: ", id="a header"),
        pytest.param(OK + b"Content-Length: 900\r\n\r\n", id="data"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n", id="the size of a chunk"),
        pytest.param(OK + b"\r\n", id="data of unknown size"),
    ],
    indirect=True,
)
def test_a_server_that_drips_is_given_up(tmp_path, drip, monkeypatch):
    monkeypatch.setattr(download, "SECONDS_BETWEEN_LOOKS", 0.5)
    begun = time.monotonic()
    with pytest.raises(UserError, match=r"^the server sent [0-9]+ bytes in 0\.5 s$"):
        download.download(drip, tmp_path / "tiny.tar", title="tiny", progress=False)
    assert time.monotonic() - begun < 5
