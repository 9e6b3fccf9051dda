"""Weights from elsewhere: tensors of the network that they are for are imported, and nothing in them is run."""

import pickle

import pytest
import torch
from safetensors import safe_open

from pixcycle.errors import UserError
from tests.answers import answer
from tests.corpus.damaged import Runs
from tests.corpus.foreign import FOREIGN
from tests.corpus.form import each, one_line


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    """A U-Net's weights as the authors' code names them, all one half."""
    from pixcycle.models.foreign import GENERATORS, build_generator

    network = build_generator(**GENERATORS["unet_128"], filters=64)
    return {key: torch.full_like(value, 0.5) if value.ndim else value for key, value in network.state_dict().items()}


@each(FOREIGN)
def test_weights_from_elsewhere_run_nothing_and_are_told_by_their_file(tmp_path, state, given):
    (tmp_path / "latest_net_G.pth").write_bytes(given.make(state))
    told = answer("import-weights", "latest_net_G.pth", "--generator", "unet_128", folder=tmp_path)
    assert not (tmp_path / "ran").exists()
    if given.expected is None:
        assert told.exit_code == 0, told.text
        with safe_open(tmp_path / "imported.safetensors", "pt") as imported:
            for key in imported.keys():  # noqa: SIM118, it is no dict
                assert torch.equal(imported.get_tensor(key).float(), state[key].float())
    else:
        one_line(told.refusal, "latest_net_G.pth", given.expected)
        assert not (tmp_path / "imported.safetensors").exists()


def test_a_pickle_in_place_of_the_extractor_s_weights_is_refused_by_its_checksum(tmp_path):
    from pixcycle.metrics.features import load_extractor

    (tmp_path / "inception.pth").write_bytes(pickle.dumps(Runs(f"touch {tmp_path}/ran")))
    with pytest.raises(UserError) as refused:
        load_extractor("inception-v3", tmp_path / "inception.pth")
    one_line(str(refused.value), "inception.pth is not", "its sha256 is")
    assert not (tmp_path / "ran").exists()
