"""The table and the CSV file of `pixcycle study result`."""

import csv

from pixcycle.base.console import PlainConsole
from pixcycle.study.export import as_table, write_csv
from pixcycle.study.protocol import Protocol
from pixcycle.study.result import result
from pixcycle.study.storage import Answer

ANSWERS = [
    *(Answer(1, n, "test", n, n < 3, 1000.0, 0.5) for n in range(10)),
    *(Answer(2, n, "test", n, True, 1000.0, 0.5) for n in range(10)),
    *(Answer(2, 10 + n, "check", 10, True, 1000.0, 0.5) for n in range(2)),
]


def printed(answers) -> str:
    console = PlainConsole(width=100)
    with console.capture() as shown:
        console.print(as_table(result(answers), Protocol("other_input", checks=0)))
    return shown.get()


def test_as_table_has_a_row_per_participant_and_marks_inattentive_ones():
    rows = [line.split() for line in printed(ANSWERS).splitlines()]
    assert rows[1][:3] == ["1", "10", "30.0%"]
    assert rows[2][:5] == ["2", "(missed", "checks)", "10", "100.0%"]
    assert ["attentive", "10", "30.0%"] in [row[:3] for row in rows]
    assert ["all", "20", "65.0%"] in [row[:3] for row in rows]
    assert "Protocol: real images of another input, no attention checks." in printed(ANSWERS)
    assert "1 with more than 1 missed attention check: left out of the report." in printed(ANSWERS)


def test_as_table_without_answers_says_so():
    assert printed([]).strip() == "No answers yet, apart from practice and attention checks."


def test_write_csv_has_every_answer_with_image_name_and_no_formula(tmp_path):
    names = ["=1+1", *(f"test/{n}" for n in range(1, 11))]
    write_csv(ANSWERS, names, tmp_path / "answers.csv")
    rows = list(csv.DictReader((tmp_path / "answers.csv").open(newline="")))
    assert len(rows) == len(ANSWERS)
    assert [row["image"] for row in rows[:2]] == ["'=1+1", "test/1"]
    assert [row["took_generated_for_real"] for row in rows[:4]] == ["1", "1", "1", "0"]
    assert rows[-1]["kind"] == "check" and rows[-1]["participant"] == "2"
