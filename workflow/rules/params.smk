# Checked first, as Snakemake's reader silently uses the last of two equal keys, and never finishes some hostile files.
from pathlib import Path

from pixcycle.params.strict_yaml import read_yaml
from pixcycle.scheduler.refusals import in_one_line

if workflow.is_main_process:
    with in_one_line():
        read_yaml(Path("params.yaml"))
