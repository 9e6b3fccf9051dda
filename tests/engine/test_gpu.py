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

from pixcycle.engine import gpu
from pixcycle.engine.gpu import cards, lease, most_cards
from tests.conftest import wait_until
from tests.processes import PROCESSES


def job(folder: Path, wanted: int, seconds: float, end: Event | None) -> None:
    """Lease cards for so long, or until `end` is set; the kernel knows of each card who has it, by a lock of ours."""
    os.environ["CUDA_VISIBLE_DEVICES"] = "0,1,2,3"
    gpu.SECONDS_BETWEEN_LOOKS = 0.01
    log, said = ((folder / name).open("a", buffering=1) for name in ("log", "said"))
    with redirect_stderr(said), lease(wanted, folder / "locks") as taken, ExitStack() as owned:
        for card in taken:
            mark = owned.enter_context((folder / f"owner-of-{card}").open("a"))
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                log.write(f"shared {card}\n")
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
    """Its exit code, or None if it has not ended in two minutes."""
    process.join(120)
    return process.exitcode


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def visible(monkeypatch):
    def see(names):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", names)

    return see


def test_fifty_jobs_on_four_cards_never_share_one_though_some_are_killed(tmp_path):
    chance = random.Random(0)
    jobs = [start(tmp_path, chance.choice([1, 1, 1, 2, 3, 4]), chance.uniform(0, 0.2)) for _ in range(50)]
    doomed = chance.sample(jobs, 15)
    for process in doomed:
        time.sleep(chance.uniform(0, 0.3))
        process.kill()
    codes = [code(process) for process in jobs]
    assert [code for process, code in zip(jobs, codes, strict=True) if process not in doomed] == [0] * 35
    told = Counter(line.split()[0] for line in lines(tmp_path / "log"))
    assert told["shared"] == 0 and told["took"] >= 35


def test_a_killed_job_frees_its_cards(tmp_path):
    end = PROCESSES.Event()
    holder = start(tmp_path, 4, end=end)
    wait_until(lambda: lines(tmp_path / "log") == ["took 4"])
    holder.kill()
    holder.join()
    assert code(start(tmp_path, 4)) == 0
    assert lines(tmp_path / "log") == ["took 4", "took 4"]


def test_a_job_for_all_cards_gets_them_although_others_keep_coming(tmp_path):
    """Those that came later for one card wait behind it."""
    end = PROCESSES.Event()
    first = [start(tmp_path, 1, end=end) for _ in range(2)]
    wait_until(lambda: lines(tmp_path / "log") == ["took 1", "took 1"])
    large = start(tmp_path, 4)
    wait_until(lambda: lines(tmp_path / "said") == ["waits for a free card: 4 of 0, 1, 2, 3"])
    later = [start(tmp_path, 1) for _ in range(4)]
    end.set()
    assert [code(process) for process in (*first, large, *later)] == [0] * 7
    assert lines(tmp_path / "log")[2:] == ["took 4", *["took 1"] * 4]


def test_only_cards_that_slurm_or_the_user_made_visible_are_leased(visible, tmp_path):
    visible("5,GPU-1a2b")
    with lease(1, tmp_path) as one:
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "5"
        visible("5,GPU-1a2b")  # as another job sees them
        with lease(1, tmp_path) as other:
            assert (one, other) == (["5"], ["GPU-1a2b"])
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "5,GPU-1a2b"


def test_jobs_of_slurm_number_their_cards_on_their_own(visible, tmp_path, monkeypatch):
    visible("0")
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    with lease(1, tmp_path) as one:
        monkeypatch.setenv("SLURM_JOB_ID", "18")
        with lease(1, tmp_path) as other:
            assert one == other == ["0"]


def test_a_machine_with_fewer_cards_gives_what_it_has_and_one_without_gives_none(visible, tmp_path):
    visible("0,1")
    with lease(3, tmp_path) as taken:
        assert taken == ["0", "1"]
    for none in ("", "-1"):
        visible(none)
        assert cards() == []
        with lease(1, tmp_path) as taken:
            assert taken == []
            assert os.environ["CUDA_VISIBLE_DEVICES"] == none


def test_locks_of_a_user_who_shares_no_files_can_be_read_by_others(visible, tmp_path):
    visible("0")
    before = os.umask(0o077)
    try:
        with lease(1, tmp_path / "locks"):
            pass
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o7777 for path in (tmp_path / "locks").iterdir()}
    assert modes == {"machine-0": 0o644, "machine-queue": 0o644}
    assert (tmp_path / "locks").stat().st_mode & 0o7777 == 0o1777


@pytest.mark.parametrize(
    ("batch_size", "gpus", "there", "used"),
    [(4, 2, "0,1,2", 2), (4, 4, "0,1,2", 2), (6, 6, "0,1,2,3", 3), (8, 8, "", 1), (1, 1, "0,1", 1)],
)
def test_a_training_takes_as_many_of_the_cards_as_can_share_its_batches(visible, batch_size, gpus, there, used):
    visible(there)
    assert most_cards(batch_size, gpus) == used
