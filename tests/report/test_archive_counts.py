"""Images as the reports count them, beside the archives: which counts agree, and which were found."""

import pytest

from pixcycle.report.archive_counts import archive_counts
from tests.support.edited import edited_json
from tests.support.results import Results

FOUND = 7
"""Images that every folder of an archive holds here."""


def counts(results, chapter):
    """Return the table's cells: count -> (report, archive, difference, found)."""
    for key, data in results.plan.data.items():
        folders = results.plan.params.datasets[data.dataset].published
        with edited_json(results.root / "data/prepared" / key / "manifest.json") as prepared:
            prepared["card"]["counts"] = {folder: {"found": FOUND} for folder in folders}
    [table] = archive_counts(results.values(), chapter)
    assert table.id == f"{chapter}-counts"
    return {row[0].text: [cell.text for cell in row[3:]] for row in table.rows}, table


def test_kth_counts_differ_from_the_archives_but_for_cityscapes(tmp_path):
    stated, _ = counts(Results(tmp_path, ["kth-horse2zebra", "kth-cityscapes"]), "kth")
    assert stated == {
        "Horses": ["989", "1067", "-78", "7"],
        "Zebras": ["1177", "1334", "-157", "7"],
        "Apples": ["996", "995", "+1", "not run"],
        "Oranges": ["1020", "1019", "+1", "not run"],
        "Summer": ["1273", "1231", "+42", "not run"],
        "Winter": ["854", "962", "-108", "not run"],
        "Street scenes, training": ["2975", "2975", "0", "7"],
        "Street scenes, test": ["500", "500", "0", "7"],
    }


def test_ucsd_counts_are_sums_over_all_folders_and_agree(tmp_path):
    names = ["ucsd-facades-l1", "ucsd-maps-l1", "ucsd-cityscapes-l1", "ucsd-horse2zebra-cyc-l1"]
    stated, table = counts(Results(tmp_path, names), "ucsd")
    assert stated == {
        "Facades": ["606", "606", "0", "21"],
        "Maps": ["2194", "2194", "0", "14"],
        "Street scenes": ["3475", "3475", "0", "14"],
        "Horses and zebras": ["2661", "2661", "0", "28"],
    }
    assert {row[2].text for row in table.rows} == {"3"}


def test_paris_counts_of_stand_ins_are_not_found(tmp_path):
    stated, table = counts(Results(tmp_path, ["paris-face2comics"], scale="rehearsal"), "paris")
    assert list(stated.values()) == [
        ["10000", "10000", "0", "–"],
        ["9500", "9500", "0", "–"],
        ["500", "500", "0", "–"],
    ]
    assert "another dataset stands in" in " ".join(table.notes)


@pytest.mark.parametrize("chapter", ["wustl", "kaist"])
def test_archive_counts_of_reports_without_counts_are_no_table(tmp_path, chapter):
    assert archive_counts(Results(tmp_path, ["kaist-maps"]).values(), chapter) == []


def test_archive_counts_leave_out_datasets_that_params_no_longer_have(tmp_path):
    values = Results(tmp_path, ["ucsd-facades-l1"]).values()
    del values.plan.params.datasets["horse2zebra"]
    [table] = archive_counts(values, "ucsd")
    assert [row[0].text for row in table.rows] == ["Facades", "Maps", "Street scenes"]
