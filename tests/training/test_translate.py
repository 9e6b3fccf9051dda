import json

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from pixcycle.data.batches import to_tensor, to_uint8
from pixcycle.errors import UserError
from pixcycle.training import loop
from pixcycle.training.networks import generator_of
from pixcycle.training.translate import at_inference, translate
from pixcycle.training.translated import read_fakes, read_png
from tests.conftest import tiny_experiment, tiny_run
from tests.edited import edited_json


def translated(prepared, tmp_path, name="out", seed=0, **settings):
    """The outputs of a trained network under other settings of inference."""
    if not (tmp_path / "run").exists():
        loop.train(tiny_run(tiny_experiment()), prepared, tmp_path / "run")
    run = tiny_run(tiny_experiment(**settings), seed)
    translate(run, tmp_path / "run", prepared, tmp_path / name)
    return read_fakes(tmp_path / name, "b_to_a", prepared).astype(int)


@pytest.mark.parametrize(("method", "made"), [("pix2pix", {"fake_A"}), ("cyclegan", {"fake_A", "fake_B", "cycle_B"})])
def test_every_test_image_is_translated_to_png_in_each_direction_that_was_trained(method, made, prepared, tmp_path):
    run = tiny_run(tiny_experiment(method))
    loop.train(run, prepared, tmp_path / "run")
    translate(run, tmp_path / "run", prepared, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == made
    assert all(len(list((tmp_path / "out" / name).rglob("*.png"))) == 6 for name in made)
    assert read_fakes(tmp_path / "out", "b_to_a", prepared).shape == (6, 16, 16, 3)


def test_what_comes_back_is_the_other_generator_s_image_of_the_output(prepared, tmp_path):
    run = tiny_run(tiny_experiment("cyclegan", inference_batch=1))
    loop.train(run, prepared, tmp_path / "run")
    translate(run, tmp_path / "run", prepared, tmp_path / "out")
    from pixcycle.training import checkpoint

    there, back = (
        at_inference(run.config, checkpoint.load_generator(tmp_path / "run", name, run.config))
        for name in ("g_ba", "g_ab")
    )
    image = np.load(prepared / "test_B.npy")[2:3]
    with torch.inference_mode():
        expected = to_uint8(back(there(to_tensor(image))))[0]
    np.testing.assert_array_equal(read_png(tmp_path / "out/cycle_B/test/2.png"), expected)


def test_a_translation_does_not_depend_on_the_images_beside_it(prepared, tmp_path):
    one, six = (translated(prepared, tmp_path, f"by-{n}", inference_batch=n) for n in (1, 6))
    assert np.abs(one - six).max() <= 1


def test_with_the_batch_s_statistics_it_does(prepared, tmp_path):
    one, six = (translated(prepared, tmp_path, f"by-{n}", inference_batch=n, inference_norm="batch") for n in (1, 6))
    assert np.abs(one - six).max() > 1


def test_batch_statistics_normalise_each_channel_over_the_test_batch():
    e = tiny_experiment(inference_norm="batch", dropout=False)
    generator = at_inference(e, generator_of(e).state_dict())
    norm = next(layer for layer in generator.modules() if isinstance(layer, nn.BatchNorm2d))
    seen = []
    norm.register_forward_hook(lambda layer, given, made: seen.append(made - layer.bias.view(1, -1, 1, 1)))
    generator(torch.randn(3, 3, 16, 16))
    assert seen[0].mean(dim=(0, 2, 3)).abs().max() < 1e-5


def test_dropout_at_inference_is_noise_that_the_seed_decides(prepared, tmp_path):
    noisy = [translated(prepared, tmp_path, f"{i}", seed, inference_dropout=True) for i, seed in enumerate((0, 0, 1))]
    assert (noisy[0] == noisy[1]).all()
    assert (noisy[0] != noisy[2]).any()
    assert (noisy[0] != translated(prepared, tmp_path, "still")).any()


def test_the_checkpoint_says_how_its_networks_are_built_and_set_at_inference(prepared, tmp_path):
    experiment = tiny_experiment(inference_dropout=True, inference_norm="batch", inference_batch=1)
    loop.train(tiny_run(experiment), prepared, tmp_path / "run")
    with safe_open(tmp_path / "run/final.safetensors", "np") as file:
        assert json.loads(file.metadata()["experiment"]) == experiment.model_dump(mode="json")


def spoil(run, status, factor=torch.nan):
    """Weights as they are after a step whose loss was NaN, or too large, and what the run's record says."""
    weights = load_file(run / "final.safetensors")
    spoilt = {name: each * factor if each.is_floating_point() else each for name, each in weights.items()}
    save_file(spoilt, run / "final.safetensors")
    with edited_json(run / "run.json") as record:
        record["status"] = status


@pytest.mark.parametrize(
    ("factor", "told"),
    [
        (torch.nan, r"run/final\.safetensors: .* holds NaN or infinity"),
        (1e36, r"ucsd-tiny/0: its generator of b_to_a answers test/0 or .* with NaN or inf"),
    ],
)
def test_a_generator_that_is_or_answers_nan_is_refused_and_leaves_no_image(prepared, tmp_path, factor, told):
    translated(prepared, tmp_path)
    spoil(tmp_path / "run", "finished", factor)
    with pytest.raises(UserError, match=told):
        translated(prepared, tmp_path, "anew")
    assert not (tmp_path / "anew").exists()


def test_where_a_collapsed_run_s_generator_answers_with_nan_its_images_are_black(prepared, tmp_path):
    translated(prepared, tmp_path)
    spoil(tmp_path / "run", "collapsed")
    assert (translated(prepared, tmp_path, "anew") == 0).all()
