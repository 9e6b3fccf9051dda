import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pixcycle.report import pdf
from pixcycle.report.content import (
    Cell,
    Claim,
    Claims,
    Column,
    Document,
    Figure,
    RunEntry,
    Runs,
    Section,
    Table,
    Text,
)
from tests.report.pdf_pages import pages, squeezed

A4 = (595, 842)


def with_sections(document: Document, *sections: Section) -> Document:
    return replace(document, sections=list(sections))


def test_all_that_the_document_says_is_in_the_pdf_and_nothing_of_it_is_markup(document, texts, folder):
    shown = squeezed("".join(page.text for page in pages(pdf.render(document, folder))))
    assert [text for text in texts if squeezed(text) not in shown] == []


def test_the_same_document_gives_the_same_bytes_wherever_its_figures_lie(document, folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("with a space") / "other"
    shutil.copytree(folder, elsewhere)
    first = pdf.render(document, folder)
    assert pdf.render(document, elsewhere) == first
    assert b"CreationDate" not in first


def test_only_fonts_that_typst_carries_are_used(document, folder):
    names = re.findall(rb"/BaseFont/[A-Z]{6}\+([A-Za-z]+)", pdf.render(document, folder))
    assert set(names) <= {b"LibertinusSerif", b"NewCM", b"NewCMMath", b"DejaVuSansMono"}


def test_pages_are_a4_and_numbered_and_carry_title_scale_and_warnings(document, folder):
    long = with_sections(document, Section("s", "Long", 1, [Text("word " * 2000)]))
    first, *others = pages(pdf.render(long, folder))
    assert others
    for number, page in enumerate([first, *others], 1):
        assert page.size == A4
        assert squeezed(f"{number} / {1 + len(others)}") in squeezed(page.text)
        assert squeezed("Stand-in data") in squeezed(page.text)
    for page in others:
        assert squeezed(page.text).startswith(squeezed("Reports, run again Scale: demo"))


def test_figures_carry_their_alternative_texts(document, folder):
    alternatives = re.findall(rb"/Alt\s*\(([^)]*)\)", pdf.render(document, folder))
    assert b"Falling lines" in alternatives


def test_a_picture_and_its_caption_stay_on_one_page(document, folder):
    picture = Figure("f", "Figure 9: a picture.", Path("figures/a picture.png"), "")
    for lines in range(1, 60, 7):
        text = Text("word " * 17 * lines)
        rendered = pages(pdf.render(with_sections(document, Section("s", "S", 1, [text, picture])), folder))
        (page,) = [page for page in rendered if squeezed("Figure 9: a picture.") in squeezed(page.text)]
        assert page.images == 1


def table(columns: int, rows: int, value: str) -> Table:
    titles = [Column("Experiment", numeric=False)]
    titles += [Column(("published", "ours")[i % 2], group=f"Dataset {i // 6}") for i in range(columns - 1)]
    return Table(
        "t",
        "Table 1: values.",
        titles,
        [[Cell("0.5 × L1 + 0.5 × L2"), *[Cell(value)] * (columns - 1)]] * rows,
    )


def test_a_long_table_repeats_its_header_on_every_page(document, folder):
    rendered = pages(pdf.render(with_sections(document, Section("s", "S", 1, [table(5, 100, "1.00")])), folder))
    with_rows = [page for page in rendered if "1.00" in page.text]
    assert len(with_rows) >= 3
    assert all(page.text.count("Experiment") == 1 for page in with_rows)


@pytest.mark.parametrize(("columns", "size"), [(7, A4), (19, A4[::-1]), (28, A4[::-1])])
def test_no_table_is_wider_than_its_page_and_wide_ones_lie_on_their_side(document, folder, columns, size):
    section = Section("s", "S", 1, [table(columns, 3, "340.10")])
    (page,) = [p for p in pages(pdf.render(with_sections(document, section), folder)) if "340.10" in p.text]
    assert page.size == size
    assert page.text.count("340.10") == 3 * (columns - 1)
    margin = 18 / 25.4 * 72
    assert min(x for x, _ in page.pieces) >= margin - 1
    assert max(x for x, _ in page.pieces) <= size[0] - margin


def test_a_word_that_is_wider_than_its_column_is_broken(document, folder):
    digest = "325982c21965cc04b896f5c388a245fe7119975bc8b599afb959caa4fe6713bd"
    columns = [Column(title, numeric=False) for title in "abc"]
    digests = Table("t", "Table 1: digests.", columns, [[Cell(digest)] * 3])
    (page,) = pages(pdf.render(with_sections(document, Section("s", "S", 1, [digests])), folder))
    assert squeezed(page.text).count(digest) == 3
    assert not [text for _, text in page.pieces if digest in squeezed(text)]


def test_a_chapters_opening_goes_on_the_side_with_its_wide_table(document, folder):
    opening = Section("c", "Chapter", 1, [Text("It begins.")])
    wide = Section("r", "Results", 2, [table(19, 3, "340.10")])
    after = Section("e", "Ending", 2, [Text("It ends.")])
    rendered = pages(pdf.render(with_sections(document, opening, wide, after), folder))
    assert [page.size for page in rendered] == [A4, A4[::-1], A4]
    _, side, last = rendered
    for text, page in (("It begins.", side), ("340.10", side), ("It ends.", last)):
        assert squeezed(text) in squeezed(page.text)


def test_figures_tables_and_claims_lead_to_the_pages_of_their_runs_and_these_back(document, folder):
    next_page = Text("word " * 900)
    shown = Figure("f", "Figure 9: a picture.", Path("figures/a picture.png"), "", ["a/0"])
    counted = Table("t", "Table 9: values.", [Column("Run", numeric=False)], [[Cell("b")]], [], ["b/0", "c/0"])
    judged = Claim("c", "A claim.", "holds", "Numbers.", ["b/0", "a/0"])
    a, b = (Runs(e, [], [RunEntry(f"{e}/0", [], [], back)]) for e, back in (("a", ["f", "c"]), ("b", ["t", "c"])))
    blocks = [next_page, shown, next_page, counted, next_page, Claims([judged]), next_page, a, next_page, b]
    bare = replace(document, facts=[], notices=[], subtitle="", sections=[Section("s", "S", 1, blocks)])
    rendered = pages(pdf.render(bare, folder))

    def page_of(text: str) -> int:
        (place,) = [i for i, page in enumerate(rendered) if squeezed(text) in squeezed(page.text)]
        return place

    figure, table, claim = map(page_of, ("Figure 9", "Table 9", "A claim."))
    first, second = (page_of(f"Parameters of {experiment}") for experiment in "ab")
    assert len({figure, table, claim, first, second}) == 5
    assert rendered[figure].links == [first]
    assert rendered[table].links == [second]  # c has no entry
    assert rendered[claim].links == [second, first]
    assert rendered[first].links == [figure, claim]
    assert rendered[second].links == [table, claim]


def test_a_figure_that_is_made_from_no_run_says_so(document, folder):
    picture = Figure("f", "Figure 9: a picture.", Path("figures/a picture.png"), "")
    shown = replace(picture, id="g", made_from=["a/0"])
    runs = Runs("a", [], [RunEntry("a/0", [], [], [])])
    for blocks, times in (([picture, shown, runs], 1), ([shown, runs], 0), ([picture], 0)):
        rendered = pages(pdf.render(with_sections(document, Section("s", "S", 1, blocks)), folder))
        text = squeezed("".join(page.text for page in rendered))
        assert text.count(squeezed("Made from no run.")) == times


def test_a_path_is_broken_between_its_parts(document, folder):
    path = "results/full/chapter/" + "/".join(["an-experiment-of-many-words"] * 9)
    entry = RunEntry("a/0", [("Result", path)], [], [])
    (page,) = pages(pdf.render(with_sections(document, Section("s", "S", 1, [Runs("a", [], [entry])])), folder))
    assert squeezed(path) in squeezed(page.text)
    pieces = [text for _, text in page.pieces if "many" in text]
    assert len(pieces) > 1
    assert all(text.endswith(("/", "-", "words")) for text in pieces)
