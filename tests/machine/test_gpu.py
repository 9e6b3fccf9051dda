import fcntl
import os
import random
import time
from collections import Counter
from contextlib import ExitStack, redirect_stderr
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from pixcycle.machine import gpu
from pixcycle.machine.gpu import gpus, lease, most_gpus
from pixcycle.machine.lock_folder import SHARED
from tests.conftest import wait_until
from tests.support.processes import PROCESSES


def job(folder: Path, wanted: int, seconds: float, end: Event | None) -> None:
    """Hold GPUs until `end` is set, if given, and then for `seconds`; a second lock for each GPU detects sharing."""
    os.environ["CUDA_VISIBLE_DEVICES"] = "0,1,2,3"
    os.environ[SHARED] = str(folder)
    gpu.SECONDS_BETWEEN_LOOKS = 0.01
    log, stderr = ((folder / name).open("a", buffering=1) for name in ("log", "stderr"))
    with redirect_stderr(stderr), lease(wanted) as taken, ExitStack() as owned:
        for gpu_name in taken:
            mark = owned.enter_context((folder / f"owner-of-{gpu_name}").open("a"))
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                log.write(f"shared {gpu_name}\n")
        assert os.environ["CUDA_VISIBLE_DEVICES"] == ",".join(taken) and len(taken) == wanted
        log.write(f"took {wanted}\n")
        if end:
            end.wait()
        time.sleep(seconds)


def start(folder: Path, wanted: int, seconds: float = 0, end: Event | None = None) -> BaseProcess:
    process = PROCESSES.Process(target=job, args=(folder, wanted, seconds, end), daemon=True)
    process.start()
    return process


def code(process: BaseProcess) -> int | None:
    """Return its exit code, or None if it does not end within two minutes."""
    process.join(120)
    return process.exitcode


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def visible(monkeypatch, tmp_path):
    """Return a function that makes GPUs visible, whose locks are in the temporary folder."""
    monkeypatch.setenv(SHARED, str(tmp_path))

    def see(names):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", names)

    return see


def test_lease_never_shares_a_gpu_among_50_jobs_some_of_them_killed(tmp_path):
    chance = random.Random(0)
    jobs = [start(tmp_path, chance.choice([1, 1, 1, 2, 3, 4]), chance.uniform(0, 0.2)) for _ in range(50)]
    doomed = chance.sample(jobs, 15)
    for process in doomed:
        time.sleep(chance.uniform(0, 0.3))
        process.kill()
    codes = [code(process) for process in jobs]
    assert [code for process, code in zip(jobs, codes, strict=True) if process not in doomed] == [0] * 35
    counts = Counter(line.split()[0] for line in lines(tmp_path / "log"))
    assert counts["shared"] == 0 and counts["took"] >= 35


def test_lease_of_a_killed_job_is_released(tmp_path):
    end = PROCESSES.Event()
    holder = start(tmp_path, 4, end=end)
    wait_until(lambda: lines(tmp_path / "log") == ["took 4"])
    holder.kill()
    holder.join()
    assert code(start(tmp_path, 4)) == 0
    assert lines(tmp_path / "log") == ["took 4", "took 4"]


def test_lease_of_all_gpus_is_not_starved_by_later_jobs(tmp_path):
    """Later jobs that want one GPU wait until it has its GPUs."""
    end = PROCESSES.Event()
    first = [start(tmp_path, 1, end=end) for _ in range(2)]
    wait_until(lambda: lines(tmp_path / "log") == ["took 1", "took 1"])
    large = start(tmp_path, 4)
    wait_until(lambda: lines(tmp_path / "stderr") == ["waiting for 4 free GPU(s) of 0, 1, 2, 3"])
    later = [start(tmp_path, 1) for _ in range(4)]
    wait_until(lambda: len(lines(tmp_path / "stderr")) == 5)  # those behind it in the queue say so as well
    end.set()
    assert [code(process) for process in (*first, large, *later)] == [0] * 7
    assert lines(tmp_path / "log")[2:] == ["took 4", *["took 1"] * 4]
    assert lines(tmp_path / "stderr")[1:] == ["waiting for 1 free GPU(s) of 0, 1, 2, 3"] * 4


def test_lease_takes_only_gpus_that_slurm_or_the_user_made_visible(visible, tmp_path):
    visible("5,GPU-1a2b")
    with lease(1) as one:
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "5"
        visible("5,GPU-1a2b")  # as another job sees them
        with lease(1) as other:
            assert (one, other) == (["5"], ["GPU-1a2b"])
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "5,GPU-1a2b"


def test_lease_keeps_gpu_numbers_of_different_slurm_jobs_apart(visible, tmp_path, monkeypatch):
    visible("0")
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    with lease(1) as one:
        monkeypatch.setenv("SLURM_JOB_ID", "18")
        with lease(1) as other:
            assert one == other == ["0"]


def test_lease_yields_at_most_the_available_gpus(visible, tmp_path):
    visible("0,1")
    with lease(3) as taken:
        assert taken == ["0", "1"]
    for none in ("", "-1"):
        visible(none)
        assert gpus() == []
        with lease(1) as taken:
            assert taken == []
            assert os.environ["CUDA_VISIBLE_DEVICES"] == none


def test_lease_lock_files_are_readable_by_other_users_despite_umask(visible, tmp_path):
    visible("0")
    before = os.umask(0o077)
    try:
        with lease(1):
            pass
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o7777 for path in tmp_path.iterdir()}
    assert modes == {"machine-0": 0o644, "machine-queue": 0o644}


@pytest.mark.parametrize(
    ("batch_size", "wanted", "available", "used"),
    [(4, 2, "0,1,2", 2), (4, 4, "0,1,2", 2), (6, 6, "0,1,2,3", 3), (8, 8, "", 1), (1, 1, "0,1", 1)],
)
def test_most_gpus_divides_the_batch_equally(visible, batch_size, wanted, available, used):
    visible(available)
    assert most_gpus(batch_size, wanted) == used
