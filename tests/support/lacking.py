"""Summary of programs that tests need but that are not installed, with the command to install them."""

import re
from collections import Counter
from collections.abc import Iterable

_REASON = re.compile(r"(\S+) is not installed \(on Debian and Ubuntu: apt install (.+)\)")


def not_installed(program: str, packages: str) -> str:
    """Return the reason to skip a test that needs a program."""
    return f"{program} is not installed (on Debian and Ubuntu: apt install {packages})"


def what_is_lacking(reasons: Iterable[str]) -> str:
    """Summarize in one line the missing programs; empty if no test was skipped because of one."""
    matches = [match for reason in reasons if (match := _REASON.search(reason))]
    if not matches:
        return ""
    tests = ", ".join(f"{program}: {count}" for program, count in Counter(match[1] for match in matches).most_common())
    packages = " ".join(dict.fromkeys(package for match in matches for package in match[2].split()))
    return f"{len(matches)} tests skipped for lack of programs ({tests}); install with: apt install {packages}"
