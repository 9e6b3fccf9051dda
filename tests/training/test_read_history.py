from math import inf

import pytest

from pixcycle.errors import UserError
from pixcycle.training.history import read_history

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
def test_a_damaged_history_is_one_line_that_names_it_and_no_nan(tmp_path, content):
    (tmp_path / "history.csv").write_text(content)
    with pytest.raises(UserError, match=f"{tmp_path}/history.csv: is no history of losses") as refusal:
        read_history(tmp_path)
    assert "\n" not in str(refusal.value)


def test_losses_that_were_lost_are_read_as_such(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,step,g,d\n0,0,1.5,0.5\n0,5,nan,-inf\n")
    assert read_history(tmp_path)["g"].isna().tolist() == [False, True]
    assert read_history(tmp_path)["d"].tolist() == [0.5, -inf]
