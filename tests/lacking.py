"""Programs that tests need and this machine lacks: the line at the end of a run that says how to get them."""

import re
from collections import Counter
from collections.abc import Iterable

_REASON = re.compile(r"(\S+) is not installed \(on Debian and Ubuntu: apt install (.+)\)")


def not_installed(program: str, packages: str) -> str:
    """The reason to skip a test for want of a program."""
    return f"{program} is not installed (on Debian and Ubuntu: apt install {packages})"


def what_is_lacking(reasons: Iterable[str]) -> str:
    """What tests were skipped for, in one line; empty if none was for want of a program."""
    found = [found for reason in reasons if (found := _REASON.search(reason))]
    if not found:
        return ""
    tests = ", ".join(f"{program}: {count}" for program, count in Counter(f[1] for f in found).most_common())
    packages = " ".join(dict.fromkeys(package for f in found for package in f[2].split()))
    return f"{len(found)} tests need programs that are not here ({tests}); apt install {packages}"
