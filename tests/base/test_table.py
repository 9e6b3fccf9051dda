"""Tables on the terminal."""

import pytest

from pixcycle.base.console import PlainConsole
from pixcycle.base.table import left, right, table


@pytest.fixture
def printed(capsys):
    """Return a function that prints a table 20 columns wide and returns its lines."""

    def lines(*arguments, **options):
        PlainConsole(width=20).print(table(*arguments, **options))
        return [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    return lines


def test_table_aligns_numbers_right_below_its_title(printed):
    rows = [["a run", "7"], ["b", "1,400"]]
    assert printed("Title", [left("run"), right("steps")], rows) == [
        "Title",
        "run   steps",
        "a run     7",
        "b     1,400",
    ]


def test_table_folds_long_names_instead_of_cutting_them(printed):
    lines = printed("", [left("run"), right("n")], [["a-name-of-more-than-20-columns", "1"]])
    assert "".join(line.split()[0] for line in lines[1:]) == "a-name-of-more-than-20-columns"


def test_table_without_headings_has_no_row_for_them(printed):
    assert printed("", [left(), right()], [["a", "1"]], gap=3) == ["a   1"]


def test_table_shows_brackets_of_names_literally(printed):
    assert printed("[bold]", [left("[x]")], [["[/]"]]) == ["[bold]", "[x]", "[/]"]
