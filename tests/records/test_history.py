import tracemalloc

import pytest

from pixcycle.records.history import History


def test_history_resumes_after_the_rows_of_the_finished_steps(tmp_path):
    path = tmp_path / "history.csv"
    path.write_bytes(b"epoch,step,g\r\n0,0,1.5\r\n11,110,0.5\r\n12,120,0.25\r\n12")  # the last line is cut off
    history = History(path, steps_done=120)
    assert path.read_bytes() == b"epoch,step,g\r\n0,0,1.5\r\n11,110,0.5\r\n", "a kill now loses nothing"
    history.add(12, 120, {"g": 0.25})
    history.flush()
    assert path.read_bytes() == b"epoch,step,g\r\n0,0,1.5\r\n11,110,0.5\r\n12,120,0.25\r\n"


@pytest.mark.parametrize("tail", [b"1", b"12,12", b"12,121,0.2", b"\0\0\0\0\r\n"])
def test_history_drops_incomplete_last_lines(tmp_path, tail):
    path = tmp_path / "history.csv"
    path.write_bytes(b"epoch,step,g\r\n12,120,0.25\r\n" + tail)
    History(path, steps_done=200)
    assert path.read_bytes() == b"epoch,step,g\r\n12,120,0.25\r\n"


@pytest.mark.parametrize("left", [b"", b"epoch,st", b"epoch,step,g\r\n", b"epoch,step,g\r\n0,0,1.5\r\n0,1"])
def test_history_that_restarts_has_one_header(tmp_path, left):
    path = tmp_path / "history.csv"
    path.write_bytes(left)
    history = History(path, steps_done=0)
    for step in (0, 1):
        history.add(0, step, {"g": 1.5})
        history.flush()
    assert path.read_bytes() == b"epoch,step,g\r\n0,0,1.5\r\n0,1,1.5\r\n"


def test_history_does_not_keep_written_rows_in_memory(tmp_path):
    history = History(tmp_path / "history.csv", steps_done=0)
    tracemalloc.start()
    for step in range(20_000):
        history.add(0, step, {"g": step / 7})
        if step % 100 == 99:
            history.flush()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000, "a row takes 500 bytes"
    assert len((tmp_path / "history.csv").read_bytes().splitlines()) == 20_001
    tracemalloc.start()
    History(tmp_path / "history.csv", steps_done=20_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000
