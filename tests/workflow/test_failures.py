"""What a user sees of a job that failed."""

import re


def test_a_failed_job_is_named_at_the_end_in_one_line_with_the_last_line_of_its_log(project):
    project.set_lr("facades-noskip", 0.001)
    project.break_training("ucsd-facades-noskip/0", "pixcycle: no luck today")
    output = project.snakemake(fails=True)
    end = output.rpartition("Exiting because a job execution failed.")[2]
    log = r"logs/tiny/ucsd-facades-noskip/train-0-[0-9a-f]{8}\.log"
    assert len(re.findall(rf"^failed: train ucsd-facades-noskip/0: pixcycle: no luck today \({log}\)$", end, re.M)) == 1
    assert end.count("failed: ") == 1
