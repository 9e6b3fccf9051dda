import torch

from pixcycle.room import DiskFull
from pixcycle.training import checkpoint, loop
from tests.conftest import tiny_experiment, tiny_run
from tests.disks import BLOCK, disk
from tests.nodes import content


def test_the_last_good_state_outlives_a_full_disk_in_the_write_of_the_next(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0)
    run = tiny_run(tiny_experiment(n_epochs=4, sample_epochs=[2]))
    loop.train(run, prepared, tmp_path / "undisturbed")
    kept = []
    with disk(tmp_path / "disk") as small:
        out, state = small.folder / "run", small.folder / "run.part/state/last.pt"
        while True:
            try:
                loop.train(run, prepared, out)
                break
            except DiskFull as told:
                assert not out.exists()
                epoch = torch.load(state, weights_only=True)["done"]["epoch"] if state.exists() else 0
                kept.append((epoch, str(told).startswith(f"{state}: ")))
            small.resize(small.size + 12 * BLOCK)
        assert [epoch for epoch, _ in kept] == sorted(epoch for epoch, _ in kept)
        assert (0, True) in kept and (1, True) in kept
        assert content(out) == content(tmp_path / "undisturbed")
