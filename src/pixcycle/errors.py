"""The one exception that speaks to users."""


class UserError(Exception):
    """Something the user can mend; its text says what is wrong, where, and what would be right.

    The command line prints the text without a traceback and exits with code 2.
    """
