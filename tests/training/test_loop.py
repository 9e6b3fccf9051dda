import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import load_file

from pixcycle.base.errors import UserError
from pixcycle.base.file_lock import in_progress, only_one
from pixcycle.methods.networks import generator_of
from pixcycle.methods.pix2pix import Pix2pix
from pixcycle.methods.registry import METHODS as REGISTRY
from pixcycle.training import checkpoint, loop
from tests.conftest import tiny_experiment, tiny_run
from tests.support.steps import COMPETITORS
from tests.support.training import train

METHODS = {"pix2pix": {"method": "pix2pix"}, "cyclegan": {"method": "cyclegan"}} | COMPETITORS
AS_CODED = {
    "layers": "ucsd",
    "initial_weights": "unit_gains",
    "order": "generator_first",
    "adam": "keras_shared",
    "halve_discriminator": False,
}
"""Report 000's code."""


class Killed(Exception):
    pass


def weights(folder):
    return load_file(folder / "final.safetensors")


def same(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)


@pytest.fixture
def kill_after(monkeypatch):
    """Make the loop save after every step, and die after the given step of the given epoch."""
    save = checkpoint.save

    def arm(epoch, step):
        def save_and_die(work, method, done):
            saved = save(work, method, done)
            if (done.epoch, done.step) == (epoch, step):
                raise Killed
            return saved

        monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0)
        monkeypatch.setattr(checkpoint, "save", save_and_die)

    return arm


@pytest.mark.parametrize("method", METHODS)
def test_train_gives_identical_bits_when_repeated(method, prepared, tmp_path):
    run = tiny_run(tiny_experiment(**METHODS[method]))
    for name in ("one", "two"):
        train(run, prepared, tmp_path / name)
    assert same(weights(tmp_path / "one"), weights(tmp_path / "two"))
    assert (tmp_path / "one/history.csv").read_bytes() == (tmp_path / "two/history.csv").read_bytes()


def test_train_with_another_seed_gives_other_weights(prepared, tmp_path):
    for seed in (0, 1):
        train(tiny_run(tiny_experiment(), seed), prepared, tmp_path / str(seed))
    assert not same(weights(tmp_path / "0"), weights(tmp_path / "1"))


@pytest.mark.parametrize(
    "settings",
    [
        {"method": "pix2pix"},
        {"method": "pix2pix", "sample_epochs": [1, 3], "inference_dropout": True},
        {"method": "cyclegan", "pool_size": 5, "n_epochs_decay": 2},
        *COMPETITORS.values(),
        {"method": "pix2pix", **AS_CODED},
        {"method": "cyclegan", "norm": "instance", **AS_CODED},
        {
            **{"method": "pix2pix", "crop_size": 8, "patch": 1, "batch_size": 5, "last_batch": "kept"},
            **{"pair_jitter": "independent", "flip_draw": "whole_training"},
        },
        {
            **{"method": "cyclegan", "crop_size": 8, "patch": 1, "batch_size": 5, "last_batch": "kept_by_domain"},
            **{"epoch_length": "smaller", "augmentation": "once", "shuffle_buffer": 4},
        },
    ],
)
def test_interrupted_run_equals_undisturbed_run(settings, prepared, tmp_path, kill_after):
    run = tiny_run(tiny_experiment(**settings))
    train(run, prepared, tmp_path / "undisturbed")
    for epoch, step in ((0, 2), (2, 0), (2, 1)):
        kill_after(epoch, step)
        with pytest.raises(Killed):
            train(run, prepared, tmp_path / "interrupted")
        assert not (tmp_path / "interrupted").exists()
    train(run, prepared, tmp_path / "interrupted")
    assert same(weights(tmp_path / "undisturbed"), weights(tmp_path / "interrupted"))
    histories = [(tmp_path / name / "history.csv").read_text() for name in ("undisturbed", "interrupted")]
    assert histories[0] == histories[1]


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_train_keeps_last_batches_that_differ_between_domains(norm, prepared, tmp_path):
    np.save(prepared / "train_A.npy", np.load(prepared / "train_A.npy")[:7])  # batches of 4 and 3; B has 4 and 4
    settings = {"epoch_length": "smaller", "last_batch": "kept_by_domain", "pool_size": 5, "lambda_identity": 0.5}
    train(tiny_run(tiny_experiment("cyclegan", norm=norm, **settings)), prepared, tmp_path / "run")
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert [record[name] for name in ("epochs", "steps", "steps_per_epoch", "batch_size")] == [3, 6, 2, 4]
    assert record["images_per_second"] == pytest.approx(3 * 7 / record["seconds"], rel=0.05)
    assert len(pd.read_csv(tmp_path / "run/history.csv").dropna()) == 6


def test_train_leaves_config_record_and_history_in_the_folder(prepared, tmp_path):
    run = tiny_run(tiny_experiment())
    train(run, prepared, tmp_path / "run")
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {"config.json", "history.csv", "samples", "final.safetensors", "run.json", "SHA256SUMS"}
    assert json.loads((tmp_path / "run/config.json").read_text()) == run.model_dump(mode="json")
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert (record["epochs"], record["steps"], record["batch_size"], record["seed"]) == (3, 9, 4, 0)
    assert {"python", "torch", "numpy", "pillow"} <= record["versions"].keys()
    history = pd.read_csv(tmp_path / "run/history.csv")
    assert history["step"].tolist() == list(range(9))
    assert history["epoch"].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_training_lowers_the_reconstruction_term(prepared, tmp_path):
    train(tiny_run(tiny_experiment(n_epochs=20, lr=0.002)), prepared, tmp_path / "run")
    loss = pd.read_csv(tmp_path / "run/history.csv").groupby("epoch")["g_reconstruction"].mean()
    assert loss.iloc[-1] < 0.7 * loss.iloc[0]
    assert json.loads((tmp_path / "run/run.json").read_text())["status"] == "finished"


def test_train_for_no_epochs_keeps_the_initial_weights(prepared, tmp_path):
    train(tiny_run(tiny_experiment(n_epochs=0)), prepared, tmp_path / "run")
    first = weights(tmp_path / "run")["g.model.model.0.weight"]
    assert np.std(first) == pytest.approx(0.02, rel=0.2)
    assert json.loads((tmp_path / "run/run.json").read_text())["epochs"] == 0


def test_train_ends_as_collapsed_when_losses_are_not_finite(prepared, tmp_path, monkeypatch):
    step = Pix2pix.step
    monkeypatch.setattr(Pix2pix, "step", lambda *a: {k: v * float("nan") for k, v in step(*a).items()})
    train(tiny_run(tiny_experiment()), prepared, tmp_path / "run")
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert record["status"] == "collapsed"
    assert "no longer finite" in record["collapse"]
    assert record["epochs"] == 1


@pytest.mark.parametrize("method", COMPETITORS)
def test_train_of_competitors_tells_which_discriminators_won(method, prepared, tmp_path, monkeypatch):
    kind = REGISTRY[method]
    step, judges = kind.step, kind.losses.discriminator
    monkeypatch.setattr(kind, "step", lambda *a: {k: v * (k not in judges) for k, v in step(*a).items()})
    train(tiny_run(tiny_experiment(**COMPETITORS[method])), prepared, tmp_path / "run")
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert record["status"] == "collapsed"
    assert f"the loss of {', '.join(judges)} stayed below 0.01" in record["collapse"]


@pytest.mark.parametrize(
    ("epoch", "factor"), [(0, 1), (99, 1), (100, 1 - 1 / 101), (149, 1 - 50 / 101), (199, 1 - 100 / 101)]
)
def test_learning_rate_factor_is_constant_then_falls_linearly(epoch, factor):
    assert loop.learning_rate_factor(epoch, 100, 100) == pytest.approx(factor)


def test_train_gives_the_same_weights_with_and_without_samples(prepared, tmp_path):
    for epochs in ([], [1, 2]):
        experiment = tiny_experiment(sample_epochs=epochs, inference_dropout=True, inference_norm="batch")
        train(tiny_run(experiment), prepared, tmp_path / str(len(epochs)))
    assert same(weights(tmp_path / "0"), weights(tmp_path / "2"))


def test_train_keeps_samples_of_sample_epochs_and_of_the_last_epoch(prepared, tmp_path):
    train(tiny_run(tiny_experiment("cyclegan", sample_epochs=[1])), prepared, tmp_path / "run")
    samples = tmp_path / "run/samples"
    assert {path.name for path in samples.iterdir()} == {"0001", "0003"}
    first, last = (sorted(f.name for f in (samples / e / "fake_B").rglob("*.png")) for e in ("0001", "0003"))
    assert first == last == [f"{i}.png" for i in (0, 1, 2, 4, 5)]
    first, last = ((samples / e / "fake_B/test/0.png").read_bytes() for e in ("0001", "0003"))
    assert first != last


def test_train_from_published_weights_starts_with_exactly_these(prepared, tmp_path):
    experiment = tiny_experiment(crop_size=256, load_size=286, filters=2, n_epochs=0, published_weights="theirs")
    published = generator_of(experiment)
    torch.save(published.state_dict(), tmp_path / "theirs.pth")
    train(tiny_run(experiment), prepared, tmp_path / "run", [tmp_path / "theirs.pth"])
    final = weights(tmp_path / "run")
    for key, value in published.state_dict().items():
        np.testing.assert_array_equal(final[f"g.{key}"], value.numpy())


@pytest.mark.parametrize("direction", ["a_to_b", "b_to_a"])
def test_train_from_published_weights_serves_both_generators_of_cyclegan(direction, prepared, tmp_path):
    resnet = {"generator": "resnet6", "norm": "instance", "dropout": False}
    names = {"published_weights": "there", "published_weights_back": "back"}
    experiment = tiny_experiment("cyclegan", direction=direction, filters=2, n_epochs=0, **resnet, **names)
    networks = {name: generator_of(experiment) for name in experiment.published}
    for name, network in networks.items():
        torch.save(network.state_dict(), tmp_path / f"{name}.pth")
    train(tiny_run(experiment), prepared, tmp_path / "run", [tmp_path / f"{name}.pth" for name in networks])
    final = weights(tmp_path / "run")
    forwards, backwards = {"a_to_b": ("g_ab", "g_ba"), "b_to_a": ("g_ba", "g_ab")}[direction]
    for generator, network in ((forwards, networks["there"]), (backwards, networks["back"])):
        for key, value in network.state_dict().items():
            np.testing.assert_array_equal(final[f"{generator}.{key}"], value.numpy())


def test_train_refuses_published_weights_of_another_generator(prepared, tmp_path):
    resnet = {"generator": "resnet6", "norm": "instance", "dropout": False}
    experiment = tiny_experiment("pix2pix", filters=2, n_epochs=0, published_weights="theirs", **resnet)
    other = generator_of(experiment.model_copy(update={"generator": "resnet9"}))
    torch.save(other.state_dict(), tmp_path / "theirs.pth")
    with pytest.raises(UserError, match=r"theirs\.pth: not the weights of resnet_6blocks .* they fit resnet_9blocks"):
        train(tiny_run(experiment), prepared, tmp_path / "run", [tmp_path / "theirs.pth"])


def test_train_records_each_attempt_with_its_first_step(prepared, tmp_path, kill_after, monkeypatch):
    run = tiny_run(tiny_experiment())
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    kill_after(2, 1)
    with pytest.raises(Killed):
        train(run, prepared, tmp_path / "run")
    monkeypatch.setenv("SLURM_JOB_ID", "18")
    train(run, prepared, tmp_path / "run")
    attempts = json.loads((tmp_path / "run/run.json").read_text())["attempts"]
    assert [(a["job"], a["from_epoch"], a["from_step"]) for a in attempts] == [("17", 0, 0), ("18", 2, 1)]


def test_train_refuses_a_run_that_another_process_is_training(prepared, tmp_path):
    with only_one(tmp_path / "run"):
        assert in_progress(tmp_path / "run")
        with pytest.raises(UserError, match=r"run: is already being made"):
            train(tiny_run(tiny_experiment()), prepared, tmp_path / "run")
    assert not in_progress(tmp_path / "run")
    train(tiny_run(tiny_experiment()), prepared, tmp_path / "run")


@pytest.mark.parametrize(("seconds_to_write", "saved_after"), [(0.1, [*range(3, 31, 3)]), (4, [3, 15, 27])])
def test_train_saves_less_often_if_writing_is_slow(seconds_to_write, saved_after, prepared, tmp_path, monkeypatch):
    """A step takes a second, an epoch has 3 steps, and at least three steps lie between two states."""
    clock, step, saved = SimpleNamespace(now=0.0), Pix2pix.step, []

    def step_in_a_second(self, a, b):
        clock.now += 1
        return step(self, a, b)

    def save(work, method, done):
        clock.now += seconds_to_write
        saved.append(3 * done.epoch + done.step)
        return True

    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 2.9)
    monkeypatch.setattr(checkpoint, "save", save)
    monkeypatch.setattr(Pix2pix, "step", step_in_a_second)
    monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=lambda: clock.now))
    train(tiny_run(tiny_experiment(n_epochs=10)), prepared, tmp_path / "run")
    assert saved == saved_after
