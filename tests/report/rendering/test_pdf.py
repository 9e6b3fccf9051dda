import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import typst

from pixcycle.report.content import (
    Cell,
    Claim,
    Claims,
    Column,
    Document,
    Figure,
    Reference,
    Section,
    Table,
    Text,
    Thumbnails,
)
from pixcycle.report.dot_plot import Dot, DotPlot
from pixcycle.report.rendering import pdf
from pixcycle.report.run_entry import RunEntry, Runs
from tests.support.pdf_pages import beyond_margins, overlaps, pages, squeezed

A4 = (595, 842)


def with_sections(document: Document, *sections: Section) -> Document:
    return replace(document, sections=list(sections))


def test_pdf_contains_all_texts_and_none_as_markup(document, texts, folder):
    """Of runs it has names only; the rest of their entries is on the page."""
    shown = squeezed("".join(page.text for page in pages(pdf.render(document, folder))))
    *_, runs = document.sections
    (block,) = runs.blocks
    names = [text for entry in block.entries for text in (entry.key, *dict(entry.fingerprints).values())]
    assert len(names) == 4
    first_of_runs = texts.index("lr")
    assert [text for text in [*texts[:first_of_runs], *names] if squeezed(text) not in shown] == []
    assert "0.0002" not in shown and "at noon" not in shown


def test_pdf_has_the_same_bytes_wherever_its_figures_are(document, folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("with a space") / "other"
    shutil.copytree(folder, elsewhere)
    first = pdf.render(document, folder)
    assert pdf.render(document, elsewhere) == first
    assert b"CreationDate" not in first


def test_pdf_embeds_all_fonts_and_uses_only_those_of_typst(document, folder):
    rendered = pdf.render(document, folder)
    names = re.findall(rb"/BaseFont/(?:[A-Z]{6}\+)?([A-Za-z]+)", rendered)
    assert set(names) <= {b"LibertinusSerif", b"NewCM", b"NewCMMath", b"DejaVuSansMono"}
    descriptors = re.findall(rb"<</Type/FontDescriptor/.*?>>", rendered, re.S)
    assert descriptors
    assert all(re.search(rb"/FontFile[23]? \d+ 0 R", descriptor) for descriptor in descriptors)


def test_pdf_pages_are_a4_with_number_title_scale_and_warnings(document, folder):
    long = with_sections(document, Section("s", "Long", 1, [Text("word " * 2000)]))
    first, *others = pages(pdf.render(long, folder))
    assert others
    for number, page in enumerate([first, *others], 1):
        assert page.size == A4
        assert squeezed(f"{number} / {1 + len(others)}") in squeezed(page.text)
        assert squeezed("Stand-in data") in squeezed(page.text)
    for page in others:
        assert squeezed(page.text).startswith(squeezed("Reports, run again Scale: demo"))


def test_pdf_figures_have_alternative_texts(document, folder):
    alternatives = re.findall(rb"/Alt\s*\(([^)]*)\)", pdf.render(document, folder))
    assert b"Falling lines" in alternatives


def test_pdf_keeps_picture_and_caption_on_one_page(document, folder):
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


def test_pdf_repeats_header_of_long_table_on_every_page(document, folder):
    rendered = pages(pdf.render(with_sections(document, Section("s", "S", 1, [table(5, 100, "1.00")])), folder))
    with_rows = [page for page in rendered if "1.00" in page.text]
    assert len(with_rows) >= 3
    assert all(page.text.count("Experiment") == 1 for page in with_rows)


@pytest.mark.parametrize(("columns", "size"), [(7, A4), (19, A4[::-1]), (28, A4[::-1])])
def test_pdf_fits_tables_to_pages_and_wide_ones_to_landscape(document, folder, columns, size):
    section = Section("s", "S", 1, [table(columns, 3, "340.10")])
    (page,) = [p for p in pages(pdf.render(with_sections(document, section), folder)) if "340.10" in p.text]
    assert page.size == size
    assert page.text.count("340.10") == 3 * (columns - 1)
    assert beyond_margins(page) == []
    assert overlaps(page) == []


def test_pdf_breaks_words_wider_than_their_column(document, folder):
    digest = "325982c21965cc04b896f5c388a245fe7119975bc8b599afb959caa4fe6713bd"
    columns = [Column(title, numeric=False) for title in "abc"]
    digests = Table("t", "Table 1: digests.", columns, [[Cell(digest)] * 3])
    (page,) = pages(pdf.render(with_sections(document, Section("s", "S", 1, [digests])), folder))
    assert squeezed(page.text).count(digest) == 3
    assert not [piece for piece in page.pieces if digest in squeezed(piece.text)]


def test_pdf_keeps_chapter_opening_with_its_wide_table(document, folder):
    opening = Section("c", "Chapter", 1, [Text("It begins.")])
    wide = Section("r", "Results", 2, [table(19, 3, "340.10")])
    after = Section("e", "Ending", 2, [Text("It ends.")])
    rendered = pages(pdf.render(with_sections(document, opening, wide, after), folder))
    assert [page.size for page in rendered] == [A4, A4[::-1], A4]
    _, side, last = rendered
    for text, page in (("It begins.", side), ("340.10", side), ("It ends.", last)):
        assert squeezed(text) in squeezed(page.text)


def test_pdf_links_figures_tables_and_claims_to_runs(document, folder):
    next_page = Text("word " * 900)
    shown = Figure("f", "Figure 9: a picture.", Path("figures/a picture.png"), "", ["a/0"])
    counted = Table("t", "Table 9: values.", [Column("Run", numeric=False)], [[Cell("b")]], [], ["b/0", "c/0"])
    judged = Claim("c", "A claim.", "holds", "Numbers.", ["b/0", "a/0"])
    a, b = (Runs(e, [], [RunEntry(f"{e}/0", [], [], [], [("Training", f"{e}0{e}0")])]) for e in "ab")
    blocks = [next_page, shown, next_page, counted, next_page, Claims([judged]), next_page, a, b]
    bare = replace(document, facts=[], notices=[], subtitle="", sections=[Section("s", "S", 1, blocks)])
    rendered = pages(pdf.render(bare, folder))

    def page_of(text: str) -> int:
        (place,) = [i for i, page in enumerate(rendered) if squeezed(text) in squeezed(page.text)]
        return place

    figure, table, claim = map(page_of, ("Figure 9", "Table 9", "A claim."))
    runs = page_of("a0a0")
    assert page_of("b0b0") == runs and len({figure, table, claim, runs}) == 4
    assert rendered[figure].links == [runs]
    assert rendered[table].links == [runs]  # c has no entry
    assert rendered[claim].links == [runs, runs]


def test_pdf_links_mentions_with_the_right_numbers(document, folder):
    next_page = Text("word " * 900)
    shown = Figure("f", "A picture.", Path("figures/a picture.png"), "")
    counted = Table("t", "Values.", [Column("Run", numeric=False)], [[Cell("b")]], ["As in @f, from @cite-b."])
    judged = Claim("c", "A claim.", "holds", "Numbers of @t.", [], ["t", "f"])
    mentions = Text("Before: @t, @f, @c, @s and @cite-a.")
    blocks = [mentions, next_page, shown, next_page, counted, next_page, Claims([judged]), next_page]
    references = [Reference("cite-a", "A. Author: First."), Reference("cite-b", "B. Author: Second.")]
    bare = replace(document, facts=[], notices=[], subtitle="", references=references, abstract=["Abstract of @c."])
    rendered = pages(pdf.render(with_sections(bare, Section("s", "S", 1, blocks)), folder))
    texts = [squeezed(page.text) for page in rendered]
    figure, table, claim, last = (
        next(i for i, text in enumerate(texts) if squeezed(words) in text)
        for words in ("Figure 1. A picture.", "Table 1. Values.", "Claim 1. A claim.", "B. Author: Second.")
    )
    assert len({0, figure, table, claim, last}) == 5
    assert squeezed("Abstract of Claim 1. 1 S Before: Table 1, Figure 1, Claim 1, Section 1 and [1].") in texts[0]
    assert rendered[0].links == [claim, table, figure, claim, 0, last]
    assert squeezed("As in Figure 1, from [2].") in texts[table]
    assert rendered[table].links == [figure, last]
    assert squeezed("Numbers of Table 1. Shown in Table 1, Figure 1.") in texts[claim]
    assert rendered[claim].links == [table, table, figure]


def test_pdf_has_numbered_contents_only_for_many_sections(document, folder):
    for count, listed in ((12, False), (13, True)):
        sections = [Section(f"s{n}", f"Title {n}", 1, [Text("word")]) for n in range(count)]
        text = squeezed(pages(pdf.render(with_sections(document, *sections), folder))[0].text)
        assert ("Contents" in text) == listed
        assert (squeezed("12 Title 11 ..") in text) == listed


def test_pdf_keeps_heading_and_table_caption_with_what_follows(document, folder):
    short = table(3, 4, "1.00")
    bare = replace(document, facts=[], notices=[], subtitle="")
    for lines in range(34, 48, 2):
        filler, after = (
            Section("a", "First", 1, [Text("word " * 15 * lines)]),
            Section("b", "Second", 1, [Text("Of all.")]),
        )
        results = Section("c", "Third", 2, [short])
        rendered = pages(pdf.render(with_sections(bare, filler, after, results), folder))
        together = [page for page in rendered if "Second" in page.text]
        assert [("Third" in page.text, page.text.count("1.00")) for page in together] == [(True, 8)]


def test_pdf_is_accessible_by_pdf_ua_1(document, folder, monkeypatch):
    compiler = typst.Compiler

    class Checked:
        def __init__(self, *inputs, **settings):
            self._compiler = compiler(*inputs, **settings)

        def compile(self, **settings):
            return self._compiler.compile(**settings, pdf_standards=["ua-1"])

    monkeypatch.setattr(typst, "Compiler", Checked)
    assert b"pdfuaid:part" in pdf.render(document, folder)


def test_pdf_says_if_figure_is_made_from_no_run(document, folder):
    picture = Figure("f", "Figure 9: a picture.", Path("figures/a picture.png"), "")
    shown = replace(picture, id="g", made_from=["a/0"])
    runs = Runs("a", [], [RunEntry("a/0", [], [], [])])
    for blocks, times in (([picture, shown, runs], 1), ([shown, runs], 0), ([picture], 0)):
        rendered = pages(pdf.render(with_sections(document, Section("s", "S", 1, blocks)), folder))
        text = squeezed("".join(page.text for page in rendered))
        assert text.count(squeezed("Made from no run.")) == times


def test_pdf_breaks_paths_between_their_parts(document, folder):
    path = "results/full/chapter/" + "/".join(["an-experiment-of-many-words"] * 9)
    section = Section("s", "S", 1, [Runs("a", [], [RunEntry(path, [], [], [])])])
    (page,) = pages(pdf.render(with_sections(document, section), folder))
    assert squeezed(path) in squeezed(page.text)
    pieces = [piece.text for piece in page.pieces if "many" in piece.text]
    assert len(pieces) > 1
    assert all(text.endswith(("/", "-", "words")) for text in pieces)


def test_pdf_chapter_begins_on_its_page_with_its_claims(document, folder):
    claims = [Claim("c", "A claim.", "holds", "Numbers."), Claim("d", "Another.", "does not hold", "Others.")]
    chapter = Section("k", "Chapter", 1, [Text("It begins.")])
    judged = Section("k-claims", "Claims", 2, [Claims(claims)])
    sample = Thumbnails("k", Path("figures/a picture.png"), ["input", "truth", "ours"], "a/0")
    bare = replace(document, thumbnails=[sample])
    rendered = pages(
        pdf.render(with_sections(bare, Section("b", "Before", 1, [Text("Short.")]), chapter, judged), folder)
    )
    assert "Short." in rendered[0].text and "It begins." not in rendered[0].text
    text = squeezed(rendered[1].text)
    assert rendered[1].images == 1
    opening = text[: text.index(squeezed("1 Claims")) if squeezed("1 Claims") in text else len(text)]
    assert squeezed("Claim 1. A claim.") in opening and squeezed("Claim 2. Another.") in opening
    assert squeezed("Input, truth and ours of a/0.") in opening


def test_pdf_claims_follow_all_figures_and_stand_on_one_page_each(document, folder):
    picture = Figure("f", "A picture.", Path("figures/a picture.png"), "")
    claims = [Claim(f"c{i}", f"first{i}", "holds", "word " * 320 + f"last{i}") for i in range(4)]
    long = Claim("c4", "first4", "holds", "word " * 2500 + "last4")
    sections = [
        Section("k", "Chapter", 1, []),
        Section("k-figures", "Figures", 2, [replace(picture, id=f"f{i}") for i in range(4)]),
        Section("k-claims", "Claims", 2, [Claims([*claims, long])]),
    ]
    drawn = pages(pdf.render(with_sections(document, *sections), folder))
    first, last = (
        [next(place for place, page in enumerate(drawn) if f"{end}{i}" in page.text) for i in range(5)]
        for end in ("first", "last")
    )
    assert first[:4] == last[:4] and first[0] < first[3]
    assert last[4] > first[4]  # taller than a page
    assert max(i for i, page in enumerate(drawn) if page.images) <= first[0]


def test_pdf_table_leaves_out_rows_that_were_not_run_and_names_them(document, folder):
    columns = [Column("Experiment", numeric=False), Column("published", group="FID"), Column("ours", group="FID")]
    texts = [("L1", "1.11", "1.22"), ("Skip", "2.33", "not run"), ("Patch", "3.44", "not run")]
    rows = [[Cell(name), Cell(printed, "published"), Cell(ours)] for name, printed, ours in texts]
    section = Section("s", "S", 1, [Table("t", "Values.", columns, rows)])
    (page,) = pages(pdf.render(with_sections(document, section), folder))
    assert "1.11" in page.text and "2.33" not in page.text
    assert squeezed("2 rows not run here: Skip; Patch.") in squeezed(page.text)


def test_pdf_claim_shows_values_of_its_plot(document, folder):
    dots = [Dot("a", 10.0, "10.00 ± 2.00", half=2.0), Dot("b", 16.0, "16.25", reference=18.0, shown_reference="18.00")]
    claim = Claim("c", "A claim.", "holds", "Numbers.", plots=[DotPlot("FID, maps", dots)])
    (page,) = pages(pdf.render(with_sections(document, Section("s", "S", 1, [Claims([claim])])), folder))
    for text in ("FID, maps", "10.00 ± 2.00", "16.25", "18.00"):
        assert squeezed(text) in squeezed(page.text)


def test_pdf_prints_long_rules_once(document, folder):
    rules = Text("A rule of many words. " * 30)
    sections = [Section("s", "S", 1, [rules]), Section("t", "T", 1, [rules])]
    (page,) = pages(pdf.render(with_sections(document, *sections), folder))
    text = squeezed(page.text)
    assert text.count(squeezed("A rule of many words.")) == 30
    assert squeezed("The rules are those of Section 1.") in text
