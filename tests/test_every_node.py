"""Each node of the workflow on a full disk, in two processes at once, and killed: nothing is lost, nothing is half."""

import os
import platform
import random
import signal
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pixcycle.alone import in_progress
from tests.answers import SECONDS, answer, started
from tests.disks import disk
from tests.nodes import NODES, content


@pytest.mark.parametrize("node", NODES)
def test_a_full_disk_is_told_by_file_and_size_and_the_same_command_goes_on(nodes, node):
    named = []
    with disk(nodes.made / f"on-{node}") as small:
        out = small.folder / Path(nodes.outs[node]).name
        while (told := answer(*nodes.command(node, out), folder=nodes.made)).exit_code:
            file, megabytes = told.full_disk
            named.append(file.relative_to(small.folder).as_posix())
            assert not out.exists()
            more = 4 if node == "report" else 1  # it takes seconds each time
            small.resize(small.size + megabytes * 1e6 * more)
        assert content(out) == content(nodes.made / nodes.outs[node])
        assert [path.name for path in small.folder.iterdir()] == [out.name]


@contextmanager
def halted_at_work(*command, folder: Path, out: Path):
    """A process that stands still while it makes `out`, and what it answers; one that was faster is started again."""
    for _ in range(100):
        with started(*command, folder=folder) as (process, answered):
            if _halted_at_work(process, out):
                yield process, answered
                return
    raise AssertionError(f"{command}: was faster a hundred times")


def _halted_at_work(process, out: Path) -> bool:
    lock = out.with_name(f"{out.name}.lock.part")
    with suppress(ProcessLookupError):  # it has just ended
        while process.is_alive():
            if lock.exists():
                os.kill(process.pid, signal.SIGSTOP)
                if in_progress(out) and lock.stat().st_size:  # it has said who it is
                    return True
                os.kill(process.pid, signal.SIGCONT)
    return False


@pytest.mark.parametrize("node", NODES)
def test_a_second_process_on_a_node_says_who_makes_it_and_leaves_its_work_alone(nodes, node):
    out = nodes.made / f"twice-{node}" / Path(nodes.outs[node]).name
    command = nodes.command(node, out)
    with halted_at_work(*command, folder=nodes.made, out=out) as (first, answered):
        told = answer(*command, folder=nodes.made)
        who = f"process {first.pid} on {platform.node()}"
        assert told.refusal == f"{out}: is being made already by {who}; wait for that, or stop it first"
        os.kill(first.pid, signal.SIGCONT)
        assert answered.poll(SECONDS) and answered.recv()[0] == 0
    assert content(out) == content(nodes.made / nodes.outs[node])
    assert [path.name for path in out.parent.iterdir()] == [out.name]


@pytest.mark.parametrize("node", NODES)
def test_after_kill_9_all_that_is_visible_is_whole_and_the_same_command_goes_on(nodes, node):
    out = nodes.made / f"killed-{node}" / Path(nodes.outs[node]).name
    expected, moments, killed = content(nodes.made / nodes.outs[node]), random.Random(node), 0
    for _ in range(2 if node == "report" else 4):
        with halted_at_work(*nodes.command(node, out), folder=nodes.made, out=out) as (process, _):
            os.kill(process.pid, signal.SIGCONT)
            time.sleep(moments.uniform(0, 0.4) if killed else 0)
        killed += process.exitcode == -signal.SIGKILL
        assert not in_progress(out)
        assert not out.exists() or content(out).items() <= expected.items()
        assert not out.exists() or node == "report" or content(out) == expected
    assert killed, "it was always faster"
    assert answer(*nodes.command(node, out), folder=nodes.made).exit_code == 0
    assert content(out) == expected
