"""Counts of jobs, and the time left for all of them."""

import os
import time

import pytest

from pixcycle.base.progress import duration, reached
from pixcycle.scheduler.board import Board, Job

A, B = Job("train", "train a/0", 1e12), Job("train", "train b/0", 3e12)
TRANSLATE = Job("translate", "translate a/0")
LINE = "a seed 0  epoch 3/10  g 12.1  d 0.69  35.1 images/s  40 s left\n"


def log(folder, text, written=0.0):
    path = folder / "a.log"
    path.write_text(text)
    os.utime(path, (written, written))
    return path


@pytest.mark.parametrize("seconds", [7, 240, 9000])
def test_reached_reads_what_progress_writes(seconds):
    line = f"ucsd-maps-l1 seed 0  epoch 3/150  g 12.1  d_a 0.69  35.1 images/s  {duration(seconds)} left"
    progress = reached(line)
    assert (progress.epoch, progress.epochs, progress.seconds_left) == (3, 150, seconds)
    assert reached("ucsd-maps-l1 seed 0  done: 150 epochs in 3 min") is None


def test_board_counts_jobs_that_are_done_and_not_those_that_failed():
    board = Board([A, B, TRANSLATE])
    for id, job in enumerate((A, B)):
        board.start(id, job, None, now=0)
    assert board.finish(0, now=5).job == A
    board.fail(1)
    assert (board.done, board.total, board.running) == (1, 3, {})
    assert board.finish(1, now=6) is None and board.done == 1
    board.start(1, B, None, now=7)  # tried again
    assert board.finish(1, now=9).job == B and board.done == 2


def test_seconds_left_is_unknown_before_a_training_tells_its_speed(tmp_path):
    board = Board([A, B])
    assert board.seconds_left(0) is None
    board.start(0, A, tmp_path / "no.log", now=0)
    assert board.seconds_left(10) is None


def test_seconds_left_takes_the_time_per_flop_of_trainings(tmp_path):
    board = Board([A, B])
    board.start(0, A, log(tmp_path, LINE, written=60), now=0)
    # 60 s passed and 40 s are left: 100 s for 1 TFLOP, so 300 s for the training that waits
    assert board.seconds_left(60) == pytest.approx(40 + 300)
    assert board.seconds_left(70) == pytest.approx(30 + 300)
    board.finish(0, now=100)
    board.start(1, B, None, now=100)
    assert board.seconds_left(150) == pytest.approx(300 - 50)
    assert board.seconds_left(500) == 0


def test_seconds_left_counts_a_run_without_epochs_as_nothing():
    untrained = Job("train", "train untrained/0", 0.0)
    board = Board([A, B, untrained])
    board.start(0, untrained, None, now=0)
    board.finish(0, now=4)
    assert board.seconds_left(4) is None, "it tells no speed"
    board.start(1, A, None, now=4)
    board.finish(1, now=104)
    assert board.seconds_left(104) == pytest.approx(300)


def test_seconds_left_divides_by_jobs_at_once_but_not_the_longest(tmp_path):
    board = Board([A, B, TRANSLATE, Job("translate", "translate b/0")])
    board.start(0, A, None, now=0)
    board.start(1, B, None, now=0)
    board.finish(0, now=100)
    board.start(2, TRANSLATE, None, now=100)
    board.finish(2, now=120)
    # 300 - 120 s of the training, and a translation of 20 s: two at once
    assert board.seconds_left(120) == pytest.approx(max(180, (180 + 20) / 2))


def test_last_line_ignores_a_log_of_an_earlier_attempt(tmp_path, monkeypatch):
    monkeypatch.setattr("pixcycle.scheduler.board.SECONDS_BETWEEN_READS", 0)
    board, now = Board([A]), time.time()
    board.start(0, A, log(tmp_path, LINE, written=now - 60), now)
    [run] = board.running.values()
    assert run.last_line() == "" and run.remarks() == [] and run.reached(now) is None
    os.utime(run.log, (now, now))
    assert run.last_line() == LINE.strip().removeprefix("a seed 0  ")


def test_last_line_reads_the_log_once_a_second(tmp_path):
    board, now = Board([A]), time.time()
    board.start(0, A, log(tmp_path, "first\n", now), now)
    assert board.running[0].last_line() == "first"
    log(tmp_path, "second\n", now)
    assert board.running[0].last_line() == "first"
    board.running[0]._read_at -= 1
    assert board.running[0].last_line() == "second"


def test_remarks_leave_out_progress_and_keep_what_happened(tmp_path):
    text = "prepare tiny ━━━━ 100%\n" + LINE + "a seed 0  collapsed: d stayed at 0\na seed 0  done: 10 epochs in 9 s\n"
    board = Board([A])
    board.start(0, A, log(tmp_path, text, written=1), now=0)
    assert board.running[0].remarks() == ["collapsed: d stayed at 0"]
