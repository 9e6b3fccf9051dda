import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from pixcycle.base.errors import UserError
from pixcycle.data.fetch.recorded import hold_to_first_seen, record_content, recorded_content
from pixcycle.params.dataset import Source


def test_hold_to_first_seen_records_and_enforces_the_first_sha256(tmp_path):
    recorded, source = tmp_path / "data/recorded.json", Source(locations=["http://h/x.zip", "x.zip"])
    hold_to_first_seen(recorded, source, "1" * 64, 7, "x.zip")
    hold_to_first_seen(recorded, source, "1" * 64, 7, "http://h/x.zip")
    seen = {"sha256": "1" * 64, "size": 7, "location": "x.zip"}
    assert list(json.loads(recorded.read_text()).values()) == [seen]
    with pytest.raises(UserError) as refusal:
        hold_to_first_seen(recorded, source, "2" * 64, 7, "x.zip")
    assert all(part in str(refusal.value) for part in ("1" * 64, "2" * 64, str(recorded), "params.yaml"))
    assert list(json.loads(recorded.read_text()).values()) == [seen]


def test_hold_to_first_seen_refuses_invalid_json_and_leaves_it(tmp_path):
    recorded = tmp_path / "recorded.json"
    recorded.write_text("<<<<<<< HEAD\n")
    with pytest.raises(UserError, match="not valid JSON"):
        hold_to_first_seen(recorded, Source(locations=["x.zip"]), "1" * 64, 7, "x.zip")
    assert recorded.read_text() == "<<<<<<< HEAD\n"


def test_hold_to_first_seen_records_concurrent_downloads(tmp_path):
    recorded = tmp_path / "recorded.json"

    def record(number: int) -> None:
        source = Source(locations=[f"{number % 20}.zip"])
        hold_to_first_seen(recorded, source, f"{number % 20:064}", number, source.locations[0])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(record, range(60)))
    entries = json.loads(recorded.read_text())
    assert {key: entry["sha256"] for key, entry in entries.items()} == {f"{n}.zip": f"{n:064}" for n in range(20)}


def test_hold_to_first_seen_finds_and_cleans_entries_with_passwords(tmp_path):
    recorded, address = tmp_path / "recorded.json", "https://user:secret@h/x.zip"
    recorded.write_text(json.dumps({address: {"sha256": "1" * 64, "size": 7, "location": address}}))
    with pytest.raises(UserError, match="2" * 64):
        hold_to_first_seen(recorded, Source(locations=[address]), "2" * 64, 7, address)
    hold_to_first_seen(recorded, Source(locations=["y.zip"]), "1" * 64, 7, "y.zip")
    assert json.loads(recorded.read_text()).keys() == {"https://h/x.zip", "y.zip"}
    assert "secret" not in recorded.read_text()


def test_record_content_writes_only_when_the_content_changes(tmp_path):
    recorded, source = tmp_path / "recorded.json", Source(locations=["/home/me/pairs"])
    assert recorded_content(recorded, source) is None
    record_content(recorded, source, "1" * 64)
    record_content(recorded, source, "2" * 64)
    assert json.loads(recorded.read_text()) == {"/home/me/pairs": {"content": "2" * 64}}
    before = recorded.stat().st_ino  # every write creates a new file
    record_content(recorded, source, "2" * 64)
    assert recorded.stat().st_ino == before


def test_recorded_entry_has_both_download_and_own_file(tmp_path):
    recorded, source = tmp_path / "recorded.json", Source(locations=["http://h/x.zip", "x.zip"])
    seen = {"sha256": "1" * 64, "size": 7, "location": "http://h/x.zip"}
    fetched = partial(hold_to_first_seen, recorded, source, size=7, location="http://h/x.zip")
    record_content(recorded, source, "3" * 64)
    fetched(sha256="1" * 64)
    record_content(recorded, source, "4" * 64)
    assert json.loads(recorded.read_text()) == {"http://h/x.zip x.zip": seen | {"content": "4" * 64}}
    with pytest.raises(UserError, match="1" * 64):
        fetched(sha256="2" * 64)


def test_recorded_content_is_none_for_entries_without_content(tmp_path):
    recorded = tmp_path / "recorded.json"
    recorded.write_text(json.dumps({"x.zip": {"sha256": "1" * 64, "size": 7, "location": "x.zip"}}))
    assert recorded_content(recorded, Source(locations=["x.zip"])) is None
