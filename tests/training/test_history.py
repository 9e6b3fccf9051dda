from pixcycle.training.history import History


def test_a_resumed_history_keeps_the_rows_of_the_epochs_done_and_goes_on_after_them(tmp_path):
    path = tmp_path / "history.csv"
    path.write_bytes(b"epoch,step,g\r\n0,0,1.5\r\n11,110,0.5\r\n12,120,0.25\r\n12")  # the last line was cut off
    history = History(path, epochs_done=12)
    assert path.read_bytes() == b"epoch,step,g\r\n0,0,1.5\r\n11,110,0.5\r\n", "a kill now would lose nothing"
    history.add(12, 120, {"g": 0.25})
    history.flush()
    assert path.read_bytes() == b"epoch,step,g\r\n0,0,1.5\r\n11,110,0.5\r\n12,120,0.25\r\n"


def test_a_line_that_was_cut_to_an_epoch_that_is_done_is_no_row(tmp_path):
    path = tmp_path / "history.csv"
    path.write_bytes(b"epoch,step,g\r\n12,120,0.25\r\n1")
    History(path, epochs_done=20)
    assert path.read_bytes() == b"epoch,step,g\r\n12,120,0.25\r\n"
