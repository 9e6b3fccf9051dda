"""A state that cannot be gone on from is told in one line: nobody loses days of training without a word."""

import pickle
import random
import shutil
import zipfile
from pathlib import Path

import pytest
import torch

from pixcycle.errors import UserError
from pixcycle.training import checkpoint, loop
from tests.conftest import tiny_experiment, tiny_run
from tests.training.finished import assert_same_files

RUN = tiny_run(tiny_experiment())


class Stopped(Exception):
    pass


def interrupted(experiment, prepared: Path, out: Path, after: tuple[int, int] = (1, 1)) -> Path:
    """The state of a run that was interrupted after so many epochs, and steps of the next."""
    save = checkpoint.save

    def save_and_stop(work, method, done):
        save(work, method, done)
        if (done.epoch, done.step) == after:
            raise Stopped

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(checkpoint, "SECONDS_BETWEEN", 0)
        patch.setattr(checkpoint, "save", save_and_stop)
        loop.train(tiny_run(experiment), prepared, out)
    return out.with_name(f"{out.name}.part") / "state/last.pt"


@pytest.fixture
def state(prepared, tmp_path) -> Path:
    return interrupted(RUN.config, prepared, tmp_path / "run")


def refusal(prepared: Path, state: Path) -> str:
    """The line that an attempt ends with, without the advice, and with the state still there."""
    content = state.read_bytes()
    with pytest.raises(UserError) as refused:
        loop.train(RUN, prepared, state.parents[2] / "run")
    assert state.read_bytes() == content
    line = str(refused.value)
    begin, end = f"{state} ", "; put back a whole copy of it, or delete it to train from the beginning"
    assert line.startswith(begin) and line.endswith(end) and "\n" not in line
    return line.removeprefix(begin).removesuffix(end)


def changed(state: Path, change) -> None:
    content = torch.load(state, weights_only=True)
    change(content)
    torch.save(content, state)


@pytest.mark.parametrize("share", [0, 0.3, 0.999])
def test_a_state_that_was_cut_off_is_refused(prepared, state, share):
    content = state.read_bytes()
    state.write_bytes(content[: int(share * len(content))])
    assert refusal(prepared, state) == "is cut off or damaged"


def test_a_state_of_zero_bytes_alone_is_refused(prepared, state):
    state.write_bytes(bytes(state.stat().st_size))
    assert refusal(prepared, state) == "is cut off or damaged"


def test_a_flipped_bit_is_refused_or_changes_nothing(prepared, state, tmp_path):
    content, draw, refused = state.read_bytes(), random.Random(6), 0
    loop.train(RUN, prepared, tmp_path / "alone")
    for place in [draw.randrange(len(content)) for _ in range(60)]:
        damaged = bytearray(content)
        damaged[place] ^= 1 << draw.randrange(8)
        state.write_bytes(damaged)
        method = loop.METHODS["pix2pix"](RUN.config, loop.ranks.fabric(), 0)
        try:
            assert checkpoint.restore(state.parents[1], method).epoch == 1
        except UserError:
            refused += 1
        else:  # between the entries of the archive, or in their dates
            last = place
    assert 30 < refused < 60
    damaged = bytearray(content)
    damaged[last] ^= 1
    state.write_bytes(damaged)
    loop.train(RUN, prepared, tmp_path / "run")
    assert_same_files(tmp_path / "run", tmp_path / "alone")


def test_a_pickle_with_code_is_refused_and_its_code_does_not_run(prepared, state, tmp_path):
    class Code:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    state.write_bytes(pickle.dumps(Code()))
    assert refusal(prepared, state) == "is cut off or damaged"
    torch.save(Code(), state)
    assert refusal(prepared, state) == "is no state of a training"
    assert not (tmp_path / "ran").exists()


def test_an_archive_of_something_else_is_refused(prepared, state):
    with zipfile.ZipFile(state, "w") as archive:
        archive.writestr("a.txt", "a")
    assert refusal(prepared, state) == "is no state of a training"
    torch.save(torch.zeros(3), state)
    assert refusal(prepared, state) == "is another run's state"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize(
    "where",
    [
        lambda state: state["nets"]["modules"]["g"],
        lambda state: state["nets"]["optimisers"]["d"]["state"][0],
    ],
    ids=["a weight", "a moment"],
)
def test_a_state_that_is_not_finite_is_refused(prepared, state, where, value):
    def spoil(content):
        tensors = where(content)
        next(tensor for tensor in tensors.values() if tensor.is_floating_point() and tensor.dim()).view(-1)[-1] = value

    changed(state, spoil)
    assert refusal(prepared, state) == "holds numbers that are not finite"


def test_a_state_of_another_architecture_or_method_is_refused(prepared, state, tmp_path):
    for i, other in enumerate(
        (tiny_experiment(filters=8), tiny_experiment(norm="instance"), tiny_experiment("cyclegan"))
    ):
        shutil.copy(interrupted(other, prepared, tmp_path / str(i)), state)
        changed(state, lambda content: content.update(of="run.part"))
        assert refusal(prepared, state) == "is another run's state"


def test_a_state_out_of_another_run_s_folder_is_refused_even_if_it_would_fit(prepared, state, tmp_path):
    shutil.copy(interrupted(tiny_experiment(lr=0.5), prepared, tmp_path / "other"), state)
    assert refusal(prepared, state) == "is another run's state"


def test_a_state_that_was_saved_before_steps_were_counted_is_gone_on_from(prepared, tmp_path):
    """Then a state belonged to the end of an epoch, and did not say whose it was."""
    state = interrupted(RUN.config, prepared, tmp_path / "run", after=(2, 0))

    def as_of_old(content):
        del content["of"], content["done"]["step"]

    changed(state, as_of_old)
    loop.train(RUN, prepared, tmp_path / "run")
    loop.train(RUN, prepared, tmp_path / "alone")
    assert_same_files(tmp_path / "run", tmp_path / "alone")


def test_a_state_that_was_deleted_lets_the_run_begin_anew(prepared, state, tmp_path):
    state.unlink()
    loop.train(RUN, prepared, tmp_path / "run")
    loop.train(RUN, prepared, tmp_path / "alone")
    assert_same_files(tmp_path / "run", tmp_path / "alone")
