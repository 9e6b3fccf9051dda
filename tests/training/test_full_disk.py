import torch

from pixcycle.base.disk_full import DiskFull
from pixcycle.training import checkpoint
from tests.conftest import tiny_experiment, tiny_run
from tests.support.disks import BLOCK, disk
from tests.support.nodes import content
from tests.support.training import train


def test_save_on_a_full_disk_keeps_the_last_good_state(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0)
    run = tiny_run(tiny_experiment(n_epochs=4, sample_epochs=[2]))
    train(run, prepared, tmp_path / "undisturbed")
    failures = []
    with disk(tmp_path / "disk") as small:
        out, state = small.folder / "run", small.folder / "run.part/state/last.pt"
        while True:
            try:
                train(run, prepared, out)
                break
            except DiskFull as error:
                assert not out.exists()
                epoch = torch.load(state, weights_only=True)["done"]["epoch"] if state.exists() else 0
                failures.append((epoch, str(error).startswith(f"{state}: ")))
            small.resize(small.size + 12 * BLOCK)
        assert [epoch for epoch, _ in failures] == sorted(epoch for epoch, _ in failures)
        assert (0, True) in failures and (1, True) in failures
        assert content(out) == content(tmp_path / "undisturbed")
