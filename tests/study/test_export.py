"""What `pixcycle study result` prints, and writes."""

import csv

from pixcycle.report.terminal import PlainConsole
from pixcycle.study.export import as_table, write_csv
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
        console.print(as_table(result(answers)))
    return shown.get()


def test_each_participant_has_a_row_and_who_did_not_look_is_named_and_left_out():
    rows = [line.split() for line in printed(ANSWERS).splitlines()]
    assert rows[1][:3] == ["1", "10", "30.0%"]
    assert rows[2][:5] == ["2", "(missed", "checks)", "10", "100.0%"]
    assert ["the", "attentive", "10", "30.0%"] in [row[:4] for row in rows]
    assert ["everybody", "20", "65.0%"] in [row[:3] for row in rows]
    assert "1 missed more than 1 attention check: the report leaves them out." in printed(ANSWERS)


def test_before_anybody_answered_it_says_so():
    assert printed([]).strip() == "Nobody has answered a pair that counts yet."


def test_the_csv_has_every_answer_with_its_image_s_name_and_no_formula(tmp_path):
    names = ["=1+1", *(f"test/{n}" for n in range(1, 11))]
    write_csv(ANSWERS, names, tmp_path / "answers.csv")
    rows = list(csv.DictReader((tmp_path / "answers.csv").open(newline="")))
    assert len(rows) == len(ANSWERS)
    assert [row["image"] for row in rows[:2]] == ["'=1+1", "test/1"]
    assert [row["took_generated_for_real"] for row in rows[:4]] == ["1", "1", "1", "0"]
    assert rows[-1]["kind"] == "check" and rows[-1]["participant"] == "2"
