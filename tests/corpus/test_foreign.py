"""Importing foreign weights: tensors of the right network are imported, and no code in the file is run."""

import pickle

import pytest
import torch
from safetensors import safe_open

from pixcycle.base.errors import UserError
from tests.corpus.damaged import Runs
from tests.corpus.foreign import FOREIGN
from tests.corpus.form import each, one_line
from tests.support.answers import answer


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    """Weights of a U-Net under the names of the authors' code, all 0.5."""
    from pixcycle.models.foreign import GENERATORS, build_generator

    network = build_generator(**GENERATORS["unet_128"], filters=64)
    return {key: torch.full_like(value, 0.5) if value.ndim else value for key, value in network.state_dict().items()}


@each(FOREIGN)
def test_import_weights_runs_no_code_and_names_refused_files(tmp_path, state, given):
    (tmp_path / "latest_net_G.pth").write_bytes(given.make(state))
    result = answer("import-weights", "latest_net_G.pth", "--generator", "unet_128", folder=tmp_path)
    assert not (tmp_path / "ran").exists()
    if given.expected is None:
        assert result.exit_code == 0, result.text
        with safe_open(tmp_path / "imported.safetensors", "pt") as imported:
            for key in imported.keys():  # noqa: SIM118, not a dict
                assert torch.equal(imported.get_tensor(key).float(), state[key].float())
    else:
        one_line(result.refusal, "latest_net_G.pth", given.expected)
        assert not (tmp_path / "imported.safetensors").exists()


def test_load_extractor_refuses_a_pickle_by_its_checksum(tmp_path):
    from pixcycle.evaluation.features import load_extractor

    (tmp_path / "inception.pth").write_bytes(pickle.dumps(Runs(f"touch {tmp_path}/ran")))
    with pytest.raises(UserError) as refused:
        load_extractor("inception-v3", tmp_path / "inception.pth")
    one_line(str(refused.value), "inception.pth is not", "its sha256 is")
    assert not (tmp_path / "ran").exists()
