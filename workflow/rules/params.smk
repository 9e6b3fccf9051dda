# Snakemake's own reader takes the last of two equal keys without a word, and some hostile files it never ends to read.
import sys
from pathlib import Path

from pixcycle.errors import UserError
from pixcycle.strict_yaml import read_yaml

try:
    if workflow.is_main_process:
        read_yaml(Path("params.yaml"))
except UserError as error:
    print(f"pixcycle: {error}", file=sys.stderr)
    sys.exit(2)
