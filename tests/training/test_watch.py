"""TensorBoard files of a training: they repeat history.csv, and the training does not notice them."""

import json
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pixcycle.base.errors import UserError
from pixcycle.inference.test_split import sampler, strips
from pixcycle.training import checkpoint, loop, watch
from tests.conftest import tiny_experiment, tiny_run
from tests.support import watched
from tests.support.commands import train_command
from tests.support.finished import assert_same_files

SETTINGS = {
    "pix2pix": {"method": "pix2pix"},
    "cyclegan": {"method": "cyclegan", "pool_size": 5, "lambda_identity": 0.5},
}


def train(run, prepared: Path, out: Path, files: Path | None) -> None:
    watching = partial(watch.Watch, files, strips(run.config, prepared)) if files else None
    loop.train(run, prepared, out, sampler(run.config, prepared, run.seed), watch=watching)


def events(folder: Path):
    """Return what TensorBoard shows of a folder."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    shown = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0})
    shown.Reload()
    return shown


def assert_shows_history(folder: Path, out: Path) -> None:
    history, shown = pd.read_csv(out / "history.csv").set_index("step"), events(folder)
    assert set(shown.Tags()["scalars"]) == set(history.columns)
    for name, column in history.items():
        assert [event.step for event in shown.Scalars(name)] == list(column.index)
        assert [event.value for event in shown.Scalars(name)] == pytest.approx(list(column), rel=1e-6)


@pytest.mark.parametrize("method", SETTINGS)
def test_watch_repeats_history_and_leaves_the_run_as_it_is(method, prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "SECONDS_BETWEEN_IMAGES", 0)  # a strip at each step
    run = tiny_run(tiny_experiment(**SETTINGS[method]))
    train(run, prepared, tmp_path / "unwatched", None)
    train(run, prepared, tmp_path / "watched", tmp_path / "files")
    assert_same_files(tmp_path / "watched", tmp_path / "unwatched")
    assert_shows_history(tmp_path / "files", tmp_path / "watched")
    directions = {"pix2pix": ["b_to_a"], "cyclegan": ["a_to_b", "b_to_a"]}[method]
    assert sorted(events(tmp_path / "files").Tags()["images"]) == [f"test images, {name}" for name in directions]


def test_watch_shows_each_step_of_a_resumed_run_once(prepared, tmp_path, monkeypatch):
    run, out = tiny_run(tiny_experiment(n_epochs=4)), tmp_path / "run"
    saves = iter([True, False, False, False])

    class Killed(BaseException):
        """As by SIGKILL, five steps after the saved state."""

    original = loop._read

    def read(losses, stop):
        read.calls += 1
        if read.calls == 8:
            raise Killed
        return original(losses, stop)

    read.calls = 0
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "SECONDS_BETWEEN", 0)
        patch.setattr(checkpoint, "save", partial(_saved_if, checkpoint.save, saves))
        patch.setattr(loop, "_read", read)
        with pytest.raises(Killed):
            train(run, prepared, out, tmp_path / "files")
    assert [event.step for event in events(tmp_path / "files").Scalars("g")] == list(range(7))
    time.sleep(1.1)  # event files are named by the second
    train(run, prepared, out, tmp_path / "files")
    assert len(list((tmp_path / "files").glob("events.*"))) == 2
    assert_shows_history(tmp_path / "files", out)


def _saved_if(save, saves, *arguments) -> bool:
    return next(saves, False) and save(*arguments)


def test_watch_shows_inputs_translations_and_truths_in_rows(prepared, tmp_path):
    run, out = tiny_run(tiny_experiment(n_epochs=1)), tmp_path / "run"
    captured = []

    def captured_strips(networks, fabric):
        captured.append(strips(run.config, prepared)(networks, fabric))
        return captured[-1]

    watching = partial(watch.Watch, tmp_path / "files", captured_strips)
    loop.train(run, prepared, out, sampler(run.config, prepared, run.seed), watch=watching)
    inputs, fakes, truths = np.split(captured[0]["b_to_a"], 3)
    assert len(captured) == 1, "a strip every few minutes"
    assert np.array_equal(truths, 255 - inputs)  # as in the prepared data
    assert not np.array_equal(fakes, inputs) and not np.array_equal(fakes, truths)
    [shown] = events(tmp_path / "files").Images("test images, b_to_a")
    assert (shown.height, shown.width) == captured[0]["b_to_a"].shape[:2]


def test_watch_of_two_ranks_is_written_by_the_first(prepared, tmp_path, monkeypatch):
    def watched_command(*arguments):
        command = train_command(*arguments)
        plan = Path(command[command.index("--plan") + 1])
        tree = json.loads(plan.read_text())
        tree["params"]["watch"] = "tensorboard"
        plan.write_text(json.dumps(tree))
        return command

    run = tiny_run(tiny_experiment())
    monkeypatch.setattr(watched, "train_command", watched_command)
    monkeypatch.chdir(tmp_path)
    assert [rank.end() for rank in watched.two_ranks(run, prepared, tmp_path / "run")] == [0, 0]
    assert len(list((tmp_path / run.watched).iterdir())) == 1
    assert_shows_history(tmp_path / run.watched, tmp_path / "run")


def test_watch_on_a_full_disk_ends_and_the_training_continues(prepared, tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("torch.utils.tensorboard.SummaryWriter.add_scalar", full)
    train(tiny_run(tiny_experiment()), prepared, tmp_path / "run", tmp_path / "files")
    assert (tmp_path / "run/run.json").exists()
    assert capsys.readouterr().err.count("no longer watched: [Errno 28] No space left on device") == 1


def test_watch_without_the_package_is_refused_with_its_command(monkeypatch):
    watch.refuse_without_package()
    monkeypatch.setattr(watch, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"^watch=tensorboard: .* pip install tensorboard$"):
        watch.refuse_without_package()
