import pytest

from pixcycle.base.errors import UserError


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("a\nb", r"a\nb"),
        ("a\rb", r"a\rb"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\u202egpj.exe", r"\u202egpj.exe"),  # writes the following text from right to left
        ("\udcff", r"\udcff"),  # a byte of a name that is not UTF-8
        ("photo of Zürich 図.jpg", "photo of Zürich 図.jpg"),
    ],
)
def test_user_error_escapes_characters_that_would_break_the_line(name, escaped):
    assert str(UserError(f"{name}: cannot be read")) == f"{escaped}: cannot be read"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("https://user:secret@host/a.zip: 404", "https://host/a.zip: 404"),
        ("('https://user:s@cr@t@host:80')", "('https://host:80')"),
        ("ftp://user@host, else http://:secret@other", "ftp://host, else http://other"),
        ("https://host/a@b.zip and me@host", "https://host/a@b.zip and me@host"),
    ],
)
def test_user_error_removes_passwords_from_addresses(text, printed):
    assert str(UserError(text)) == printed


def test_user_error_keeps_separate_lines():
    assert str(UserError("two mistakes:", "one", "two\n")) == "two mistakes:\none\ntwo\\n"
