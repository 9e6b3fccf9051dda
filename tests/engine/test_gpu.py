import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from pixcycle.engine.gpu import cards, lease, most_cards
from tests.conftest import wait_until

JOB = """
import os, sys, time
from pathlib import Path
from pixcycle.engine.gpu import lease

locks, owners, log, wanted, seconds = sys.argv[1:]

def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

with lease(int(wanted), Path(locks)) as taken:
    for card in taken:
        mark = Path(owners) / card
        if mark.exists() and alive(mark.read_text()):
            Path(log).open("a").write(f"shared {card}\\n")
        mark.write_text(str(os.getpid()))
    assert os.environ["CUDA_VISIBLE_DEVICES"] == ",".join(taken) and len(taken) == int(wanted)
    Path(log).open("a").write(f"took {wanted}\\n")
    time.sleep(float(seconds))
    for card in taken:
        (Path(owners) / card).unlink()
"""


def start(folder: Path, wanted: int, seconds: float) -> subprocess.Popen:
    (folder / "owners").mkdir(exist_ok=True)
    arguments = [folder / "locks", folder / "owners", folder / "log", wanted, seconds]
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "0,1,2,3", "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen([sys.executable, "-c", JOB, *map(str, arguments)], env=environment, stderr=subprocess.PIPE)


def lines(folder: Path) -> list[str]:
    return (folder / "log").read_text().splitlines() if (folder / "log").exists() else []


@pytest.fixture
def visible(monkeypatch):
    def see(names):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", names)

    return see


def test_fifty_jobs_on_four_cards_never_share_one_though_some_are_killed(tmp_path):
    chance = random.Random(0)
    jobs = [start(tmp_path, chance.choice([1, 1, 1, 2, 3, 4]), chance.uniform(0, 0.2)) for _ in range(50)]
    doomed = chance.sample(jobs, 15)
    for job in doomed:
        time.sleep(chance.uniform(0, 0.3))
        job.kill()
    codes = [job.wait(120) for job in jobs]
    errors = [job.stderr.read() for job in jobs]
    assert [code for job, code in zip(jobs, codes, strict=True) if job not in doomed] == [0] * 35, errors
    assert Counter(line.split()[0] for line in lines(tmp_path))["shared"] == 0
    assert len(lines(tmp_path)) >= 35


def test_a_killed_job_frees_its_cards(tmp_path):
    job = start(tmp_path, 4, 60)
    wait_until(lambda: lines(tmp_path) == ["took 4"])
    job.kill()
    job.wait()
    assert start(tmp_path, 4, 0).wait(30) == 0
    assert lines(tmp_path) == ["took 4", "took 4"]


def test_a_job_for_all_cards_gets_them_although_others_keep_coming(tmp_path):
    """Those that came later for one card wait behind it."""
    first = [start(tmp_path, 1, 0.5) for _ in range(2)]
    wait_until(lambda: len(lines(tmp_path)) == 2)
    large = start(tmp_path, 4, 0)
    assert b"waits for a free card: 4 of 0, 1, 2, 3" in large.stderr.readline()
    later = [start(tmp_path, 1, 0) for _ in range(4)]
    assert [job.wait(30) for job in (*first, large, *later)] == [0] * 7
    assert lines(tmp_path)[2:] == ["took 4", *["took 1"] * 4]


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
