"""Tests of the messages about failed jobs."""

import re

from tests.support.disks import disk


def test_failed_job_is_summarized_in_one_line_with_its_last_log_line(project):
    project.set_lr("facades-noskip", 0.001)
    project.break_training("ucsd-facades-noskip/0", "pixcycle: no luck today")
    output = project.snakemake(fails=True)
    end = output.rpartition("Exiting because a job execution failed.")[2]
    log = r"logs/tiny/ucsd-facades-noskip/train-0-[0-9a-f]{8}\.log"
    assert len(re.findall(rf"^failed: train ucsd-facades-noskip/0: pixcycle: no luck today \({log}\)$", end, re.M)) == 1
    assert end.count("failed: ") == 1


def test_full_log_disk_neither_fails_jobs_nor_hides_failures(new_project, tmp_path):
    project = new_project.copy(tmp_path / "a project")
    with disk(project.folder / "logs") as full:
        (full.folder / "another").write_bytes(bytes(full.size))
        project.snakemake("ucsd-facades-l1", "--until", "prepare")
        assert list(project.folder.glob("data/prepared/tiny-*/manifest.json"))
        project.break_training("ucsd-facades-l1/0", "pixcycle: no luck today")
        output = project.snakemake("ucsd-facades-l1", "--until", "train", fails=True)
    assert "pixcycle: no luck today\n" in output
    assert "failed: train ucsd-facades-l1/0: it wrote no log (the disk of its log is full)\n" in output
