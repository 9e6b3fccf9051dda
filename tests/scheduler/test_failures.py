"""The line that reports why a job failed."""

import logging
import os

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from pixcycle.scheduler.failures import Failures, Started, failed

TRAINING = {"scale": "tiny", "chapter": "ucsd", "experiment": "facades-l1", "seed": "0", "fp": "1a2b3c4d"}
LOG, SLURM_LOG = "logs/train-0.log", "slurm_logs/12.log"
NO_DETAILS = "For further error details see the cluster/cloud log and the log files of the involved rule(s)."
"""Last sentence of Snakemake's message about any job that ran elsewhere."""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Return a function that writes a file in the project's folder, which is the working directory."""
    monkeypatch.chdir(tmp_path)

    def write_lines(name, *lines):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    return write_lines


def record(event, jobid=7, **fields):
    return logging.makeLogRecord({"event": event, "jobid": jobid, **fields})


def error(log=(LOG,), message=None, slurm_job=None, **fields):
    aux = {"external_jobid": slurm_job} if slurm_job else {}
    return record(LogEvent.JOB_ERROR, rule_name="train", log=list(log), rule_msg=message, aux=aux, **fields)


def on_slurm(status, tmp_path):
    message = f"SLURM-job '12' failed, SLURM status is: '{status}'. {NO_DETAILS}"
    return error([LOG, str(tmp_path / SLURM_LOG)], message, "12")


def test_failed_training_is_reported_with_the_last_line_of_its_log(write):
    write(LOG, "epoch 3/150  g 12.1", "pixcycle: the disk is full", "")
    assert failed(error(), Started(TRAINING, 0)) == (
        "failed: train ucsd-facades-l1/0: pixcycle: the disk is full (logs/train-0.log)"
    )


def test_failed_job_without_a_run_is_named_by_its_wildcards(write):
    write(LOG, "no such host")
    line = failed(error(), Started({"data": "facades-1a2b3c4d"}, 0))
    assert line.startswith("failed: train facades-1a2b3c4d: no such host")
    assert failed(error(), Started({}, 0)).startswith("failed: train: no such host")


def test_failed_job_under_slurm_is_reported_with_id_and_state(write, tmp_path):
    write(LOG, "epoch 3/150")
    write(SLURM_LOG, "slurmstepd: error: *** JOB 12 ON node1 CANCELLED DUE TO TIME LIMIT ***")
    assert failed(on_slurm("TIMEOUT", tmp_path), Started(TRAINING, 0)) == (
        "failed: train ucsd-facades-l1/0: epoch 3/150 (logs/train-0.log, SLURM job 12: TIMEOUT)"
    )


@pytest.mark.parametrize("own_log", ["empty", "missing", "of an earlier attempt"])
def test_failed_job_without_a_log_is_reported_from_the_slurm_log(write, tmp_path, own_log):
    submitted = 1e9
    if own_log != "missing":
        log = write(LOG, *(["done: 150 epochs"] if own_log == "of an earlier attempt" else ["", " "]))
        os.utime(log, (submitted - 3600, submitted - 3600) if own_log == "of an earlier attempt" else None)
    write(SLURM_LOG, "/bin/sh: python: not found")
    assert failed(on_slurm("FAILED", tmp_path), Started(TRAINING, submitted)) == (
        "failed: train ucsd-facades-l1/0: /bin/sh: python: not found (slurm_logs/12.log, SLURM job 12: FAILED)"
    )


def test_failed_job_without_any_log_is_reported_from_snakemake(write, tmp_path):
    line = failed(on_slurm("NODE_FAIL", tmp_path), Started(TRAINING, 0))
    assert line.startswith("failed: train ucsd-facades-l1/0: SLURM-job '12' failed, SLURM status is: 'NODE_FAIL'.")
    assert failed(error(), Started(TRAINING, 0)) == "failed: train ucsd-facades-l1/0: it wrote no log"


def test_failed_submission_is_reported_in_the_words_of_slurm(write):
    write(LOG, "epoch 3/150")
    message = (
        "SLURM sbatch failed. The error message was 'sbatch: error: invalid partition specified: gpus\n"
        "sbatch: error: Batch job submission failed: Invalid partition name specified'.\n"
        "    sbatch call:\n        sbatch --parsable ...\n" + NO_DETAILS
    )
    assert failed(error(message=message), Started(TRAINING, 0)) == (
        "failed: train ucsd-facades-l1/0: SLURM sbatch failed. The error message was 'sbatch: error: invalid partition "
        "specified: gpus sbatch: error: Batch job submission failed: Invalid partition name specified'."
    )


def test_failures_prints_at_once_and_again_at_the_end_unless_retried(write, capsys):
    write(LOG, "no luck")
    failures = Failures()
    for jobid, seed in ((1, "0"), (2, "1")):
        failures.handle(record(LogEvent.JOB_INFO, jobid, wildcards=TRAINING | {"seed": seed}))
        failures.handle(error(jobid=jobid))
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("failed: train ucsd-facades-l1/0: no luck")

    failures.handle(record(LogEvent.JOB_INFO, 1, wildcards=TRAINING))
    failures.handle(record(LogEvent.PROGRESS, None))
    failures.show()
    assert capsys.readouterr().err == f"\n{second}\n"
