"""The one exception that speaks to users."""


class UserError(Exception):
    """Something the user can mend; each of its lines says what is wrong, where, and what would be right.

    The command line prints the lines without a traceback and exits with code 2. What names of files hold and no
    printer shows, such as a newline, is escaped: a line stays one line.
    """

    def __init__(self, *lines: object):
        super().__init__("\n".join(printable(str(line)) for line in lines))


def printable(text: str) -> str:
    """The text with what cannot be printed, or would move what is printed beside it, as Python escapes it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
