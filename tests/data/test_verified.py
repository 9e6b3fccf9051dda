"""What was fetched is held to what is declared, or was seen the first time: by its sha256 or by its content."""

import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from pixcycle.data.locations import fetch
from pixcycle.data.own import note_own_data
from pixcycle.errors import UserError
from pixcycle.schema import Source
from tests.data.facades import (
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
from tests.servers import PAGE

pytestmark = pytest.mark.usefixtures("in_a_project_folder")


@pytest.mark.parametrize("declared", [{"sha256": sha256(GOOD)}, {"content": CONTENT}, {}])
@pytest.mark.parametrize("name", ["facades.tar.gz", "earth.jpg"])
def test_a_page_in_place_of_the_data_is_told_and_not_kept(server, declared, name):
    address = server.put(f"/{name}", PAGE)
    assert f"{address}: is an HTML page" in refusal(Source(locations=[address], **declared))
    assert not RECORDED.exists()
    assert not list(WORK.rglob(name))


@pytest.mark.parametrize("compression", ["gz", "xz"])
@pytest.mark.parametrize("declared", ["size", "content", "nothing"])
def test_a_cut_off_file_is_told_even_when_the_server_does_not_say_how_long_it_is(server, compression, declared):
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


def test_a_wrong_checksum_is_told_with_both_and_the_next_location_is_tried(server):
    wrong, right = server.put("/old/facades.tar.gz", OTHER), server.put("/new/facades.tar.gz", GOOD)
    reason = refusal(Source(locations=[wrong], sha256=sha256(GOOD)))
    assert f"{wrong}: the sha256 is {sha256(OTHER)}, expected {sha256(GOOD)}" in reason
    [entry] = get(Source(locations=[wrong, right], sha256=sha256(GOOD)))
    assert entry["location"] == right
    assert files_of(entry) == FILES


@pytest.mark.parametrize("declared", [{}, {"sha256": sha256(GOOD), "size": len(GOOD)}])
def test_an_archive_that_was_packed_anew_is_accepted_by_its_content(declared):
    [entry] = get(Source(locations=[archive_at("facades.tar.xz", REPACKED)], content=CONTENT, **declared))
    assert files_of(entry) == FILES
    assert entry["sha256"] == sha256(REPACKED)
    assert not RECORDED.exists()


def test_an_archive_with_other_content_is_refused_with_both_digests():
    lines = "".join(
        f"{sha256(content)}  {path}\n" for path, content in sorted((FILES | {"facades/val/1.jpg": b"2"}).items())
    )
    reason = refusal(Source(locations=[archive_at("facades.tar.gz", OTHER)], content=CONTENT))
    assert f"content digest {sha256(lines.encode())}, expected {CONTENT}" in reason


def test_the_published_archive_is_accepted_whatever_content_says():
    get(Source(locations=[archive_at("facades.tar.gz")], sha256=sha256(GOOD), content="1" * 64))


def test_the_first_sha256_is_recorded_and_enforced_from_then_on(server):
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


def test_without_the_user_s_own_files_another_location_must_hold_the_same(server):
    own = Source(locations=[server.put("/facades.tar.gz", GOOD), archive_at("own/facades.tar.gz", GOOD)])
    note_own_data([own])
    Path("own/facades.tar.gz").unlink()
    assert files_of(*get(own)) == FILES
    shutil.rmtree(OUT)
    server.put("/facades.tar.gz", OTHER)
    assert f"is not what {RECORDED} has as the content of the user's own files" in refusal(own)


def test_an_archive_of_the_user_s_own_folder_may_stand_in_for_it(server):
    for path, content in FILES.items():
        archive_at(f"own/{path}", content)
    own = Source(locations=[server.put("/facades.tar.gz", GOOD), "own"])
    note_own_data([own])
    shutil.rmtree("own")
    assert files_of(*get(own)) == FILES


def test_the_user_s_own_files_are_taken_although_a_server_has_the_source_too(server):
    own = Source(locations=[server.put("/facades.tar.gz", OTHER), archive_at("own/facades.tar.gz", GOOD)])
    assert files_of(*get(own)) == FILES
    assert server.asked == []


def test_what_could_not_be_unpacked_is_not_recorded():
    refusal(Source(locations=[archive_at("facades.tar.gz", GOOD[:-100])]))
    assert not RECORDED.exists()
