import io
from collections import Counter
from dataclasses import replace

import pytest
from rich.console import Console

from pixcycle.ledger.inventory import Entry, inventory
from pixcycle.ledger.runs_table import tables, training_first

FINISHED = Entry(
    run="wustl-facades-photo2label-paired/0",  # the longest name in params.yaml
    fingerprint="0123abcd",
    folder="results/full/wustl/facades-photo2label-paired/0-0123abcd",
    log="logs/full/wustl-facades-photo2label-paired/train-0-0123abcd.log",
    state="finished",
    epochs=1000,
    of=1000,
    translated=True,
    measured=True,
    seconds=86400.0,
    images_per_second=1234.5,
    attempts=12,
    host="node",
    job="1234567",
    collapse="",
    failure="",
    stale="",
    requested=False,
)


def printed(entries, width=100, elsewhere=None):
    console = Console(width=width, file=io.StringIO(), highlight=False, markup=False, emoji=False)
    for part in tables(entries, "full", elsewhere or Counter()):
        console.print(part)
        console.print()
    return console.file.getvalue()


def row(text, start):
    (line,) = [line for line in text.splitlines() if line.startswith(start)]
    return line.split()


def test_tables_fit_a_run_with_all_fields_into_100_columns():
    text = printed([FINISHED, replace(FINISHED, run="ucsd-facades-l1/0", state="interrupted", epochs=999)])
    cells = ["finished", "measured", "0123abcd", "1000", "24.0", "h", "1234.5", "12", "1234567"]
    assert row(text, FINISHED.run) == [FINISHED.run, *cells]
    assert "999/1000" in row(text, "ucsd-facades-l1/0")
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize("width", [80, 100])
def test_tables_fit_the_terminal_and_break_only_run_names(width):
    stale = replace(FINISHED, stale="lr 0.0002 → 0.0001; seed 3 is not in params.yaml; lambda_reconstruction 10 → 1")
    text = printed([FINISHED, stale], width)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    for word in ("finished", "measured", "0123abcd", "lambda_reconstruction", "1234567", "24.0 h"):
        assert word in text


def test_tables_leave_out_empty_columns():
    bare = replace(FINISHED, attempts=1, job=None, seconds=None, images_per_second=None)
    headings = printed([bare]).splitlines()[2].split()
    assert headings == ["run", "state", "results", "print", "epochs"]
    assert "try" in printed([replace(bare, attempts=2)]).split()


def test_tables_show_the_epochs_of_unfinished_runs():
    entries = [
        replace(FINISHED, run="a/0", state="training", epochs=34, measured=False, translated=False),
        replace(FINISHED, run="b/0", state="interrupted", epochs=None),
        replace(FINISHED, run="c/0", state="to do", epochs=0),
    ]
    text = printed(entries)
    assert "34/1000" in row(text, "a/0")
    assert "?/1000" in row(text, "b/0")
    assert "1000" in row(text, "c/0")


def test_tables_list_failures_with_logs_and_collapses_with_reasons():
    text = printed(
        [
            replace(FINISHED, run="a/0", state="failed", failure="disk full", log="logs/a.log"),
            replace(FINISHED, run="b/0", state="collapsed", collapse="d is at zero"),
        ]
    )
    assert "a/0 0123abcd: disk full (logs/a.log)" in text
    assert "b/0 0123abcd: d is at zero" in text


def test_tables_end_with_a_summary():
    stale = replace(FINISHED, stale="lr 1 → 2")
    requested = replace(FINISHED, run="x/1", requested=True)
    text = printed([FINISHED, requested, replace(FINISHED, state="to do"), stale], elsewhere=Counter(demo=3))
    assert "Scale full: 2 finished, 1 to do." in text
    assert "x/1 *" in text and "* Not in params.yaml" in text
    assert "1 stale; `pixcycle gc`" in text
    assert "On disk at other scales: 3 at demo." in text


def test_training_first_begins_with_the_summary_and_what_trains():
    runs = [replace(FINISHED, run=f"{name}/0", state=state) for name, state in (("a", "to do"), ("b", "training"))]
    summary, table = training_first(runs, "full", Counter())
    assert summary.startswith("Scale full: 1 ")
    console = Console(width=100, file=io.StringIO())
    console.print(table)
    text = console.file.getvalue()
    assert text.index("b/0") < text.index("a/0")


def test_tables_list_runs_in_the_order_of_params(ledger):
    text = printed(inventory(ledger.params, "all", ledger.root))
    assert [line.split()[0] for line in text.splitlines() if "/0 " in line] == list(ledger.results.plan.runs)
