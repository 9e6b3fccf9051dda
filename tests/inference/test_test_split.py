import json

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from pixcycle.base.checksums import write_checksums
from pixcycle.base.errors import UserError
from pixcycle.data.batches import to_tensor, to_uint8
from pixcycle.inference.test_split import at_inference, translate
from pixcycle.methods.networks import generator_of
from pixcycle.records.translated import read_fakes, read_png
from pixcycle.training.loop import training_batches
from tests.conftest import tiny_experiment, tiny_run
from tests.support.edited import edited_json
from tests.support.steps import COMPETITORS
from tests.support.training import train


def translated(prepared, tmp_path, name="out", seed=0, **settings):
    """Return the outputs of a trained network under the given inference settings."""
    if not (tmp_path / "run").exists():
        train(tiny_run(tiny_experiment()), prepared, tmp_path / "run")
    run = tiny_run(tiny_experiment(**settings), seed)
    translate(run, tmp_path / "run", prepared, tmp_path / name)
    return read_fakes(tmp_path / name, "b_to_a", prepared).astype(int)


@pytest.mark.parametrize(
    ("settings", "folders"),
    [
        ({"method": "pix2pix"}, {"fake_A"}),
        *((settings, {"fake_A", "fake_B", "cycle_B"}) for settings in ({"method": "cyclegan"}, *COMPETITORS.values())),
    ],
)
def test_translate_writes_every_test_image_in_each_trained_direction(settings, folders, prepared, tmp_path):
    run = tiny_run(tiny_experiment(**settings))
    train(run, prepared, tmp_path / "run")
    translate(run, tmp_path / "run", prepared, tmp_path / "out")
    records = {"SHA256SUMS", "translated.json"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == folders | records
    assert all(len(list((tmp_path / "out" / name).rglob("*.png"))) == 6 for name in folders)
    assert read_fakes(tmp_path / "out", "b_to_a", prepared).shape == (6, 16, 16, 3)


def test_translate_writes_cycled_image_through_both_generators(prepared, tmp_path):
    run = tiny_run(tiny_experiment("cyclegan", inference_batch=1))
    train(run, prepared, tmp_path / "run")
    translate(run, tmp_path / "run", prepared, tmp_path / "out")
    from pixcycle.training import checkpoint

    there, back = (
        at_inference(run.config, direction, checkpoint.load_generator(tmp_path / "run", direction, run.config))
        for direction in ("b_to_a", "a_to_b")
    )
    image = np.load(prepared / "test_B.npy")[2:3]
    with torch.inference_mode():
        expected = to_uint8(back(there(to_tensor(image))))[0]
    np.testing.assert_array_equal(read_png(tmp_path / "out/cycle_B/test/2.png"), expected)


def test_translate_does_not_depend_on_other_images_of_batch(prepared, tmp_path):
    one, six = (translated(prepared, tmp_path, f"by-{n}", inference_batch=n) for n in (1, 6))
    assert np.abs(one - six).max() <= 1


def test_translate_with_batch_norm_statistics_depends_on_batch(prepared, tmp_path):
    one, six = (translated(prepared, tmp_path, f"by-{n}", inference_batch=n, inference_norm="batch") for n in (1, 6))
    assert np.abs(one - six).max() > 1


def test_at_inference_batch_norm_normalises_over_test_batch():
    e = tiny_experiment(inference_norm="batch", dropout=False)
    generator = at_inference(e, e.direction, generator_of(e).state_dict())
    norm = next(layer for layer in generator.modules() if isinstance(layer, nn.BatchNorm2d))
    outputs = []
    norm.register_forward_hook(lambda layer, inputs, output: outputs.append(output - layer.bias.view(1, -1, 1, 1)))
    generator(torch.randn(3, 3, 16, 16))
    assert outputs[0].mean(dim=(0, 2, 3)).abs().max() < 1e-5


def test_translate_with_dropout_depends_on_seed(prepared, tmp_path):
    noisy = [translated(prepared, tmp_path, f"{i}", seed, inference_dropout=True) for i, seed in enumerate((0, 0, 1))]
    assert (noisy[0] == noisy[1]).all()
    assert (noisy[0] != noisy[2]).any()
    assert (noisy[0] != translated(prepared, tmp_path, "still")).any()


def test_final_checkpoint_contains_experiment_with_inference_settings(prepared, tmp_path):
    experiment = tiny_experiment(inference_dropout=True, inference_norm="batch", inference_batch=1)
    train(tiny_run(experiment), prepared, tmp_path / "run")
    with safe_open(tmp_path / "run/final.safetensors", "np") as file:
        assert json.loads(file.metadata()["experiment"]) == experiment.model_dump(mode="json")


def spoil(run, status, factor=torch.nan):
    """Change weights as a step with a NaN or too large loss would, and the status in the run's record."""
    weights = load_file(run / "final.safetensors")
    spoilt = {name: value * factor if value.is_floating_point() else value for name, value in weights.items()}
    save_file(spoilt, run / "final.safetensors")
    with edited_json(run / "run.json") as record:
        record["status"] = status
    write_checksums(run, "run.json")


@pytest.mark.parametrize(
    ("factor", "message"),
    [
        (torch.nan, r"run/final\.safetensors: .* contains NaN or infinity"),
        (1e36, r"ucsd-tiny/0: generator b_to_a: NaN .* test/0,.*/run/run\.json "),
    ],
)
def test_translate_refuses_nan_weights_or_outputs_and_leaves_no_image(prepared, tmp_path, factor, message):
    translated(prepared, tmp_path)
    spoil(tmp_path / "run", "finished", factor)
    with pytest.raises(UserError, match=message):
        translated(prepared, tmp_path, "anew")
    assert not (tmp_path / "anew").exists()


def test_translate_writes_black_images_for_nan_of_collapsed_run(prepared, tmp_path):
    translated(prepared, tmp_path)
    spoil(tmp_path / "run", "collapsed")
    assert (translated(prepared, tmp_path, "anew") == 0).all()


def test_sampler_shows_first_training_image_beside_its_translation(prepared, tmp_path):
    e = tiny_experiment("cyclegan", sample_epochs=[1], sample_training=True)
    run = tiny_run(e)
    train(run, prepared, tmp_path / "run")
    shown = {domain: read_png(tmp_path / f"run/samples/0001/training/{domain}.png") for domain in "AB"}
    a, b = next(training_batches(e, prepared, run.seed, "cpu").epoch(0))
    assert np.array_equal(shown["A"], to_uint8(a)[0]) and np.array_equal(shown["B"], to_uint8(b)[0])
    assert read_png(tmp_path / "run/samples/0001/training/fake_B/A.png").shape == shown["A"].shape


def test_sampler_of_training_images_changes_no_weight(prepared, tmp_path):
    for name, shown in (("with", True), ("without", False)):
        run = tiny_run(tiny_experiment("cyclegan", sample_epochs=[1], sample_training=shown))
        train(run, prepared, tmp_path / name)
    with_, without = (load_file(tmp_path / name / "final.safetensors") for name in ("with", "without"))
    assert all(torch.equal(with_[key], without[key]) for key in without)
