import re
import shutil
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from pixcycle.report import pdf
from pixcycle.report.content import Cell, Column, Document, Figure, Section, Table, Text

A4 = (595, 842)


class Page:
    """A page of a PDF as typst writes them: its size, its text, where its pieces of text begin, its images."""

    def __init__(self, objects: dict[int, bytes], page: bytes):
        left, bottom, right, top = map(float, re.search(rb"/MediaBox\[([^]]*)\]", page)[1].split())
        self.size = (round(right - left), round(top - bottom))
        fonts = {
            name: unicode_of(objects, int(number))
            for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", objects[reference(page, b"Resources")])
        }
        content = stream(objects[reference(page, b"Contents")])
        self.images = content.count(b" Do")
        self.starts = [(float(x), float(y)) for x, y in re.findall(rb"q 1 0 0 -1 (\S+) (\S+) cm", content)]
        self.text = "".join(
            fonts[font][glyphs[i : i + 2]]
            for font, shown in re.findall(rb"/(f\d+) \S+ Tf.*?\[(.*?)\]TJ", content, re.S)
            for glyphs in map(unescaped, re.findall(rb"\(((?:\\.|[^\\)])*)\)", shown, re.S))
            for i in range(0, len(glyphs), 2)
        )


def pages(document: bytes) -> list[Page]:
    objects = {int(n): body for n, body in re.findall(rb"(\d+) 0 obj\n(.*?)\nendobj", document, re.S)}
    return [Page(objects, body) for _, body in sorted(objects.items()) if body.startswith(b"<</Type/Page/")]


def reference(body: bytes, key: bytes) -> int:
    return int(re.search(rb"/" + key + rb" (\d+) 0 R", body)[1])


def stream(body: bytes) -> bytes:
    return zlib.decompress(re.search(rb"stream\n(.*)\nendstream", body, re.S)[1])


def unicode_of(objects: dict[int, bytes], font: int) -> dict[bytes, str]:
    """Glyph -> text; a glyph that the font does not have is not in it."""
    pairs = re.findall(rb"<(\w{4})> <(\w+)>", stream(objects[reference(objects[font], b"ToUnicode")]))
    return {
        bytes.fromhex(glyph.decode()): bytes.fromhex(text.decode()).decode("utf-16-be")
        for glyph, text in pairs
        if len(text) % 4 == 0
    }


def unescaped(string: bytes) -> bytes:
    """The bytes of a PDF string literal."""
    named = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def byte(match: re.Match) -> bytes:
        return bytes([int(match[1], 8)]) if match[1].isdigit() else named.get(match[1], match[1])

    return re.sub(rb"\\([0-7]{1,3}|.)", byte, string, flags=re.S)


def squeezed(text: str) -> str:
    """Without what a line break may add or take away."""
    return re.sub(r"[\s\u200b\u00ad‐-]+", "", text)


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
        assert squeezed(page.text).startswith(squeezed("Reports, run again Scale: demo (minutes)"))


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
    starts = [x for x, _ in page.starts]
    assert min(starts) >= margin - 1
    assert max(starts) <= size[0] - margin - 5


def test_a_word_that_is_wider_than_its_column_is_broken(document, folder):
    digest = "325982c21965cc04b896f5c388a245fe7119975bc8b599afb959caa4fe6713bd"
    columns = [Column(title, numeric=False) for title in "abc"]
    digests = Table("t", "Table 1: digests.", columns, [[Cell(digest)] * 3])
    (page,) = pages(pdf.render(with_sections(document, Section("s", "S", 1, [digests])), folder))
    assert squeezed(page.text).count(digest) == 0
    rows = {y for _, y in page.starts}
    assert len(rows) > 12


def test_a_chapters_opening_goes_on_the_side_with_its_wide_table(document, folder):
    opening = Section("c", "Chapter", 1, [Text("It begins.")])
    wide = Section("r", "Results", 2, [table(19, 3, "340.10")])
    after = Section("e", "Ending", 2, [Text("It ends.")])
    rendered = pages(pdf.render(with_sections(document, opening, wide, after), folder))
    assert [page.size for page in rendered] == [A4, A4[::-1], A4]
    _, side, last = rendered
    for text, page in (("It begins.", side), ("340.10", side), ("It ends.", last)):
        assert squeezed(text) in squeezed(page.text)
