"""Repair .venv after the project folder was moved or copied: its programs contain the absolute path of the old place.

Runs under the Python of .venv and prints nothing if there is nothing to repair. Standard library only.
"""

import re
import sys

from install import ENVIRONMENT, PIP_INSTALL, PROJECT, succeeds

PROGRAMS = ENVIRONMENT / "bin"
INTERPRETER = re.compile(rb"(/[^\n]*?/\.venv)/bin/python")
LONGEST_SHEBANG = 127  # Linux cuts off what is longer


def texts():
    """Return the content of each text file of the environment's programs, such as scripts and `activate`."""
    files = (path for path in PROGRAMS.iterdir() if path.is_file() and not path.is_symlink())
    contents = {path: path.read_bytes() for path in files}
    return {path: content for path, content in contents.items() if b"\0" not in content}


def former_places(contents):
    """Return the environments whose Python the programs start, other than this one."""
    found = (INTERPRETER.search(content[:1000]) for content in contents if content.startswith(b"#!"))
    return {match[1] for match in found if match} - {bytes(ENVIRONMENT)}


def moved(content, place):
    """Return the text with this environment in place of a former one; through a shell if its path allows no `#!`."""
    content = re.sub(rb"(?<=[!\"'= ])" + re.escape(place) + rb"(?=[/\"'\s])", lambda _: bytes(ENVIRONMENT), content)
    first, rest = content.partition(b"\n")[::2]
    if first.startswith(b"#!" + bytes(ENVIRONMENT)) and (b" " in first or len(first) > LONGEST_SHEBANG):
        return b"#!/bin/sh\n'''exec' \"" + first[2:] + b'" "$0" "$@"\n\' \'\'\'\n' + rest
    return content


def main():
    """Repair the environment if needed and return the exit code."""
    contents = texts()
    places = former_places(contents.values())
    if not places:
        return 0
    print("the project was moved or copied: correcting the paths in .venv", flush=True)
    for path, content in contents.items():
        corrected = content
        for place in places:
            corrected = moved(corrected, place)
        if corrected != content:
            path.write_bytes(corrected)
    if succeeds([*PIP_INSTALL, *PROJECT]):  # so that Python imports this copy of the project
        return 0
    print("The paths could not be corrected; remove .venv and run make again.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
