"""Remove account names and passwords from addresses, wherever an address is stored or printed."""

import re

_LOGIN = re.compile(r"(?<=://)[^/?#\s]*@")


def without_login(text: str) -> str:
    """Return a text in which every address `https://USER:PASSWORD@HOST/...` is `https://HOST/...`."""
    return _LOGIN.sub("", text)
