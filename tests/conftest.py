"""Shared fixtures: tiny prepared data, experiments and runs on them, a browser and the command line."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pixcycle.cli import app as cli
from pixcycle.params.experiment import Experiment
from pixcycle.plan.names import fingerprint
from pixcycle.plan.runs import Run
from pixcycle.records.manifest import Manifest
from tests.support.browser import CHROMIUM
from tests.support.lacking import what_is_lacking
from tests.support.servers import served

SLOW = {
    "base/test_files.py",
    "cli/test_start.py",
    "inference/test_export.py",
    "machine/test_gpu.py",
    "methods/test_baseline.py",
    "methods/test_compile.py",
    "report/test_size.py",
    "test_every_node.py",
    "test_gpu_check.py",
    "training/test_bf16.py",
    "training/test_interrupted.py",
    "training/test_long_runs.py",
    "training/test_loss_scaling.py",
    "training/test_ranks.py",
    "training/test_told_to_stop.py",
}
"""Files that take more than ten seconds, besides those of corpus/ and workflow/."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark slow, SLURM and browser tests.

    Start with SLURM tests, then whole workflow runs, so that short tests balance the load of the workers.
    """
    for item in items:
        file = item.path.relative_to(Path(__file__).parent)
        if file.parts[0] in ("corpus", "workflow") or file.as_posix() in SLOW:
            item.add_marker("slow")
        if file.name == "test_slurm.py":
            item.add_marker("slurm")
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    items.sort(key=lambda item: ("test_slurm" not in item.path.name, "workflow" not in item.path.parts))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Summarize in one line the tests that were skipped because a program is not installed."""
    reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])]
    if line := what_is_lacking(reasons):
        terminalreporter.write_line(line, yellow=True)


@pytest.fixture(scope="session")
def chromium():
    """A browser controlled by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """A project with an output of every workflow node, and a running server for its downloads."""
    from tests.support.nodes import Nodes

    folder = tmp_path_factory.mktemp("served")
    with served(folder) as address:
        yield Nodes(tmp_path_factory.mktemp("project"), address, folder)


def tiny_images(seed: int, n: int, size: int) -> np.ndarray:
    """Return smooth random images, uint8 (n, size, size, 3), which a network can learn."""
    coarse = np.random.default_rng(seed).integers(0, 256, (n, 4, 4, 3), dtype=np.uint8)
    return coarse.repeat(size // 4, axis=1).repeat(size // 4, axis=2)


@pytest.fixture
def pixcycle(monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """Function that runs the command line in the current folder and returns (exit code, stdout, stderr)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["pixcycle", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        printed = capsys.readouterr()
        return stop.value.code or 0, printed.out, printed.err

    return call


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """Folder of a prepared dataset with 12 training and 6 test pairs, 16 x 16 pixels; B is the negative of A."""
    folder = tmp_path / "prepared"
    folder.mkdir()
    splits = {}
    for split, n in (("train", 12), ("test", 6)):
        a = tiny_images(n, n, 16)
        names = [f"{split}/{i}" for i in range(n)]
        for domain, images in (("A", a), ("B", 255 - a)):
            np.save(folder / f"{split}_{domain}.npy", images)
            splits.setdefault(split, {})[domain] = {"n": n, "names": names}
    Manifest(dataset="tiny", title="Tiny", paired=True, splits=splits).write(folder / "manifest.json")
    return folder


def tiny_experiment(method: str = "pix2pix", **settings) -> Experiment:
    sizes = {
        "load_size": 16,
        "crop_size": 16,
        "filters": 4,
        "patch": 16,
        "batch_size": 4,
        "n_epochs": 3,
        "log_every": 1,
    }
    sizes["conditional"] = method == "pix2pix"
    return Experiment(method=method, dataset="tiny", **(sizes | settings))


def tiny_run(experiment: Experiment, seed: int = 0) -> Run:
    return Run(
        id="ucsd-tiny",
        chapter="ucsd",
        name="tiny",
        seed=seed,
        scale="test",
        config=experiment,
        asked_dataset="tiny",
        data="tiny",
        extractor="efficientnet-lite0",
        segmenter=None,
        metric_weights={},
        fingerprint=fingerprint(experiment.model_dump(mode="json")),
        translated_fingerprint="0" * 8,
        metrics_fingerprint="0" * 8,
    )


def wait_until(true: Callable[[], bool]) -> None:
    """Wait until a condition holds; fail after five minutes."""
    until = time.monotonic() + 300
    while not true():
        assert time.monotonic() < until, "waited for five minutes"
        time.sleep(0.01)
