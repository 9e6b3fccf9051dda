import json
from math import inf, nan

import pytest

from pixcycle.base.errors import UserError
from pixcycle.base.files import read_json, write_json


@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_read_json_refuses_numbers_that_are_not_finite(tmp_path, written):
    file = tmp_path / "metrics.json"
    file.write_text(f'{{"seed": 0, "metrics": {{"b_to_a": {{"l1": [0.5, {written}], "fid": 1.0}}}}}}')
    json.loads(file.read_text())  # Python would have read it
    with pytest.raises(UserError) as refusal:
        read_json(file)
    assert str(refusal.value).startswith(f"{file}: metrics.b_to_a.l1.1 is {written},")


@pytest.mark.parametrize("number", [nan, inf, -inf])
def test_write_json_refuses_numbers_that_are_not_finite(tmp_path, number):
    file = tmp_path / "values.json"
    with pytest.raises(UserError, match=r"values\.json: experiments\.l1\.std "):
        write_json(file, {"experiments": {"l1": {"mean": 1.5, "std": number}}})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b'{"fid": 1', b"fid: 1", b'"\xff"', b"[" * 100_000, b"1" * 5000])
def test_read_json_names_a_damaged_file_in_one_line(tmp_path, content):
    file = tmp_path / "run.json"
    file.write_bytes(content)
    with pytest.raises(UserError) as refusal:
        read_json(file)
    assert str(refusal.value).startswith(f"{file}: is not valid JSON (") and "\n" not in str(refusal.value)
