# Checked first, as Snakemake's reader silently uses the last of two equal keys, and never finishes some hostile files.
import sys
from pathlib import Path

from pixcycle.base.errors import UserError
from pixcycle.params.strict_yaml import read_yaml

try:
    if workflow.is_main_process:
        read_yaml(Path("params.yaml"))
except UserError as error:
    print(f"pixcycle: {error}", file=sys.stderr)
    sys.exit(2)
