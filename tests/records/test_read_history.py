from math import inf

import pytest

from pixcycle.base.errors import UserError
from pixcycle.records.history import read_history

DAMAGED = {
    "empty": "",
    "another file": "<html>404</html>\n",
    "without a head": "0,0,1.5\n0,5,1.4\n",
    "cut off": "epoch,step,g,d\n0,0,1.5,0.5\n0,5,1.4",
    "cut off after a comma": "epoch,step,g\n0,0,1.5\n0,5,\n",
    "a row too long": "epoch,step,g\n0,0,1.5\n0,5,1.4,3\n",
    "words": "epoch,step,g\n0,0,1.5\n0,5,fine\n",
    "zeros of a disk": "epoch,step,g\n0,0,1.5\n\0\0\0\0",
    "no epoch": "epoch,step,g\n0,0,1.5\n,5,1.4\n",
}


@pytest.mark.parametrize("content", [pytest.param(text, id=name) for name, text in DAMAGED.items()])
def test_read_history_names_a_damaged_file_in_one_line(tmp_path, content):
    (tmp_path / "history.csv").write_text(content)
    with pytest.raises(UserError, match=f"{tmp_path}/history.csv: ") as refusal:
        read_history(tmp_path)
    assert "\n" not in str(refusal.value)


def test_read_history_accepts_losses_that_are_nan_or_infinite(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,step,g,d\n0,0,1.5,0.5\n0,5,nan,-inf\n")
    assert read_history(tmp_path)["g"].isna().tolist() == [False, True]
    assert read_history(tmp_path)["d"].tolist() == [0.5, -inf]


def test_read_history_returns_sums_of_two_halves_as_their_mean(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,step,g,d\n0,0,1.0,0.5\n")
    assert read_history(tmp_path, ("d",)).iloc[0].to_dict() == {"epoch": 0, "step": 0, "g": 1.0, "d": 0.25}
