import io
import time

import pytest

from pixcycle.base.errors import UserError
from pixcycle.base.terminal import follow


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_follow_replaces_its_parts_until_interrupted(monkeypatch):
    terminal, waits = Terminal(), []
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")

    def wait(seconds):
        waits.append(seconds)
        if len(waits) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", wait)
    follow(lambda: [f"list {len(waits)}", "a\x1b[2J"], 5)
    printed = terminal.getvalue()
    assert waits == [5, 5, 5]
    assert [printed.count(f"list {n}") >= 1 for n in range(3)] == [True] * 3
    assert printed.index("list 0") < printed.index("list 1") < printed.index("list 2")
    assert "\\x1b[2J" in printed and "\x1b[1A" in printed, "names are escaped; the cursor goes up"


def test_follow_without_a_terminal_is_refused(monkeypatch):
    monkeypatch.setattr("sys.stdout", io.StringIO())
    with pytest.raises(UserError, match="--follow needs a terminal"):
        follow(lambda: pytest.fail("nothing to draw"), 5)
