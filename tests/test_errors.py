import pytest

from pixcycle.errors import UserError


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb", r"a\nb"),
        ("a\rb", r"a\rb"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\u202egpj.exe", r"\u202egpj.exe"),  # writes from right to left what follows
        ("\udcff", r"\udcff"),  # a byte of a name that is not UTF-8
        ("photo of Zürich 図.jpg", "photo of Zürich 図.jpg"),
    ],
)
def test_a_name_cannot_break_or_colour_the_line_that_tells_it(name, shown):
    assert str(UserError(f"{name}: cannot be read")) == f"{shown}: cannot be read"


def test_a_message_of_several_lines_keeps_them():
    assert str(UserError("two mistakes:", "one", "two\n")) == "two mistakes:\none\ntwo\\n"
