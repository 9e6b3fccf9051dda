"""A source that is one file, as the weights of a network are: kept under its name, not unpacked."""

from pathlib import Path

import pytest

from pixcycle.data.locations import fetch_file
from pixcycle.errors import UserError
from pixcycle.room import DiskFull
from pixcycle.schema import Source
from tests.data.facades import CONTENT, GOOD, OTHER, RECORDED, archive_at, sha256
from tests.disks import disk

pytestmark = pytest.mark.usefixtures("in_a_project_folder")


def get_weights(source: Source, mirror: str | None = None) -> bytes:
    out = Path("data/weights/inception.pth")
    fetch_file("inception", source, out, mirror=mirror, recorded=RECORDED, progress=False)
    assert [entry.name for entry in out.parent.iterdir()] == ["inception.pth"]
    return out.read_bytes()


def test_a_single_file_ends_under_its_name_verified_and_not_unpacked(server):
    address = server.put("/releases/weights.tar.gz", GOOD, lose_after=[300_000])
    assert get_weights(Source(locations=[address], size=len(GOOD), sha256=sha256(GOOD))) == GOOD
    assert server.sent == len(GOOD)


def test_a_single_file_on_this_disk_or_a_mirror_is_copied():
    place = archive_at("mirror/releases/weights.pth")
    source = Source(locations=["https://example.org/releases/weights.pth"], sha256=sha256(GOOD))
    assert get_weights(Source(locations=[place], sha256=sha256(GOOD))) == GOOD
    assert get_weights(source, mirror="mirror") == GOOD
    assert Path(place).read_bytes() == GOOD


def test_a_wrong_single_file_is_refused_and_the_next_location_tried(server):
    wrong, right = server.put("/1.pth", OTHER), server.put("/2.pth", GOOD)
    with pytest.raises(UserError, match=rf"^inception: {wrong}: the sha256 is {sha256(OTHER)}"):
        get_weights(Source(locations=[wrong], sha256=sha256(GOOD)))
    assert not Path("data/weights/inception.pth").exists()
    assert get_weights(Source(locations=[wrong, right], sha256=sha256(GOOD))) == GOOD


def test_a_single_file_is_held_to_its_sha256_whatever_content_is_declared():
    source = Source(locations=[archive_at("1.pth", OTHER)], sha256=sha256(GOOD), content=CONTENT)
    with pytest.raises(UserError, match=f"expected {sha256(GOOD)}"):
        get_weights(source)


@pytest.mark.parametrize("declared", [{}, {"content": CONTENT}])
def test_a_single_file_without_a_sha256_is_recorded_and_held_to(server, declared):
    source = Source(locations=[server.put("/1.pth", GOOD)], **declared)
    assert get_weights(source) == GOOD
    server.put("/1.pth", OTHER)
    with pytest.raises(UserError, match=sha256(GOOD)):
        get_weights(source)
    assert Path("data/weights/inception.pth").read_bytes() == GOOD


def test_a_full_disk_is_told_for_a_single_file_too(server):
    source = Source(locations=[server.put("/weights.gz", GOOD)], sha256=sha256(GOOD))
    out = Path("data/weights/inception.pth")
    with disk(out.parent, 500_000) as small:
        with pytest.raises(DiskFull, match=r"/weights\.gz: the disk is full; free at least 0\.[0-9]+ MB"):
            fetch_file("weights", source, out, mirror=None, recorded=RECORDED, progress=False)
        assert not out.exists()
        small.resize(1_000_000)
        fetch_file("weights", source, out, mirror=None, recorded=RECORDED, progress=False)
        assert out.read_bytes() == GOOD
