"""Tests of `fetch`: sources must have the declared or first recorded sha256 or content digest."""

import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from pixcycle.base.errors import UserError
from pixcycle.data.fetch.locations import fetch
from pixcycle.data.user_data import note_own_data
from pixcycle.params.dataset import Source
from tests.support.facades import (
    CONTENT,
    FILES,
    GOOD,
    OTHER,
    OUT,
    RECORDED,
    REPACKED,
    WORK,
    archive_at,
    files_of,
    get,
    refusal,
    sha256,
    tarball,
)
from tests.support.servers import PAGE

pytestmark = pytest.mark.usefixtures("in_a_project_folder")


@pytest.mark.parametrize("declared", [{"sha256": sha256(GOOD)}, {"content": CONTENT}, {}])
@pytest.mark.parametrize("name", ["facades.tar.gz", "earth.jpg"])
def test_fetch_refuses_an_html_page_and_does_not_keep_it(server, declared, name):
    address = server.put(f"/{name}", PAGE)
    assert f"{address}: is an HTML page" in refusal(Source(locations=[address], **declared))
    assert not RECORDED.exists()
    assert not list(WORK.rglob(name))


@pytest.mark.parametrize("compression", ["gz", "xz"])
@pytest.mark.parametrize("declared", ["size", "content", "nothing"])
def test_fetch_detects_a_truncated_file_of_unknown_size(server, compression, declared):
    whole = tarball(FILES, compression)
    address = server.put(f"/facades.tar.{compression}", whole[:-1000], sized=False)
    source = {
        "size": Source(locations=[address], size=len(whole), sha256=sha256(whole)),
        "content": Source(locations=[address], content=CONTENT),
        "nothing": Source(locations=[address]),
    }[declared]
    reason = refusal(source)
    assert "cut off" in reason
    if declared == "size":
        assert f"has {len(whole) - 1000} bytes, expected {len(whole)}" in reason
    server.put(f"/facades.tar.{compression}", whole, sized=False)
    assert files_of(*get(source)) == FILES


def test_fetch_reports_both_checksums_and_tries_the_next_location(server):
    wrong, right = server.put("/old/facades.tar.gz", OTHER), server.put("/new/facades.tar.gz", GOOD)
    reason = refusal(Source(locations=[wrong], sha256=sha256(GOOD)))
    assert f"{wrong}: the sha256 is {sha256(OTHER)}, expected {sha256(GOOD)}" in reason
    [entry] = get(Source(locations=[wrong, right], sha256=sha256(GOOD)))
    assert entry["location"] == right
    assert files_of(entry) == FILES


@pytest.mark.parametrize("declared", [{}, {"sha256": sha256(GOOD), "size": len(GOOD)}])
def test_fetch_accepts_a_repacked_archive_by_its_content(declared):
    [entry] = get(Source(locations=[archive_at("facades.tar.xz", REPACKED)], content=CONTENT, **declared))
    assert files_of(entry) == FILES
    assert entry["sha256"] == sha256(REPACKED)
    assert not RECORDED.exists()


def test_fetch_refuses_other_content_and_reports_both_digests():
    lines = "".join(
        f"{sha256(content)}  {path}\n" for path, content in sorted((FILES | {"facades/val/1.jpg": b"2"}).items())
    )
    reason = refusal(Source(locations=[archive_at("facades.tar.gz", OTHER)], content=CONTENT))
    assert f"content digest {sha256(lines.encode())}, expected {CONTENT}" in reason


def test_fetch_accepts_a_matching_sha256_whatever_content_says():
    get(Source(locations=[archive_at("facades.tar.gz")], sha256=sha256(GOOD), content="1" * 64))


def test_fetch_records_and_enforces_the_first_sha256(server):
    source = Source(locations=[server.put("/facades.tar.gz", GOOD)])
    get(source)
    seen = {"sha256": sha256(GOOD), "size": len(GOOD), "location": source.locations[0]}
    assert list(json.loads(RECORDED.read_text()).values()) == [seen]
    get(source)
    server.put("/facades.tar.gz", OTHER)
    fetch_again = partial(fetch, "facades", [source], Path("data/raw/facades-2"), mirror=None, recorded=RECORDED)
    with pytest.raises(UserError) as refused:
        fetch_again()
    reason = str(refused.value)
    assert all(part in reason for part in (sha256(GOOD), sha256(OTHER), str(RECORDED), "params.yaml"))
    assert not Path("data/raw/facades-2").exists()
    assert list(json.loads(RECORDED.read_text()).values()) == [seen]


def test_fetch_requires_other_locations_to_match_recorded_own_files(server):
    own = Source(locations=[server.put("/facades.tar.gz", GOOD), archive_at("own/facades.tar.gz", GOOD)])
    note_own_data([own])
    Path("own/facades.tar.gz").unlink()
    assert files_of(*get(own)) == FILES
    shutil.rmtree(OUT)
    server.put("/facades.tar.gz", OTHER)
    assert "content digest" in (reason := refusal(own)) and str(RECORDED) in reason


def test_fetch_accepts_an_archive_of_the_recorded_own_folder(server):
    for path, content in FILES.items():
        archive_at(f"own/{path}", content)
    own = Source(locations=[server.put("/facades.tar.gz", GOOD), "own"])
    note_own_data([own])
    shutil.rmtree("own")
    assert files_of(*get(own)) == FILES


def test_fetch_prefers_the_users_own_files_over_a_server(server):
    own = Source(locations=[server.put("/facades.tar.gz", OTHER), archive_at("own/facades.tar.gz", GOOD)])
    assert files_of(*get(own)) == FILES
    assert server.asked == []


def test_fetch_does_not_record_what_it_cannot_unpack():
    refusal(Source(locations=[archive_at("facades.tar.gz", GOOD[:-100])]))
    assert not RECORDED.exists()
