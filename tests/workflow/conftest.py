"""Whole runs in a temporary copy of the project, on a few small pairs of images, counting the trainings."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from ruamel.yaml import YAML

from tests.conftest import tiny_images

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

UCSD, WUSTL = "ucsd-facades-l1/0", "wustl-facades-label2photo-paired/0"
ALL = sorted(["ucsd-facades-cyc-l1/0", UCSD, "ucsd-facades-noskip/0", WUSTL])

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
        """Change params.yaml through a function of its tree; anchors and comments stay."""
        path, yaml = self.folder / "params.yaml", params_yaml()
        tree = yaml.load(path)
        change(tree)
        yaml.dump(tree, path)

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


def params_yaml() -> YAML:
    """Reads and writes params.yaml with its anchors, merge keys and comments."""
    yaml = YAML()
    yaml.width = 10_000
    return yaml


def tiny_params() -> Any:
    """The project's own params with two folders of tiny images as datasets, and a scale for them in two chapters."""
    tree = params_yaml().load(ROOT / "params.yaml")
    for name in ("tiny", "other"):
        tree["datasets"][name] = {
            "title": f"{name.title()} pairs",
            "layout": "side_by_side",
            "sources": [{"locations": [f"data/own/{name}"]}],
            "splits": {"train": ["train"], "test": ["test"]},
            "licence": "made by the tests",
        }
    tiny = {
        "title": "for tests",
        "resolution": 0.125,
        "filters": 0.0625,
        "epochs": 0.013,
        "most_epochs": {"wustl": 2},
        "stand_ins": {"facades": "tiny", "facades-unpaired": "other"},
        "extractor": "efficientnet-lite0",
        "experiments": [key.removesuffix("/0") for key in ALL],
    }
    for chapter in ("ucsd", "wustl"):
        for name, settings in tree["experiments"][chapter].items():
            if "facades" in name:
                settings["patch"] = 16
    tree["scales"] = {"tiny": tiny, "full": tree["scales"]["full"]}
    tree["scale"] = "tiny"
    return tree


def make_pairs(folder: Path, seed: int) -> None:
    """A folder of images that hold a smooth image and its negative side by side."""
    for split, n in (("train", 16), ("test", 8)):
        (folder / split).mkdir(parents=True)
        for i, image in enumerate(tiny_images(seed + n, n, 64)):
            pair = Image.new("RGB", (128, 64))
            pair.paste(Image.fromarray(image), (0, 0))
            pair.paste(Image.fromarray(255 - image), (64, 0))
            pair.save(folder / split / f"{i}.png")


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
    params_yaml().dump(tiny_params(), folder / "params.yaml")
    make_pairs(folder / "data/own/tiny", seed=0)
    make_pairs(folder / "data/own/other", seed=1)
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
    assert project.trained() == ALL
    return project


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A copy of the finished project, to do as one likes with."""
    return finished.copy(tmp_path / "a project")
