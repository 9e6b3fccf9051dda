import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from pixcycle.errors import UserError
from pixcycle.trained.generator import load
from tests.conftest import tiny_experiment


def test_cyclegan_goes_both_ways_and_without_a_word_the_scored_one(finished):
    run = finished(tiny_experiment("cyclegan", direction="a_to_b"))
    there, back = load(run), load(run, "b_to_a")
    assert (there.direction, back.direction) == ("a_to_b", "b_to_a")
    assert any((there.weights[key] != back.weights[key]).any() for key in there.weights)


def test_pix2pix_goes_only_the_way_it_was_trained(finished):
    with pytest.raises(UserError, match="pix2pix is trained in one direction, here b_to_a; it has no a_to_b"):
        load(finished(tiny_experiment()), "a_to_b")


def test_a_run_that_is_misspelt_is_answered_with_the_nearest(finished, tmp_path, monkeypatch):
    finished(tiny_experiment())
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="no such folder; did you mean results/demo/ucsd/tiny/0-12345678"):
        load(type(tmp_path)("results/demo/ucsd/tiny/0-12345679"))


def test_an_unfinished_run_is_told_from_a_finished_one(tmp_path):
    with pytest.raises(UserError, match=r"has no final.safetensors; want the folder of a finished run"):
        load(tmp_path)


@pytest.mark.parametrize("metadata", [None, {"experiment": "{"}, {"experiment": json.dumps({"method": "dall-e"})}])
def test_weights_that_do_not_say_of_what_they_are_are_refused(metadata, tmp_path):
    save_file({"g.a": np.zeros(1)}, tmp_path / "final.safetensors", metadata=metadata)
    with pytest.raises(UserError, match=r"final.safetensors: damaged, or not written by this version of pixcycle"):
        load(tmp_path)


def test_a_damaged_file_is_refused(finished):
    run = finished(tiny_experiment())
    whole = (run / "final.safetensors").read_bytes()
    (run / "final.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="damaged"):
        load(run)
