"""Each node of the workflow on a full disk, in two processes at once, and killed: nothing is lost, nothing is half."""

import platform
import random
import signal
import time
from pathlib import Path

import pytest

from pixcycle.alone import in_progress
from tests.answers import SECONDS, answer, halted_at_work
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


@pytest.mark.parametrize("node", NODES)
def test_a_second_process_on_a_node_says_who_makes_it_and_leaves_its_work_alone(nodes, node):
    out = nodes.made / f"twice-{node}" / Path(nodes.outs[node]).name
    command = nodes.command(node, out)
    with halted_at_work(*command, folder=nodes.made) as (first, answered):
        told = answer(*command, folder=nodes.made)
        who = f"process {first.pid} on {platform.node()}"
        assert told.refusal == f"{out}: is being made already by {who}; wait for that, or stop it first"
        answered.send("go on")
        assert answered.poll(SECONDS) and answered.recv()[0] == 0
    assert content(out) == content(nodes.made / nodes.outs[node])
    assert [path.name for path in out.parent.iterdir()] == [out.name]


@pytest.mark.parametrize("node", NODES)
def test_after_kill_9_all_that_is_visible_is_whole_and_the_same_command_goes_on(nodes, node):
    out = nodes.made / f"killed-{node}" / Path(nodes.outs[node]).name
    expected, moments = content(nodes.made / nodes.outs[node]), random.Random(node)
    for kill in range(2 if node == "report" else 4):
        with halted_at_work(*nodes.command(node, out), folder=nodes.made) as (process, answered):
            assert in_progress(out)
            if kill > 0:
                answered.send("go on")
                time.sleep(moments.uniform(0, 0.4))
        assert kill > 0 or process.exitcode == -signal.SIGKILL
        assert not in_progress(out)
        if out.exists():  # a training that has just ended may still have its state
            visible = {name: held for name, held in content(out).items() if not name.startswith("state/")}
            assert visible.items() <= expected.items()
            assert node == "report" or visible == expected
    assert answer(*nodes.command(node, out), folder=nodes.made).exit_code == 0
    assert content(out) == expected
