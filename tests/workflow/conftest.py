"""Fixtures for complete runs in temporary copies of the project, on tiny images; they count trainings."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from ruamel.yaml import YAML

from tests.conftest import tiny_images
from tests.support import ROOT

BIN = Path(sys.executable).parent

UCSD, WUSTL = "ucsd-facades-l1/0", "wustl-facades-label2photo-paired/0"
"""One run of each chapter, on different datasets."""
ALL = sorted([UCSD, "ucsd-facades-cyc-l1/0", "ucsd-facades-noskip/0", WUSTL])

SNAKEMAKE, DVC = ("snakemake", "--cores", "2"), ("dvc", "repro")
ENGINES = [pytest.param(SNAKEMAKE, id="snakemake"), pytest.param(DVC, id="dvc")]
NOTHING_TO_DO = "Nothing to be done"

FORKED = ROOT / "tests/support/forked.py"
SCRIPT = f"""#!/bin/sh
program=$(basename "$0")
if [ $program = pixcycle ]; then echo "$@" >> "$PIXCYCLE_CALLS"; fi
if [ -z "$PIXCYCLE_FORKS" ]; then exec "{BIN}/$program" "$@"; fi
exec "{sys.executable}" -IS "{FORKED}" "$PIXCYCLE_FORKS" $program "$@"
"""
"""Runs a program of the environment, as a fork of the server named by PIXCYCLE_FORKS if set."""


class Project:
    """A copy of the project, and operations in it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.calls = folder / "calls.log"

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "PATH": f"{self.folder}/bin:{BIN}:{os.environ['PATH']}",
            "PIXCYCLE_CALLS": str(self.calls),
            "PYTHONPATH": str(self.folder / "src"),
        }

    def run(self, *command: str, fails: bool = False) -> str:
        """Run a command in the project's folder and return its output; check that it succeeds, or fails if `fails`."""
        place = {"cwd": self.folder, "env": self.environment}
        process = subprocess.run(command, **place, capture_output=True, text=True, timeout=500)
        output = process.stdout + process.stderr
        assert (process.returncode != 0) == fails, output
        return output

    def snakemake(self, *arguments: str, **options) -> str:
        return self.run("snakemake", "--cores", "2", *arguments, **options)

    def planned(self, *arguments: str) -> list[str]:
        """Return the jobs of a dry run as `train ucsd-mine-l2/0`, sorted; keys of data without their fingerprint."""
        return jobs(self.snakemake("-np", "--quiet", "host", *arguments))

    def done(self) -> list[str]:
        """Return the jobs that were started since the last call, as `planned` does."""
        calls = self.calls.read_text() if self.calls.exists() else ""
        self.calls.unlink(missing_ok=True)
        return jobs(calls)

    def trained(self) -> list[str]:
        """Return the runs whose training was started since the last call."""
        return [job.removeprefix("train ") for job in self.done() if job.startswith("train ")]

    def edit(self, change) -> None:
        """Apply a function to the tree of params.yaml; anchors and comments are kept."""
        path, yaml = self.folder / "params.yaml", params_yaml()
        tree = yaml.load(path)
        change(tree)
        yaml.dump(tree, path)

    def set_lr(self, experiment: str, lr: float) -> None:
        self.edit(lambda tree: tree["experiments"]["ucsd"][experiment].update(lr=lr))

    def break_training(self, run: str, words: str) -> None:
        """Make each training of a run print a message and fail."""
        program = self.folder / "bin/pixcycle"
        first, rest = program.read_text().split("\n", 1)
        program.write_text(f'{first}\ncase "$*" in "job train {run} "*) echo "{words}" >&2; exit 1;; esac\n{rest}')

    def run_folder(self, run: str) -> Path:
        """Return the only finished folder of a run such as ucsd-facades-l1/0."""
        id, seed = run.split("/")
        [folder] = (self.folder / "results/tiny" / id.replace("-", "/", 1)).glob(f"{seed}-????????")
        return folder

    def commit(self) -> None:
        self.run("git", "add", "--all")
        self.run("git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--message", "a step")

    def clone(self, folder: Path) -> "Project":
        """Clone the git repository of the project into another folder."""
        self.run("git", "clone", "--quiet", ".", str(folder))
        return Project(folder)

    def copy(self, folder: Path) -> "Project":
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder)


def jobs(commands: str) -> list[str]:
    """Return the jobs whose commands are in a text."""
    found = re.findall(r"\bjob ([a-z-]+ [\w/-]+) --", commands)
    return sorted(re.sub("-[0-9a-f]{8}$", "", job) for job in found)


def checkout(folder: Path) -> Project:
    """Copy all files that git tracks or would track into a new repository without commits."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    tracked = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in tracked.stdout.splitlines():
        if (ROOT / name).exists() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    project = Project(folder)
    project.run("git", "init", "--quiet")
    (folder / ".git/info/exclude").write_text("calls.log\n")
    return project


def params_yaml() -> YAML:
    """Return a YAML parser that keeps the anchors, merge keys and comments of params.yaml."""
    yaml = YAML()
    yaml.width = 10_000
    return yaml


def tiny_params() -> Any:
    """Return the project's params with two datasets of tiny images and a scale `tiny` for two chapters.

    Datasets other than facades and most experiments are removed, as DVC reads and writes YAML slowly.
    """
    tree = params_yaml().load(ROOT / "params.yaml")
    for name in [name for name in tree["datasets"] if "facades" not in name and name != "cityscapes"]:
        del tree["datasets"][name]
    for experiments in tree["experiments"].values():
        first, *others = experiments
        for name in [name for name in others if "facades" not in name]:
            del experiments[name]
        if "facades" not in first:
            experiments[first]["dataset"] = "facades"
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
        "coded": [],
    }
    for chapter in ("ucsd", "wustl"):
        for settings in tree["experiments"][chapter].values():
            settings["patch"] = 16
    tree["scales"] = {"tiny": tiny, "full": tree["scales"]["full"]}
    tree["scale"] = "tiny"
    return tree


def make_pairs(folder: Path, seed: int, train: int = 16, test: int = 8) -> None:
    """Write a folder of images that show a smooth image and its negative side by side."""
    for split, n in (("train", train), ("test", test)):
        (folder / split).mkdir(parents=True)
        for i, image in enumerate(tiny_images(seed + n, n, 64)):
            pair = Image.new("RGB", (128, 64))
            pair.paste(Image.fromarray(image), (0, 0))
            pair.paste(Image.fromarray(255 - image), (64, 0))
            pair.save(folder / split / f"{i}.png")


@pytest.fixture(scope="session", autouse=True)
def forks() -> Iterator[None]:
    """Run a server of forks for the programs of projects."""
    name = f"pixcycle-forks-{os.getpid()}"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        subprocess.Popen([sys.executable, FORKED, name], env=os.environ | {"OMP_NUM_THREADS": "1"}, **pipes) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        assert server.stdout.readline() == "ready\n"
        patch.setenv("PIXCYCLE_FORKS", name)
        yield


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Callable[[str, Callable[[Path], None]], Project]:
    """Function that makes a project once for all pytest-xdist workers, in a folder with a space in its name."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent

    def project(name: str, make: Callable[[Path], None]) -> Project:
        folder, marker = base / name / "a project", base / name / "made"
        folder.parent.mkdir(exist_ok=True)
        with (base / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not marker.exists():
                make(folder)
                marker.touch()
        return Project(folder)

    return project


@pytest.fixture(scope="session")
def new_project(made_once) -> Project:
    """A checkout in which nothing has been run."""

    def make(folder: Path) -> None:
        project = checkout(folder)
        params_yaml().dump(tiny_params(), folder / "params.yaml")
        make_pairs(folder / "data/own/tiny", seed=0)
        make_pairs(folder / "data/own/other", seed=1)
        (folder / "bin").mkdir()
        for program in ("pixcycle", "snakemake", "dvc"):
            (folder / "bin" / program).write_text(SCRIPT)
            (folder / "bin" / program).chmod(0o755)
        project.commit()

    return made_once("new", make)


@pytest.fixture(scope="session")
def versioned(new_project, made_once) -> Project:
    """A project after a complete `dvc repro`, committed and pushed to a remote folder."""

    def make(folder: Path) -> None:
        project = new_project.copy(folder)
        project.run("dvc", "add", "data/own/tiny", "data/own/other")
        project.run("dvc", "repro")
        project.run("dvc", "remote", "add", "--default", "folder", str(folder.parent / "remote"))
        project.commit()
        project.run("dvc", "push")

    return made_once("versioned", make)


@pytest.fixture(scope="session")
def cloned(versioned, made_once) -> Project:
    """A fresh clone of the versioned project, after `dvc pull`."""

    def make(folder: Path) -> None:
        versioned.clone(folder).run("dvc", "pull")

    return made_once("cloned", make)


@pytest.fixture
def project(versioned, tmp_path) -> Project:
    """A copy of the versioned project that a test may change."""
    project = versioned.copy(tmp_path / "a project")
    project.trained()
    return project
