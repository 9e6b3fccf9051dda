import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pixcycle.report.content import Cell, Claim, Claims, Column, Document, Figure, Notice, Section, Table, Text
from pixcycle.report.dot_plot import Dot, DotPlot
from pixcycle.report.rendering import page
from pixcycle.report.rendering.typesetting import MARKS

VOID = {"meta", "img", "br", "hr", "link", "input"}

TAGS = set(
    re.findall(
        r"\w+",
        """html head meta title style body header h1 h2 h3 p dl div dt dd nav ol ul li a main section figure
        figcaption table thead tbody tr th td span img b article details summary code script button dialog label select
        output canvas input caption option""",
    )
)


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text; an unclosed element is an error."""

    def __init__(self, html: str):
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        assert len(dict(attributes)) == len(attributes)
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text += data

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.elements if name == tag]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.fixture
def html(document: Document, folder: Path) -> str:
    return page.render(document, folder)


@pytest.fixture
def parsed(html: str) -> Page:
    return Page(html)


def test_page_contains_all_texts_of_document(texts, parsed):
    shown = squeezed(parsed.text)
    assert [text for text in texts if squeezed(text) not in shown] == []


def test_page_never_reads_texts_as_markup(html, parsed, hostile):
    """The page has no elements or scripts besides its own."""
    data, code = parsed.all("script")
    assert data == {"type": "application/json", "id": "opened"}
    assert code == {}
    assert {tag for tag, _ in parsed.elements} <= TAGS
    assert f"Images: {hostile}" in [image["alt"] for image in parsed.all("img")]
    assert not [name for _, attributes in parsed.elements for name in attributes if name.startswith("on")]
    island = re.search(r'<script type="application/json" id="opened">(.*?)</script>', html, re.S)[1]
    assert "<" not in island
    assert json.loads(island)["figure-3"]["strips"][0]["label"] == hostile


def test_page_loads_nothing_from_outside(html, parsed):
    assert all(image["src"].startswith("data:image/") for image in parsed.all("img"))
    elsewhere = {link["href"] for link in parsed.all("a") if not link["href"].startswith("#")}
    assert elsewhere == {"../../results/l1"}  # the only file that its runs left
    assert parsed.all("link") == []
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.S)
    assert "url(" not in style
    assert "@import" not in style
    policies = [meta["content"] for meta in parsed.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    script = re.findall(r"<script>(.*?)</script>", html, re.S)
    assert len(script) == 1 and "uPlot" in script[0]
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    nothing = "default-src 'none'; base-uri 'none'; form-action 'none'"
    assert policies == [f"{nothing}; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"]


def test_page_embeds_figures_with_alternative_texts(folder, parsed):
    drawing, picture = parsed.all("img")
    for image, kind, file in (
        (drawing, "svg+xml", "figures/drawing.svg"),
        (picture, "png", "figures/a picture.png"),
    ):
        head, _, content = image["src"].partition(",")
        assert head == f"data:image/{kind};base64"
        assert base64.b64decode(content) == (folder / file).read_bytes()
    assert drawing["alt"] == "Falling lines"


def test_page_shows_png_at_its_size_in_inches(parsed):
    _, picture = parsed.all("img")
    assert picture["width"] == "288"  # 300 dots at 100 an inch, in pixels of 1/96 inch


def test_page_ids_are_unique_and_links_have_targets(document, parsed):
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    targets = {link["href"][1:] for link in parsed.all("a") if link["href"].startswith("#")}
    assert targets <= set(ids)
    assert targets >= {section.id for section in document.sections}
    assert {"overview", "chapter-results", "chapter-table-1", "figure-3", "chapter-c"} <= set(ids)
    labels = [attributes["aria-labelledby"] for _, attributes in parsed.elements if "aria-labelledby" in attributes]
    assert set(labels) <= set(ids)


def test_page_states_language_and_fits_a_phone(parsed):
    assert parsed.all("html") == [{"lang": "en"}]
    assert "width=device-width" in next(m["content"] for m in parsed.all("meta") if m.get("name") == "viewport")


def test_page_table_header_covers_each_place_once(html, results):
    head = re.search(r"<thead>(.*?)</thead>", html[html.index('id="chapter-table-1"') :], re.S)[1]
    covered = [(r, c) for r in range(2) for c in range(len(results.columns))]
    reached: list[tuple[int, int]] = []
    for row, line in enumerate(head.split("</tr>")[:2]):
        for cell in Page(line + "</tr>").all("th"):
            column = next(c for c in range(len(results.columns)) if (row, c) not in reached)
            for r in range(int(cell["rowspan"])):
                reached += [(row + r, column + c) for c in range(int(cell["colspan"]))]
    assert sorted(reached) == covered


def test_page_marks_published_values_best_values_and_remarks(html):
    for kind, text in (("published", "110.68"), ("muted", "not run")):
        assert re.search(rf'<td class="{kind} number[^"]*">{text}</td>', html)
    assert re.search(r'<td class="best number[^"]*"><button type="button" popovertarget="[\w-]+">98.10</button>', html)
    assert re.search(r'<th scope="row" class="muted">untrained</th>', html)
    assert "Shaded: as published; bold: best of its column, without untrained and collapsed runs." in html


def test_page_shows_a_sign_with_each_verdict(document, parsed):
    assert len(set(MARKS.values())) == len(MARKS) == 5
    for claim in document.sections[2].blocks[1].claims:
        assert f"{MARKS[claim.verdict]} {claim.verdict}" in parsed.text


def test_page_shows_notices_before_contents_and_sections(html):
    places = [html.index(text) for text in ('class="notice"', "<nav", "<main")]
    assert places == sorted(places)


def test_page_is_the_same_for_the_same_document(document, folder, html):
    assert page.render(document, folder) == html


def test_page_renders_empty_table_and_bare_document(document, folder):
    empty = Table("empty", "Nothing was run.", [Column("Run", numeric=False), Column("Time")], [])
    bare = replace(document, subtitle="", notices=[], sections=[Section("s", "Bare", 1, [empty])])
    parsed = Page(page.render(bare, folder))
    assert "Nothing was run." in parsed.text
    assert {"class": "notice"} not in parsed.all("div")
    assert {"class": "subtitle"} not in parsed.all("p")


def test_page_render_raises_if_figure_file_is_missing(document, folder):
    lost = Figure("lost", "Lost", Path("figures/lost.png"), "")
    with pytest.raises(FileNotFoundError, match=r"lost\.png"):
        page.render(replace(document, sections=[Section("s", "Lost", 1, [lost])]), folder)


def element(html: str, tag: str, id: str) -> str:
    """Return the markup of an element that contains no element of the same tag."""
    return re.search(rf'<{tag}\b[^>]*id="{id}".*?</{tag}>', html, re.S)[0]


def links(html: str) -> dict[str, str]:
    return {text: target for target, text in re.findall(r'<a href="([^"]*)">(.*?)</a>', html)}


def how_made(html: str, id: str) -> str:
    """Return what a figure or table says on how it was made."""
    (details,) = re.findall(r'<details class="note made">.*?</details>', element(html, "figure", id), re.S)
    return details


def test_page_links_figures_tables_and_claims_to_their_runs(html):
    assert links(how_made(html, "figure-2")) == {"l1/0": "#run-l1-0"}
    assert links(how_made(html, "chapter-table-1")) == {"l1/0": "#run-l1-0", "1": "#run-l1-1"}
    assert links(element(html, "li", "chapter-a")) == {"l1/0": "#run-l1-0"}


def test_page_names_run_without_entry_but_does_not_link_it(html):
    assert "</a>; l2/0." in how_made(html, "figure-2")
    assert "</a>; untrained/0." in element(html, "li", "chapter-a")


def test_page_says_how_made_with_runs_commit_and_command(html):
    assert "<summary>How this was made: from 5 runs of 2 experiments</summary>" in how_made(html, "chapter-table-1")
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", how_made(html, "chapter-table-1"), re.S))
    assert squeezed(re.sub(r"<[^>]*>", "", facts["Runs"])).startswith("l1/0,1,2,3;untrained/0.")
    assert facts["Trained at commit"] == "3f9c2d1"  # of two runs, stated once
    assert facts["Command"] == "<code>snakemake l1 &lt;b&gt;</code>"
    assert "Command" not in how_made(html, "figure-2")


def test_page_says_if_figure_is_made_from_no_run(html):
    assert "from no run" in how_made(html, "figure-3")
    assert "from no run" not in how_made(html, "figure-2")


def test_page_without_run_entries_never_says_from_no_run(document, folder):
    bare = page.render(replace(document, sections=document.sections[:-1]), folder)
    assert "from no run" not in bare
    assert "Made from l1/0; l2/0." in element(bare, "figure", "figure-2")


def test_page_summary_counts_verdicts_and_links_claims(html):
    summary = html[html.index('id="summary"') : html.index("<nav")]
    assert "Half of it held." in summary
    summary = summary[: summary.index('id="numbers"')]
    assert re.findall(r'class="tally">(.*?)<', summary) == [f"{verdict}: 1" for verdict in MARKS]
    chips = re.findall(r'<a class="([\w-]+)" href="#([\w-]+)".*?<span class="verdict">(.*?)</span>', summary)
    assert chips == [
        ("holds", "chapter-a", "✓ 1"),
        ("holds-on-those-run", "chapter-e", "(✓) 2"),
        ("does-not-hold", "chapter-b", "✗ 3"),
        ("not-distinguishable", "chapter-c", "≈ 4"),
        ("not-run", "chapter-d", "– 5"),
    ]


def test_page_without_claims_and_abstract_has_no_summary(document, folder):
    bare = replace(document, abstract=[], sections=document.sections[:1])
    assert 'id="summary"' not in page.render(bare, folder)


def test_page_run_entry_links_existing_files_and_what_shows_it(html):
    assert links(element(html, "details", "run-l1-0")) == {
        "results/l1": "../../results/l1",
        "Table 1": "#chapter-table-1",
        "Figure 1": "#figure-2",
        "Claim 1": "#chapter-a",
    }
    assert ".log (not there)" in element(html, "details", "run-l1-0")


def test_page_folds_settings_of_experiment(html):
    (folded,) = re.findall(r'<details class="parameters">.*?</details>', html, re.S)
    assert "<dt>lr</dt><dd>0.0002</dd>" in folded


def test_page_matrix_links_published_numbers_to_rows_of_their_tables(html):
    matrix = html[html.index('id="numbers"') : html.index("<nav")]
    numbers = re.findall(r'<a class="([\w-]+)" href="#([\w-]+)" aria-label="([^"]*)">', matrix)
    assert numbers == [("not-judged", "chapter-table-1-row-1", "FID published 110.68, ours 98.10: not judged")]
    assert '<tr id="chapter-table-1-row-1">' in html


def test_page_matrix_shows_values_without_interval_but_says_it(document, folder):
    columns = [Column("Experiment", numeric=False), Column("published", group="FID"), Column("ours", group="FID")]
    table = Table("t", "Values.", columns, [[Cell("a"), Cell("1.0", "published"), Cell("1.2 [±0.3]")]])
    html = page.render(replace(document, sections=[Section("s", "S", 1, [table])]), folder)
    assert '<span class="ours">1.2</span>' in html
    assert 'aria-label="FID published 1.0, ours 1.2 [±0.3]: not judged"' in html


def test_page_says_how_many_rows_were_not_run_and_how_to_run_them(document, folder):
    columns = [Column("Experiment", numeric=False), Column("published", group="FID"), Column("ours", group="FID")]
    cells = ("1.0", "not run"), ("2.0", "2.1"), ("3.0", "not run")
    rows = [[Cell(published), Cell(published, "published"), Cell(ours)] for published, ours in cells]
    table = Table("t", "Values.", columns, rows)
    whole = replace(document, sections=[Section("s", "S", 1, [table])], not_run="snakemake the-rest")
    html = page.render(whole, folder)
    told = "2 rows not run here; <code>snakemake the-rest</code> runs them"
    assert f'<p class="note unrun">{told}.' in html
    assert re.findall(r'<tr id="t-row-(\d)"( class="unrun")?>', html) == [
        ("1", ' class="unrun"'),
        ("2", ""),
        ("3", ' class="unrun"'),
    ]
    assert "<summary>2 rows of 1 table not run here; <code>snakemake the-rest</code> runs them" in html


def test_page_names_repeated_figure_once(document, folder):
    drawn = Figure("f", "Figure 3 of report 000, on maps.", Path("figures/drawing.svg"), "")
    own = replace(drawn, id="g", caption="Ours.")
    html = page.render(replace(document, sections=[Section("s", "S", 1, [drawn, own, Text("See @f and @g.")])]), folder)
    assert "<b>Figure 3 of report 000</b>, on maps." in html
    assert "<b>Figure 1.</b> Ours." in html
    assert 'See <a href="#f">Figure 3 of report 000</a> and <a href="#g">Figure 1</a>.' in html


def test_page_claim_plot_places_values_on_the_axis(document, folder):
    dots = [Dot("a", 10.0, "10.00 ± 2.00", half=2.0), Dot("b", 16.0, "16.00", reference=18.0, shown_reference="18.00")]
    plots = [DotPlot("FID, maps", dots), DotPlot("FID, facades", dots[:1])]
    claim = Claim("c", "A claim.", "holds", "Numbers.", plots=plots, rule="By FID.")
    html = page.render(replace(document, sections=[Section("s", "S", 1, [Claims([claim])])]), folder)
    places = re.findall(r'<span class="(\w+)" style="left:([\d.]+)%(?:;right:([\d.]+)%)?">', html)
    assert places == [  # values and intervals go from 8 to 18, and the axis from 7.5 to 18.5
        ("interval", "4.55", "59.09"),
        ("value", "22.73", ""),
        ("reference", "95.45", ""),
        ("value", "77.27", ""),
        ("interval", "4.55", "4.55"),
        ("value", "50.00", ""),
    ]
    assert "<span>7.50</span> <span>18.50</span>" in html
    numbers = ["10.00 ± 2.00", "–", "16.00", "18.00", "10.00 ± 2.00"]  # without published values, no column of them
    assert re.findall(r'<td class="number[^"]*">(.*?)</td>', html) == numbers
    assert "<summary>How it is judged</summary><p>By FID.</p>" in html


def test_page_folds_claims_that_were_not_run(html):
    folded = html[html.index('<details class="unrun">') :]
    assert "1 claim not run in full here" in folded[: folded.index("</summary>")]
    assert re.findall(r'<li id="(chapter-\w)"', folded) == ["chapter-d"]


def test_page_status_opens_notices_about_their_fact(document, folder):
    about = [Notice("Stand-in data", "Not what was published.", about="Data"), Notice("Odd", "On its own.")]
    html = page.render(replace(document, notices=about), folder)
    status = re.search(r'<ul class="status".*?</ul>', html, re.S)[0]
    warned = re.findall(r'<li class="notice">.*?popovertarget="([\w-]+)"', status)
    assert warned == ["status-2", "notice-1"]
    for id, text in zip(warned, ("Not what was published.", "On its own."), strict=True):
        assert text in element(html, "div", id)
