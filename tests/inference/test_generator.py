import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from pixcycle.base.errors import UserError
from pixcycle.inference.generator import load
from pixcycle.training.checkpoint import write_final
from tests.conftest import tiny_experiment


def test_load_cyclegan_has_both_directions_and_defaults_to_scored_one(finished):
    run = finished(tiny_experiment("cyclegan", direction="a_to_b"))
    there, back = load(run), load(run, "b_to_a")
    assert (there.direction, back.direction) == ("a_to_b", "b_to_a")
    assert any((there.weights[key] != back.weights[key]).any() for key in there.weights)


def test_load_pix2pix_refuses_untrained_direction(finished):
    with pytest.raises(UserError, match=r"pix2pix .* b_to_a; .* a_to_b"):
        load(finished(tiny_experiment()), "a_to_b")


def test_load_refuses_cogan_which_has_no_network_that_takes_an_image(tmp_path):
    e = tiny_experiment("cogan", filters=8)
    write_final(tmp_path, {}, e)
    with pytest.raises(UserError, match="cogan has no network that takes an image: it searches") as error:
        load(tmp_path)
    assert "\n" not in str(error.value)


def test_load_suggests_nearest_run_for_misspelt_folder(finished, tmp_path, monkeypatch):
    finished(tiny_experiment())
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="did you mean results/demo/ucsd/tiny/0-12345678"):
        load(type(tmp_path)("results/demo/ucsd/tiny/0-12345679"))


@pytest.mark.parametrize("name", ["results/demo/ucsd/tiny/0-12345678", "./results/demo/../demo/ucsd/tiny/0-12345678/"])
def test_load_of_a_run_without_its_weights_says_how_to_make_them_again(finished, tmp_path, monkeypatch, name):
    finished(tiny_experiment())
    (finished(tiny_experiment(), name="results/demo/ucsd/tiny/0-12345679") / "final.safetensors").unlink()
    (tmp_path / "results/demo/ucsd/tiny/0-12345678/final.safetensors").unlink()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        UserError, match=r"has no final.safetensors; remove that folder and run snakemake again"
    ) as error:
        load(type(tmp_path)(name))
    assert "did you mean" not in str(error.value)


def test_load_refuses_unfinished_run(tmp_path):
    with pytest.raises(UserError, match=r" no final.safetensors"):
        load(tmp_path)


@pytest.mark.parametrize("metadata", [None, {"experiment": "{"}, {"experiment": json.dumps({"method": "dall-e"})}])
def test_load_refuses_weights_without_valid_experiment(metadata, tmp_path):
    save_file({"g.a": np.zeros(1)}, tmp_path / "final.safetensors", metadata=metadata)
    with pytest.raises(UserError, match=r"final.safetensors: damaged"):
        load(tmp_path)


def test_load_refuses_damaged_file(finished):
    run = finished(tiny_experiment())
    whole = (run / "final.safetensors").read_bytes()
    (run / "final.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="damaged"):
        load(run)
