"""A state that cannot be restored ends in a one-line error: nobody loses days of training silently."""

import pickle
import random
import shutil
import zipfile
from pathlib import Path

import pytest
import torch

from pixcycle.base.errors import UserError
from pixcycle.machine import ranks
from pixcycle.methods.registry import METHODS
from pixcycle.training import checkpoint
from tests.conftest import tiny_experiment, tiny_run
from tests.support.finished import assert_same_files
from tests.support.training import train

RUN = tiny_run(tiny_experiment())


class Stopped(Exception):
    pass


def interrupted(experiment, prepared: Path, out: Path, after: tuple[int, int] = (1, 1)) -> Path:
    """Return the path of the state of a run that was interrupted after (epochs, steps of the next epoch)."""
    save = checkpoint.save

    def save_and_stop(work, method, done):
        save(work, method, done)
        if (done.epoch, done.step) == after:
            raise Stopped

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(checkpoint, "SECONDS_BETWEEN", 0)
        patch.setattr(checkpoint, "save", save_and_stop)
        train(tiny_run(experiment), prepared, out)
    return out.with_name(f"{out.name}.part") / "state/last.pt"


@pytest.fixture
def state(prepared, tmp_path) -> Path:
    return interrupted(RUN.config, prepared, tmp_path / "run")


def refusal(prepared: Path, state: Path) -> str:
    """Return the error of a refused attempt without its advice, and check that the state is unchanged."""
    content = state.read_bytes()
    with pytest.raises(UserError) as error:
        train(RUN, prepared, state.parents[2] / "run")
    assert state.read_bytes() == content
    line = str(error.value)
    reason, _, advice = line.removeprefix(f"{state} ").partition(";")
    assert line.startswith(f"{state} ") and "\n" not in line and "delete it" in advice
    return reason


def changed(state: Path, change) -> None:
    content = torch.load(state, weights_only=True)
    change(content)
    torch.save(content, state)


@pytest.mark.parametrize("share", [0, 0.3, 0.999])
def test_restore_rejects_truncated_state(prepared, state, share):
    content = state.read_bytes()
    state.write_bytes(content[: int(share * len(content))])
    assert refusal(prepared, state) == "is truncated or damaged"


def test_restore_rejects_state_of_zero_bytes(prepared, state):
    state.write_bytes(bytes(state.stat().st_size))
    assert refusal(prepared, state) == "is truncated or damaged"


def test_restore_rejects_flipped_bit_unless_it_changes_nothing(prepared, state, tmp_path):
    content, draw, refused = state.read_bytes(), random.Random(6), 0
    train(RUN, prepared, tmp_path / "undisturbed")
    for place in [draw.randrange(len(content)) for _ in range(60)]:
        damaged = bytearray(content)
        damaged[place] ^= 1 << draw.randrange(8)
        state.write_bytes(damaged)
        method = METHODS["pix2pix"](RUN.config, ranks.fabric(), 0)
        try:
            assert checkpoint.restore(state.parents[1], method).epoch == 1
        except UserError:
            refused += 1
        else:  # the bit is between the entries of the archive, or in their dates
            last = place
    assert 30 < refused < 60
    damaged = bytearray(content)
    damaged[last] ^= 1
    state.write_bytes(damaged)
    train(RUN, prepared, tmp_path / "run")
    assert_same_files(tmp_path / "run", tmp_path / "undisturbed")


def test_restore_rejects_pickled_code_without_running_it(prepared, state, tmp_path):
    class Code:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    state.write_bytes(pickle.dumps(Code()))
    assert refusal(prepared, state) == "is truncated or damaged"
    torch.save(Code(), state)
    assert refusal(prepared, state) == "is not a training state"
    assert not (tmp_path / "ran").exists()


def test_restore_rejects_archive_of_something_else(prepared, state):
    with zipfile.ZipFile(state, "w") as archive:
        archive.writestr("a.txt", "a")
    assert refusal(prepared, state) == "is not a training state"
    torch.save(torch.zeros(3), state)
    assert refusal(prepared, state) == "belongs to another run"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize(
    "where",
    [
        lambda state: state["nets"]["modules"]["g"],
        lambda state: state["nets"]["optimisers"]["d"]["state"][0],
    ],
    ids=["a weight", "a moment"],
)
def test_restore_rejects_state_with_nan_or_infinity(prepared, state, where, value):
    def spoil(content):
        tensors = where(content)
        next(tensor for tensor in tensors.values() if tensor.is_floating_point() and tensor.dim()).view(-1)[-1] = value

    changed(state, spoil)
    assert refusal(prepared, state) == "contains NaN or infinity"


def test_restore_rejects_state_of_another_architecture_or_method(prepared, state, tmp_path):
    for i, other in enumerate(
        (tiny_experiment(filters=8), tiny_experiment(norm="instance"), tiny_experiment("cyclegan"))
    ):
        shutil.copy(interrupted(other, prepared, tmp_path / str(i)), state)
        changed(state, lambda content: content.update(of="run.part"))
        assert refusal(prepared, state) == "belongs to another run"


def test_restore_rejects_state_of_another_run_even_if_it_fits(prepared, state, tmp_path):
    shutil.copy(interrupted(tiny_experiment(lr=0.5), prepared, tmp_path / "other"), state)
    assert refusal(prepared, state) == "belongs to another run"


def test_restore_reads_states_saved_before_steps_were_counted(prepared, tmp_path):
    """Those states were saved at the end of an epoch, and did not name their run."""
    state = interrupted(RUN.config, prepared, tmp_path / "run", after=(2, 0))

    def convert_to_old_format(content):
        del content["of"], content["done"]["step"]

    changed(state, convert_to_old_format)
    train(RUN, prepared, tmp_path / "run")
    train(RUN, prepared, tmp_path / "undisturbed")
    assert_same_files(tmp_path / "run", tmp_path / "undisturbed")


def test_train_starts_over_if_the_state_was_deleted(prepared, state, tmp_path):
    state.unlink()
    train(RUN, prepared, tmp_path / "run")
    train(RUN, prepared, tmp_path / "undisturbed")
    assert_same_files(tmp_path / "run", tmp_path / "undisturbed")
