from pathlib import Path

from pixcycle.files import local_path


def test_local_paths_are_told_from_addresses(tmp_path):
    assert local_path("data/x.zip", tmp_path) == tmp_path / "data/x.zip"
    assert local_path("/data/x.zip", tmp_path) == Path("/data/x.zip")
    assert local_path("file:///data/a%20b.zip") == Path("/data/a b.zip")
    assert local_path("file://localhost/data/x.zip") == Path("/data/x.zip")
    assert local_path("~/x.zip") == Path.home() / "x.zip"
    for address in ("http://h/x.zip", "https://h/x.zip", "ftp://h/x.zip", "package:module/x.jpg"):
        assert local_path(address) is None
