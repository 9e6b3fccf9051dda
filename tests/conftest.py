"""What the tests share: tiny prepared data and runs on it."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pixcycle import cli
from pixcycle.runs import Run, fingerprint
from pixcycle.schema import Experiment
from tests.browser import CHROMIUM
from tests.lacking import what_is_lacking
from tests.servers import served


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs first, and before them the file that waits for SLURM: short tests are left to who is ready first."""
    items.sort(key=lambda item: ("test_slurm" not in item.path.name, "workflow" not in item.path.parts))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what was skipped for want of a program."""
    reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])]
    if line := what_is_lacking(reasons):
        terminalreporter.write_line(line, yellow=True)


@pytest.fixture(scope="session")
def chromium():
    """A browser that Playwright drives."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """A project in which each node of the workflow was made, and a server of what it fetches."""
    from tests.nodes import Nodes

    folder = tmp_path_factory.mktemp("served")
    with served(folder) as address:
        yield Nodes(tmp_path_factory.mktemp("project"), address, folder)


def tiny_images(seed: int, n: int, size: int) -> np.ndarray:
    """Smooth random images, uint8 (n, size, size, 3), which a network can learn."""
    coarse = np.random.default_rng(seed).integers(0, 256, (n, 4, 4, 3), dtype=np.uint8)
    return coarse.repeat(size // 4, axis=1).repeat(size // 4, axis=2)


@pytest.fixture
def pixcycle(monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """Call the command line as a person in the current folder would: (exit code, stdout, stderr)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["pixcycle", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        printed = capsys.readouterr()
        return stop.value.code or 0, printed.out, printed.err

    return call


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """A prepared dataset of 12 training and 6 test pairs, 16 x 16 pixels; B is the negative of A."""
    folder = tmp_path / "prepared"
    folder.mkdir()
    splits = {}
    for split, n in (("train", 12), ("test", 6)):
        a = tiny_images(n, n, 16)
        names = [f"{split}/{i}" for i in range(n)]
        for domain, images in (("A", a), ("B", 255 - a)):
            np.save(folder / f"{split}_{domain}.npy", images)
            splits.setdefault(split, {})[domain] = {"n": n, "names": names}
    manifest = {"dataset": "tiny", "title": "Tiny", "paired": True, "domains": ["A", "B"], "splits": splits}
    (folder / "manifest.json").write_text(json.dumps(manifest))
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
        fingerprint=fingerprint(experiment.model_dump(mode="json")),
        translated_fingerprint="0" * 8,
        metrics_fingerprint="0" * 8,
    )


def wait_until(true: Callable[[], bool]) -> None:
    """Until a condition holds, for five minutes at most."""
    until = time.monotonic() + 300
    while not true():
        assert time.monotonic() < until, "waited for five minutes"
        time.sleep(0.01)
