"""Tests of `fetch_file`: a source that is one file, such as the weights of a network, and is not unpacked."""

import hashlib
from pathlib import Path

import pytest

from pixcycle.base.disk_full import DiskFull
from pixcycle.base.errors import UserError
from pixcycle.data.fetch.locations import fetch_file
from pixcycle.params.dataset import Source
from tests.support.disks import disk
from tests.support.facades import CONTENT, GOOD, OTHER, RECORDED, archive_at, sha256

pytestmark = pytest.mark.usefixtures("in_a_project_folder")


def get_weights(source: Source, mirror: str | None = None) -> bytes:
    out = Path("data/weights/inception.pth")
    fetch_file("inception", source, out, mirror=mirror, recorded=RECORDED, progress=False)
    assert [entry.name for entry in out.parent.iterdir()] == ["inception.pth"]
    return out.read_bytes()


def test_fetch_file_verifies_and_does_not_unpack(server):
    address = server.put("/releases/weights.tar.gz", GOOD, lose_after=[300_000])
    assert get_weights(Source(locations=[address], size=len(GOOD), sha256=sha256(GOOD))) == GOOD
    assert server.sent == len(GOOD)


def test_fetch_file_copies_from_local_disk_or_mirror():
    place = archive_at("mirror/releases/weights.pth")
    source = Source(locations=["https://example.org/releases/weights.pth"], sha256=sha256(GOOD))
    assert get_weights(Source(locations=[place], sha256=sha256(GOOD))) == GOOD
    assert get_weights(source, mirror="mirror") == GOOD
    assert Path(place).read_bytes() == GOOD


def test_fetch_file_refuses_a_wrong_file_and_tries_the_next_location(server):
    wrong, right = server.put("/1.pth", OTHER), server.put("/2.pth", GOOD)
    with pytest.raises(UserError, match=rf"^inception: {wrong}: the sha256 is {sha256(OTHER)}"):
        get_weights(Source(locations=[wrong], sha256=sha256(GOOD)))
    assert not Path("data/weights/inception.pth").exists()
    assert get_weights(Source(locations=[wrong, right], sha256=sha256(GOOD))) == GOOD


def test_fetch_file_checks_sha256_even_if_content_is_declared():
    source = Source(locations=[archive_at("1.pth", OTHER)], sha256=sha256(GOOD), content=CONTENT)
    with pytest.raises(UserError, match=f"expected {sha256(GOOD)}"):
        get_weights(source)


@pytest.mark.parametrize("declared", [{}, {"content": CONTENT}])
def test_fetch_file_without_sha256_is_held_to_the_first_download(server, declared):
    source = Source(locations=[server.put("/1.pth", GOOD)], **declared)
    assert get_weights(source) == GOOD
    server.put("/1.pth", OTHER)
    with pytest.raises(UserError, match=sha256(GOOD)):
        get_weights(source)
    assert Path("data/weights/inception.pth").read_bytes() == GOOD


def test_fetch_file_refuses_a_file_with_another_md5_and_records_none(server):
    md5 = hashlib.md5(GOOD).hexdigest()
    wrong, right = server.put("/1.h5", OTHER), server.put("/2.h5", GOOD)
    with pytest.raises(UserError, match=rf"the md5 is {hashlib.md5(OTHER).hexdigest()}, expected {md5}: it is cut off"):
        get_weights(Source(locations=[wrong], md5=md5))
    assert get_weights(Source(locations=[wrong, right], md5=md5)) == GOOD
    assert not RECORDED.exists()


def test_fetch_file_reports_a_full_disk(server):
    source = Source(locations=[server.put("/weights.gz", GOOD)], sha256=sha256(GOOD))
    out = Path("data/weights/inception.pth")
    with disk(out.parent, 500_000) as small:
        with pytest.raises(DiskFull, match=r"/weights\.gz: the disk is full; free at least 0\.[0-9]+ MB"):
            fetch_file("weights", source, out, mirror=None, recorded=RECORDED, progress=False)
        assert not out.exists()
        small.resize(1_000_000)
        fetch_file("weights", source, out, mirror=None, recorded=RECORDED, progress=False)
        assert out.read_bytes() == GOOD
