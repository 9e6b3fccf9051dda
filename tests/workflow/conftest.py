"""Whole runs in a temporary copy of the project, on a few small pairs of images, counting the trainings."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from PIL import Image

from tests.conftest import tiny_images

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

COUNTING_PIXCYCLE = """#!/bin/sh
echo "$@" >> "$PIXCYCLE_CALLS"
exec "{bin}/pixcycle" "$@"
"""


class Project:
    """A copy of the project and what is done in it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.calls = folder / "calls.log"

    def run(self, *command: str, fails: bool = False) -> str:
        """Run a command as a user in the project's folder would; its output."""
        environment = os.environ | {
            "PATH": f"{self.folder}/bin:{BIN}:{os.environ['PATH']}",
            "PIXCYCLE_CALLS": str(self.calls),
            "PYTHONPATH": str(self.folder / "src"),
        }
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=500)
        output = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, output
        return output

    def snakemake(self, *arguments: str, **options) -> str:
        return self.run("snakemake", "--cores", "2", *arguments, **options)

    def trained(self) -> list[str]:
        """The runs whose training was started since the last call."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return sorted(line.split()[1] for line in lines if line.startswith("train "))

    def edit(self, change) -> None:
        """Change params.yaml through a function of its tree."""
        path = self.folder / "params.yaml"
        tree = yaml.safe_load(path.read_text())
        change(tree)
        path.write_text(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True))

    def set_lr(self, experiment: str, lr: float) -> None:
        self.edit(lambda tree: tree["experiments"]["ucsd"][experiment].update(lr=lr))

    def break_training(self, run: str, words: str) -> None:
        """From now on the training of that run says these words and fails."""
        program = self.folder / "bin/pixcycle"
        first, rest = program.read_text().split("\n", 1)
        program.write_text(f'{first}\ncase "$*" in "train {run} "*) echo "{words}" >&2; exit 1;; esac\n{rest}')

    def copy(self, folder: Path) -> "Project":
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder)


def tiny_params() -> dict:
    """The project's own params with a folder of tiny images as dataset, and a scale for it."""
    tree = yaml.safe_load((ROOT / "params.yaml").read_text())
    tree["datasets"]["tiny"] = {
        "title": "Tiny pairs",
        "layout": "side_by_side",
        "sources": [{"locations": ["data/own/tiny"]}],
        "splits": {"train": ["train"], "test": ["test"]},
        "licence": "made by the tests",
    }
    tree["scales"]["tiny"] = {
        "title": "for tests",
        "resolution": 0.125,
        "filters": 0.0625,
        "epochs": 0.013,
        "stand_ins": {"facades": "tiny"},
        "extractor": "efficientnet-lite0",
        "experiments": ["ucsd-facades-l1", "ucsd-facades-noskip", "ucsd-facades-cyc-l1"],
    }
    tree["experiments"]["ucsd"] = {
        name: settings | {"patch": 16} for name, settings in tree["experiments"]["ucsd"].items() if "facades" in name
    }
    tree["scales"] = {"tiny": tree["scales"]["tiny"], "full": tree["scales"]["full"]}
    tree["scale"] = "tiny"
    return tree


@pytest.fixture(scope="session")
def new_project(tmp_path_factory) -> Project:
    """A checkout in a folder whose name has a space, in which nothing has run."""
    folder = tmp_path_factory.mktemp("workflow") / "a project"
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in tracked.stdout.splitlines():
        if (ROOT / name).exists() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / "dvc.lock").unlink(missing_ok=True)
    (folder / "params.yaml").write_text(yaml.safe_dump(tiny_params(), sort_keys=False, allow_unicode=True))
    for split, n in (("train", 16), ("test", 8)):
        pairs = tiny_images(n, n, 64)
        (folder / "data/own/tiny" / split).mkdir(parents=True)
        for i, image in enumerate(pairs):
            pair = Image.new("RGB", (128, 64))
            pair.paste(Image.fromarray(image), (0, 0))
            pair.paste(Image.fromarray(255 - image), (64, 0))
            pair.save(folder / "data/own/tiny" / split / f"{i}.png")
    (folder / "bin").mkdir()
    (folder / "bin/pixcycle").write_text(COUNTING_PIXCYCLE.format(bin=BIN))
    (folder / "bin/pixcycle").chmod(0o755)
    project = Project(folder)
    project.run("git", "init", "--quiet")
    project.run("git", "add", "--all")
    project.run("git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--message", "start")
    return project


@pytest.fixture(scope="session")
def finished(new_project, tmp_path_factory) -> Project:
    """A project in which `snakemake` has run to its end."""
    project = new_project.copy(tmp_path_factory.mktemp("finished") / "a project")
    project.snakemake()
    assert project.trained() == ["ucsd-facades-cyc-l1/0", "ucsd-facades-l1/0", "ucsd-facades-noskip/0"]
    return project


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A copy of the finished project, to do as one likes with."""
    return finished.copy(tmp_path / "a project")
