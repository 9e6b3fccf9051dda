"""Each node of the workflow on a full disk, in two processes at once, and killed: no work is lost or half-written."""

import platform
import random
import signal
import time
from pathlib import Path

import pytest

from pixcycle.base.file_lock import in_progress
from tests.support.answers import SECONDS, answer, halted_at_work
from tests.support.disks import disk
from tests.support.nodes import NODES, content


@pytest.mark.parametrize("node", NODES)
def test_node_on_a_full_disk_names_file_and_size_and_can_be_resumed(nodes, node):
    refused = []
    with disk(nodes.made / f"on-{node}") as small:
        out = small.folder / Path(nodes.outs[node]).name
        while (result := answer(*nodes.command(node, out), folder=nodes.made)).exit_code:
            file, megabytes = result.full_disk
            refused.append(file.relative_to(small.folder).parts[0])
            assert not out.exists()
            factor = 4 if node == "report" else 1  # each attempt at a report takes seconds
            small.resize(small.size + megabytes * 1e6 * factor)
        assert refused and all(name.startswith(out.name) for name in refused)
        assert content(out) == content(nodes.made / nodes.outs[node])
        assert [path.name for path in small.folder.iterdir()] == [out.name]


@pytest.mark.parametrize("node", NODES)
def test_second_process_on_a_node_names_the_first_and_changes_nothing(nodes, node):
    out = nodes.made / f"twice-{node}" / Path(nodes.outs[node]).name
    command = nodes.command(node, out)
    with halted_at_work(*command, folder=nodes.made) as (first, answered):
        second = answer(*command, folder=nodes.made)
        owner = f"process {first.pid} on {platform.node()}"
        assert second.refusal.startswith(f"{out}: ") and f" {owner};" in second.refusal
        answered.send("go on")
        assert answered.poll(SECONDS) and answered.recv()[0] == 0
    assert content(out) == content(nodes.made / nodes.outs[node])
    assert [path.name for path in out.parent.iterdir()] == [out.name]


@pytest.mark.parametrize("node", NODES)
def test_node_after_sigkill_shows_only_whole_files_and_can_be_resumed(nodes, node):
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
            visible = {name: data for name, data in content(out).items() if not name.startswith("state/")}
            assert visible.items() <= expected.items()
            assert node == "report" or visible == expected
    assert answer(*nodes.command(node, out), folder=nodes.made).exit_code == 0
    assert content(out) == expected
