"""What a call of Snakemake prints: lines in a file, bars on a terminal."""

import io
import logging
from types import SimpleNamespace

import pytest
from rich.console import Console
from snakemake_interface_logger_plugins.common import LogEvent

from pixcycle.scheduler.bars import drawn
from pixcycle.scheduler.board import Board, Job
from pixcycle.scheduler.view import View

RUN = {"scale": "tiny", "chapter": "ucsd", "experiment": "facades-l1", "seed": "0", "fp": "1a2b3c4d"}


def job(rule, wildcards, shellcmd="pixcycle job ..."):
    return SimpleNamespace(rule=SimpleNamespace(name=rule, shellcmd=shellcmd), wildcards_dict=wildcards)


@pytest.fixture
def printed():
    """The messages that Snakemake's own handler prints."""
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(logging.Formatter("%(message)s"))
    return handler


@pytest.fixture
def tell(printed):
    """Return a function that logs a message of Snakemake to a view of three jobs."""
    jobs = [job("train", RUN), job("prepare", {"data": "tiny-0"}), job("ucsd", {}, shellcmd=None)]
    workflow = SimpleNamespace(
        executor_plugin=object(), dryrun=False, touch=False, dag=SimpleNamespace(needrun_jobs=lambda: jobs)
    )
    view = View(workflow, {"ucsd-facades-l1/0": 1e12}, printed, live=False)

    def log(event=None, message="", **fields):
        record = logging.makeLogRecord({"event": event, "msg": message, "levelno": logging.INFO, **fields})
        view.handle(record)
        printed.handle(record)

    log.workflow = workflow
    return log


def start(tell, id, rule, wildcards):
    tell(LogEvent.JOB_STARTED, "Execute 1 jobs...", jobs=[id])
    tell(LogEvent.JOB_INFO, jobid=id, rule_name=rule, wildcards=wildcards, log=[], shellcmd="pixcycle job ...")


def test_view_prints_a_line_when_a_job_starts_and_ends(tell, printed, capsys):
    tell(None, "Select jobs to execute...")
    tell(LogEvent.RUN_INFO, "Job stats:")
    start(tell, 1, "prepare", {"data": "tiny-0"})
    tell(LogEvent.JOB_FINISHED, "Finished jobid: 1 (Rule: prepare)", job_id=1)
    start(tell, 2, "train", RUN)
    tell(LogEvent.JOB_FINISHED, "Finished jobid: 2 (Rule: train)", job_id=2)
    tell(LogEvent.PROGRESS, done=3, total=3)
    assert capsys.readouterr().err.splitlines() == [
        "2 jobs: 1 prepare, 1 train",
        "started: prepare tiny-0",
        "done: prepare tiny-0 in 0 s; 1 of 2 jobs",
        "started: train ucsd-facades-l1/0",
        "done: train ucsd-facades-l1/0 in 0 s; 2 of 2 jobs",
        "2 of 2 jobs done in 0 s",
    ]
    assert printed.stream.getvalue().strip() == ""


def test_view_leaves_warnings_and_errors_to_snakemake(tell, printed, capsys):
    tell(LogEvent.RUN_INFO, "Job stats:")
    start(tell, 2, "train", RUN)
    tell(LogEvent.JOB_ERROR, "Error in rule train", jobid=2, levelno=logging.ERROR)
    tell(None, "Trying to restart job 2.")
    tell(None, "Exiting because a job execution failed. Look above", levelno=logging.ERROR)
    assert capsys.readouterr().err.splitlines()[-1] == "0 of 2 jobs done in 0 s"
    for kept in ("Error in rule train", "Trying to restart job 2.", "Exiting because a job execution failed."):
        assert kept in printed.stream.getvalue()


def test_view_of_a_dry_run_is_that_of_snakemake(tell, printed, capsys):
    tell.workflow.dryrun = True
    tell(LogEvent.RUN_INFO, "Job stats:")
    assert printed.stream.getvalue() == "Job stats:\n" and capsys.readouterr().err == ""


def picture(board, now, height=30):
    console = Console(width=100, file=io.StringIO(), force_terminal=False)
    console.print(drawn(board, now, height))
    return console.file.getvalue()


def test_bars_show_a_training_with_its_epoch_and_time_left(tmp_path):
    (tmp_path / "a.log").write_text("a seed 0  epoch 6/10  g 12.1  d 0.69  35.1 images/s  40 s left\n")
    train = Job("train", "train ucsd-facades-l1/0", 1e12)
    board = Board([train, Job("translate", "translate ucsd-facades-l1/0")])
    now = (tmp_path / "a.log").stat().st_mtime
    board.start(0, train, tmp_path / "a.log", now)
    row, summary = picture(board, now).strip().splitlines()
    assert row.startswith("train ucsd-facades-l1/0 ") and "epoch 6/10  40 s left  g 12.1  d 0.69  35.1 images/s" in row
    assert row.count("━") == 8, "half of a bar of 16"
    assert summary.startswith("0 of 2 jobs done ") and summary.rstrip().endswith("about 40 s left")


def test_bars_count_jobs_for_which_the_terminal_has_no_room():
    jobs = [Job("translate", f"translate {name}/0") for name in "abcdefghij"]
    board = Board(jobs)
    for id, one in enumerate(jobs):
        board.start(id, one, None, id)
    lines = picture(board, 60, height=9).strip().splitlines()
    assert [line.split()[1] for line in lines[:3]] == ["a/0", "b/0", "c/0"]
    assert lines[3].strip() == "and 7 more" and lines[4].startswith("0 of 10 jobs done")


def test_bars_escape_control_codes_of_a_log(tmp_path):
    (tmp_path / "a.log").write_text("half \x1b[2J done\n")
    board = Board([Job("fetch", "fetch x")])
    board.start(0, Job("fetch", "fetch x"), tmp_path / "a.log", 0)
    assert "\\x1b[2J" in picture(board, 1)
