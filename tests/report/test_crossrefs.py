from dataclasses import replace
from pathlib import Path

import pytest

from pixcycle.report.content import Claim, Claims, Figure, Reference, Section, Table, Text
from pixcycle.report.crossrefs import captioned, labels, pieces, spoken
from pixcycle.report.references import references
from tests.support.results import Results


def test_labels_number_each_kind_of_part_in_order(document):
    cited = replace(document, references=[Reference("cite-b", "B."), Reference("cite-a", "A.")])
    assert labels(cited) == {
        "overview": "Section 1",
        "chapter": "Section 2",
        "chapter-results": "Section 2.1",
        "chapter-figures": "Section 2.2",
        "provenance": "Section 3",
        "runs": "Section 4",
        "chapter-table-1": "Table 1",
        **{f"chapter-{letter}": f"Claim {n}" for n, letter in enumerate("aebcd", 1)},
        "figure-2": "Figure 1",
        "figure-3": "Figure 2",
        "cite-b": "[1]",
        "cite-a": "[2]",
    }


def test_labels_of_repeated_figures_are_their_reports(document):
    figure = Figure("kth-figure-2-5", "Figures 2 to 5 of report 003: fruit.", Path("f.svg"), "")
    tables = [Table(f"ucsd-table-1-{name}", f"Table 1 of report 000, {name}", [], []) for name in ("maps", "facades")]
    own = replace(figure, id="own", caption="After Figure 2 of report 003.")
    coded = replace(figure, id="kth-figure-2-5-coded", caption=f"As coded: {figure.caption}")
    names = labels(replace(document, sections=[Section("s", "S", 1, [figure, *tables, own, coded])]))
    assert names == {
        "s": "Section 1",
        "kth-figure-2-5": "Figures 2 to 5 of report 003",
        "ucsd-table-1-maps": "Table 1 of report 000, maps",
        "ucsd-table-1-facades": "Table 1 of report 000, facades",
        "own": "Figure 1",
        "kth-figure-2-5-coded": "Figures 2 to 5 of report 003, as coded",
    }
    assert captioned(coded, names) == ("Figures 2 to 5 of report 003, as coded", ": fruit.")
    written = replace(figure, caption=f"As written: {figure.caption}")
    assert captioned(written, names) == ("Figures 2 to 5 of report 003, as written", ": fruit.")


def test_labels_of_a_claim_as_coded_keep_its_number(document):
    claims = [Claim(id, "", "holds", "") for id in ("a", "a-coded", "b", "c-coded")]
    names = labels(replace(document, sections=[Section("s", "S", 1, [Claims(claims)])]))
    assert [names[claim.id] for claim in claims] == [
        *("Claim 1, as written", "Claim 1, as coded", "Claim 2", "Claim 3, as coded")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("As ever.", [("As ever.", None)]),
        ("See @t-4.6.", [("See ", None), ("Table 7", "t-4.6"), (".", None)]),
        ("@a @t-4.6", [("[1]", "a"), (" ", None), ("Table 7", "t-4.6")]),
        ("mail@b.org, @b, @, @t-4", [("mail@b.org, @b, @, @t-4", None)]),
    ],
)
def test_pieces_split_text_at_references_and_keep_other_at_signs(text, expected):
    known = {"t-4.6": "Table 7", "a": "[1]"}
    assert pieces(text, known) == expected
    assert spoken(text, known) == "".join(words for words, _ in expected)


def test_references_are_cited_entries_in_order_of_first_citation(tmp_path):
    params = Results(tmp_path, ["kth-horse2zebra"]).plan.params
    sections = [Section("s", "S", 1, [Text("FID @cite-heusel2017 of @cite-kth and @cite-nobody.")])]
    first, second, third = references(["As @cite-kth, by @cite-zhu2017."], sections, params)
    assert (first.id, first.text) == ("cite-kth", params.chapters["kth"].cite)
    assert (second.id, second.text[:11]) == ("cite-zhu2017", "J.-Y. Zhu, ")
    assert (third.id, third.text[:10]) == ("cite-heusel2017", "M. Heusel,")
