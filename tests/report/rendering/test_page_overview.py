"""The first screen of the page: what its chips, tiles and lines of the matrix say; and the opening of a chapter."""

import re
from dataclasses import replace

import pytest

from pixcycle.report.content import Cell, Column, Notice, Section, Table, claims_of
from pixcycle.report.rendering import page


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html)).strip()


def matrix_of(document, folder, *differences: Cell) -> str:
    """Return the matrix of a table with these differences of published values from ours."""
    columns = [Column("Method", numeric=False), *(Column(title) for title in ("published", "ours", "difference"))]
    rows = [[Cell(f"row {i}"), Cell("1", "published"), Cell("2"), cell] for i, cell in enumerate(differences)]
    section = Section("s", "S", 1, [Table("t", "Values.", columns, rows)])
    html = page.render(replace(document, sections=[section]), folder)
    return re.search(r'<details class="matrix".*?</details>', html, re.S)[0]


def test_matrix_folds_a_table_without_judged_numbers_into_one_line(document, folder):
    matrix = matrix_of(document, folder, Cell("–"), Cell("–"))
    summary, rest = matrix.split("</summary>")
    assert words(summary) == "Table 1. Values. 2 numbers: not judged"
    assert matrix.startswith('<details class="matrix">')
    assert "difference" not in words(rest) and 'class="verdict"' not in rest


def test_matrix_opens_a_table_with_judged_numbers(document, folder):
    matrix = matrix_of(document, folder, Cell("+1", outcome="agrees"), Cell("–"))
    assert matrix.startswith('<details class="matrix" open>')
    assert "1 agrees, 1 not judged" in words(matrix)
    assert "Published → ours, difference" in words(matrix) and matrix.count('class="verdict"') == 2


def test_chip_shows_the_title_of_its_notice_and_lists_its_pairs(document, folder):
    notice = Notice("Stand-in data", "Others.", about="Data", pairs=[("maps", "earth"), ("facades", "earth")])
    html = page.render(replace(document, notices=[notice]), folder)
    status = re.search(r'<ul class="status".*?</ul>\s*</div>.*?</ul>', html, re.S)[0]
    chips = [words(chip) for chip in re.findall(r'<li(?: class="notice")?><button.*?</button>', status, re.S)]
    assert chips == ["Scale demo", "⚠ Stand-in data"]
    assert "<li>maps: earth</li><li>facades: earth</li>" in status
    assert re.findall(r'popovertarget="(status-\d)" popovertargetaction="hide"', status) == ["status-1", "status-2"]


@pytest.mark.parametrize("caveat", ["On stand-in data: no verdict.", ""])
def test_verdicts_are_outlined_beside_a_caveat_only(document, folder, caveat):
    html = page.render(replace(document, caveat=caveat), folder)
    tally = re.search(r'<p class="legend[^"]*">Claims:.*?</p>', html)[0]
    assert ("tiles outlined" in html) == ("legend outlined" in tally) == bool(caveat)
    assert words(tally).endswith(caveat or "not run: 1")


def test_chapter_opens_with_its_claims_and_verdicts(document, folder):
    html = page.render(document, folder)
    chapter = html[html.index('id="chapter"') : html.index('id="chapter-results"')]
    claims = claims_of(document.sections)
    assert re.findall(r'<a href="#([\w-]+)">Claim \d</a>', chapter) == [claim.id for claim in claims]
    assert [claim.verdict in words(chapter) for claim in claims] == [True] * len(claims)
    assert html.count('class="opening"') == 1
