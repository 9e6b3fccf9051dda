"""A full disk at any stage: a line that says which file and how much is missing, and then all goes on."""

import re
from pathlib import Path

import pytest

from tests.answers import Answer, answer
from tests.disks import disk
from tests.nodes import NODES, Nodes, content, server


@pytest.fixture(scope="module")
def nodes(tmp_path_factory) -> Nodes:
    served = tmp_path_factory.mktemp("served")
    with server(served) as address:
        yield Nodes(tmp_path_factory.mktemp("project"), address, served)


def full(told: Answer) -> tuple[Path, float]:
    """The file, and the missing megabytes, that a command names in its last line, which is its only complaint."""
    assert told.exit_code == 2 and "Traceback" not in told.text and told.text.count("pixcycle: ") == 1, told.text
    line = told.text.splitlines()[-1]
    found = re.fullmatch(r"pixcycle: (.+): the disk is full; free at least ([\d.]+) MB and run the same .*", line)
    assert found, line
    return Path(found[1]), float(found[2])


@pytest.mark.parametrize("node", NODES)
def test_a_full_disk_is_told_by_file_and_size_and_the_same_command_goes_on(nodes, node):
    named = []
    with disk(nodes.made / f"on-{node}") as small:
        out = small.folder / Path(nodes.outs[node]).name
        while (told := answer(*nodes.command(node, out), folder=nodes.made)).exit_code:
            file, megabytes = full(told)
            named.append(file.relative_to(small.folder).as_posix())
            assert not out.exists()
            more = 4 if node == "report" else 1  # it takes seconds each time
            small.resize(small.size + megabytes * 1e6 * more)
        assert content(out) == content(nodes.made / nodes.outs[node])
        assert [path.name for path in small.folder.iterdir()] == [out.name]
