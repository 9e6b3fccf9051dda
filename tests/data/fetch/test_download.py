import gzip
import hashlib
from pathlib import Path

import pytest

from pixcycle.base.errors import UserError
from pixcycle.data.fetch.download import download
from tests.support.servers import PAGE, Answer

BODY = hashlib.shake_256(b"facades").digest(900_000)


@pytest.fixture
def to(tmp_path) -> Path:
    return tmp_path / "downloads/facades.tar.gz"


def get(address: str, to: Path) -> bytes:
    download(address, to, title="facades", progress=False)
    return to.read_bytes()


def refusal(address: str, to: Path) -> str:
    with pytest.raises(UserError) as refused:
        get(address, to)
    return str(refused.value)


def test_download_resumes_lost_connections_where_they_broke(server, to):
    address = server.put("/facades.tar.gz", BODY, lose_after=[150_000 * n for n in range(1, 6)])
    assert get(address, to) == BODY
    starts = [asked for _, asked in server.asked]
    assert starts == [None, *(f"bytes={150_000 * n}-" for n in range(1, 6))]
    assert server.sent == len(BODY)


@pytest.mark.parametrize("how", [{"ranges": False}, {"etag": None}, {"etag": 'W/"weak"'}])
def test_download_restarts_if_the_server_cannot_resume(server, to, how):
    address = server.put("/facades.tar.gz", BODY, lose_after=[500_000], **how)
    assert get(address, to) == BODY
    assert server.sent == 500_000 + len(BODY)


def test_download_gives_up_on_lost_connections_and_resumes_later(server, to):
    address = server.put("/facades.tar.gz", BODY, lose_after=[500_000] * 20)
    assert " after 500000 bytes" in refusal(address, to)
    assert 2 <= len(server.asked) <= 5
    sent = server.sent
    server.put("/facades.tar.gz", BODY)
    assert get(address, to) == BODY
    assert server.sent - sent == len(BODY) - 500_000


def test_download_restarts_if_the_file_on_the_server_was_replaced(server, to):
    address = server.put("/facades.tar.gz", bytes(len(BODY)), etag='"old"', lose_after=[500_000] * 20)
    refusal(address, to)
    server.put("/facades.tar.gz", BODY, etag='"new"')
    assert get(address, to) == BODY


def test_download_restarts_if_the_server_sends_a_different_range(server, to):
    address = server.put("/facades.tar.gz", BODY, lose_after=[500_000] * 20)
    refusal(address, to)
    server.put("/facades.tar.gz", BODY, ranges=False)
    whole = server.pages["/facades.tar.gz"]

    def beside_the_range(answer: Answer) -> None:
        if not answer.headers["Range"]:
            return whole(answer)
        answer.send_response(206)
        answer.send_header("Content-Range", f"bytes 100-{len(BODY) - 1}/{len(BODY)}")
        answer.end_headers()
        answer.wfile.write(BODY[100:])

    server.pages["/facades.tar.gz"] = beside_the_range
    assert get(address, to) == BODY


def test_download_continues_if_the_server_sends_part_of_a_range(server, to):
    address = server.put("/facades.tar.gz", BODY, lose_after=[100_000])
    first = server.pages["/facades.tar.gz"]

    def at_most_300_kb(answer: Answer) -> None:
        if not answer.headers["Range"]:
            return first(answer)
        start = int(answer.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        part = BODY[start : start + 300_000]
        answer.send_response(206)
        answer.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(BODY)}")
        answer.send_header("Content-Length", str(len(part)))
        answer.end_headers()
        answer.wfile.write(part)

    server.pages["/facades.tar.gz"] = at_most_300_kb
    assert get(address, to) == BODY
    assert [asked for _, asked in server.asked] == [None, "bytes=100000-", "bytes=400000-", "bytes=700000-"]


def test_download_asks_the_server_not_to_compress(server, to):
    image = b"satellite" * 1000

    def compressing(answer: Answer) -> None:
        wanted = "gzip" in (answer.headers["Accept-Encoding"] or "")
        answer.send_response(200)
        if wanted:
            answer.send_header("Content-Encoding", "gzip")
        answer.end_headers()
        answer.wfile.write(gzip.compress(image) if wanted else image)

    server.pages["/earth.jpg"] = compressing
    assert get(f"{server.address}/earth.jpg", to) == image


@pytest.mark.parametrize("status", [404, 500])
def test_download_reports_server_errors_and_succeeds_later(server, to, status):
    address = server.put("/facades.tar.gz", PAGE, status=status)
    assert refusal(address, to).startswith(f"the server answers {status} ")
    assert not to.exists()
    server.put("/facades.tar.gz", BODY)
    assert get(address, to) == BODY


def test_download_prints_progress_in_lines_without_a_terminal(server, to, capsys):
    address = server.put("/earth.jpg", bytes(3_000_000))
    download(address, to, title="earth  earth.jpg", progress=True)
    lines = capsys.readouterr().err.splitlines()
    assert 5 <= len(lines) <= 11
    assert all(line.startswith("earth  earth.jpg  ") and line.endswith(" of 3.0 MB") for line in lines)
    assert lines[-1] == "earth  earth.jpg  3.0 of 3.0 MB"
