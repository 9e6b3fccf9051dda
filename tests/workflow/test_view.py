"""What a whole call of Snakemake prints, in a file and on a terminal, and what its log keeps."""

import os
import pty
import re
import subprocess

from tests.workflow.conftest import BIN, Project

SNAKEMAKES_OWN = ("Select jobs to execute", "Finished jobid", "Job stats", "rule prepare", "steps (")


def on_terminal(project: Project, *arguments: str) -> tuple[int, str]:
    """Run snakemake in a pseudo-terminal; return its exit code, and all that it wrote there."""
    ours, its = pty.openpty()
    environment = project.environment | {"TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
    environment.pop("PIXCYCLE_FORKS", None)  # a fork of the server would have the server's terminal
    command = [BIN / "snakemake", "--cores", "2", *arguments]
    process = subprocess.Popen(command, cwd=project.folder, env=environment, stdin=its, stdout=its, stderr=its)
    os.close(its)
    written = b""
    try:
        while more := os.read(ours, 65536):
            written += more
    except OSError:  # the terminal's other end is closed
        pass
    os.close(ours)
    return process.wait(500), written.decode()


def own_log(project: Project) -> str:
    [log] = (project.folder / ".snakemake/log").glob("*.snakemake.log")
    return log.read_text()


def test_view_in_a_file_is_lines_and_the_log_is_complete(new_project, tmp_path):
    project = new_project.copy(tmp_path / "a project")
    output = project.snakemake("ucsd-facades-l1", "--until", "prepare")
    lines = [line for line in output.splitlines() if line.startswith(("started: ", "done: ")) or " jobs" in line]
    total, prepared = map(int, re.fullmatch(r"(\d+) jobs: 1 fetch, (\d+) prepare", lines[0]).groups())
    assert total == 1 + prepared
    assert [line.split("-")[0] for line in lines[1:4]] == [
        "started: fetch tiny",
        "done: fetch tiny",
        "started: prepare tiny",
    ]
    assert lines[-1].startswith(f"{total} of {total} jobs done in ")
    assert "prepare tiny: train A" in output, "the jobs' own lines"
    assert not any(message in output for message in SNAKEMAKES_OWN)
    log = own_log(project)
    assert "rule prepare:" in log and log.count("Finished jobid") == log.count(" steps (") == total


def test_view_on_a_terminal_has_bars_and_tells_failures(new_project, tmp_path):
    project = new_project.copy(tmp_path / "a project")
    project.break_training("ucsd-facades-l1/0", "Traceback of it\n  File loop.py\npixcycle: no luck today")
    code, output = on_terminal(project, "ucsd-facades-l1", "--until", "train")
    assert code == 1
    total = int(re.search(r"(\d+) jobs: ", output)[1])
    assert f"0 of {total} jobs done" in output and f"{total - 1} of {total} jobs done" in output
    assert "done: prepare tiny-" in output
    assert "prepare tiny: train A" not in output, "lines of jobs would break the bars; they are in its log"
    assert "train A" in next((project.folder / "logs/prepare").glob("tiny-*.log")).read_text()
    during, _, end = output.partition("Exiting because a job execution failed")
    assert "failed: train ucsd-facades-l1/0: pixcycle: no luck today" in during
    assert "  Traceback of it\r\n    File loop.py\r\n" in during, "all that it wrote"
    assert "failed: train ucsd-facades-l1/0: pixcycle: no luck today (logs/" in end
    assert "\x1b[?25h" in output, "the cursor is visible again"


def test_view_of_a_dry_run_lists_the_jobs_of_snakemake(new_project):
    output = new_project.snakemake("-n", "ucsd-facades-l1")
    assert "Job stats:" in output and "jobs: 1" not in output
