"""The exception whose message is shown to users."""

from pixcycle.base.login import without_login


class UserError(Exception):
    """An error that the user can fix; each line says what is wrong, where, and what would be right.

    The command line prints the lines without a traceback and exits with code 2. Characters that cannot be printed, such
    as a newline in a file name, are escaped, so that each line stays one line. Addresses lose their passwords.
    """

    def __init__(self, *lines: object):
        super().__init__("\n".join(printable(without_login(str(line))) for line in lines))


def printable(text: str) -> str:
    """Return the text with unprintable characters, and those that would move nearby text, escaped as in Python."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
