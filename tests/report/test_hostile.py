"""Reports on data whose names, titles and notes are code in some language show all of it and run none of it."""

import csv
import html
import re
import xml.dom.minidom
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from pixcycle.ledger.run_pair import two_sides
from pixcycle.plan.make import make_plan
from pixcycle.plan.runs import Plan
from pixcycle.report.build import build
from pixcycle.report.drawing import curves, style
from pixcycle.report.rendering import run_pair_page
from pixcycle.report.rendering.page import SCRIPTS, TEMPLATES
from pixcycle.report.rendering.typesetting import visible
from tests.support import results as made_up
from tests.support.answers import answer
from tests.support.browser import needs_chromium
from tests.support.edited import edited_json
from tests.support.ledger import Ledger
from tests.support.pdf_pages import pages, squeezed
from tests.support.results import Results

CODE = [
    "<script>document.title='ran'</script>",
    "<img src=x onerror=document.title='ran'>",
    "\"><svg onload=document.title='ran'>",
    "' onmouseover=document.title='ran' autofocus onfocus=document.title='ran'",
    "</title></style></p></table><iframe src=javascript:parent.document.title='ran'>",
    "javascript:document.title='ran'",
    "]]>--><!--",
    "&lt;b&gt; &#60;",
    "{{7*7}} {% raw %} ${7*7}",
    '#read("/etc/passwd") #panic() #[x] @ref <label>',
    "$\\frac{$ $a_1$ *bold* _it_ `raw` = head // gone /* gone",
    '=cmd|" /C calc"!A0',
    "\x1b[2J\x1b]0;ran\x07\r",
    "\u202egpj.exe",
    "[red]r[/red] [/x]",
]
FORMULA = CODE[11]
NAMES = [f"val/{i} {code}".replace("</", "<").replace("/ ", " ").replace("/C", "C") for i, code in enumerate(CODE[:9])]
EXPERIMENTS = ["ucsd-facades-l1", "paris-maps-aerial2map", "kaist-cityscapes", "wustl-facades-photo2label"]


def hostile(field: str) -> str:
    return f"{field}: {' '.join(CODE)}"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Finished runs in an oddly named folder; all texts that a user or another machine wrote are hostile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made_up, "NAMES", NAMES)
        results = Results(tmp_path_factory.mktemp("a <b> '\"#{x}$"), EXPERIMENTS)
    edited = results.plan.model_dump(mode="json")
    params = edited["params"]
    for name, dataset in params["datasets"].items():
        dataset |= {"title": hostile(f"title of {name}"), "licence": hostile(f"licence of {name}")}
        dataset["domains"] = [f"A {CODE[0]}", f"B {CODE[2]}"]
    for key, chapter in params["chapters"].items():
        chapter |= {field: hostile(f"{field} of {key}") for field in ("title", "cite")}
        chapter |= {"assumes": {CODE[1]: hostile(f"note of {key}")}, "inconsistencies": [hostile(f"doubt of {key}")]}
    params["scales"]["small"]["title"] = hostile("scale")
    for run in edited["runs"].values():
        run["config"] |= {
            "label": f"{FORMULA} {CODE[2]} {CODE[10]} {CODE[12]}",
            "extra": hostile(f"extra of {run['id']}"),
        }
        run["config"]["assumes"] = {"lr": hostile(f"assumed in {run['id']}")}
    results.plan = Plan.model_validate(edited)
    for run in results.plan.runs.values():
        with edited_json(results.root / run.folder / "run.json") as record:
            record |= {field: hostile(field) for field in ("collapse", "device", "commit", "precision")}
            record["attempts"][0] |= {"host": hostile("host"), "job": CODE[0]}
            record["versions"] = {"torch": hostile("version")}
    return results


@pytest.fixture(scope="module")
def report(project):
    out = project.root / "reports/small"
    build(project.plan, "all", project.root, out, "0" * 8)
    return out


def expected_texts(project) -> list[str]:
    """Return the texts of the project's files that the report must show unchanged, except for invisible characters."""
    chapters = [project.plan.params.chapters[key] for key in ("ucsd", "paris", "wustl", "kaist")]
    datasets = [project.plan.params.datasets[name] for name in ("facades", "maps", "cityscapes-unpaired")]
    texts = [text for c in chapters for text in (c.title, c.cite, *c.assumes.values(), *c.inconsistencies)]
    texts += [dataset.licence for dataset in datasets]
    texts += [text for r in project.plan.runs.values() for text in (r.config.extra, r.config.assumes["lr"])]
    texts += [hostile(field) for field in ("collapse", "device", "commit", "precision", "host", "version", "scale")]
    return [*(visible(text) for text in texts), visible(NAMES[0])]


class Parsed(HTMLParser):
    def __init__(self, page: str):
        super().__init__()
        self.text, self.elements = "", []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


def without_own_scripts(page: str) -> str:
    """Return the page without its two scripts: the code, the same on all pages, and the data, which close no script."""
    code = "\n".join((TEMPLATES / name).read_text() for name in SCRIPTS)
    assert page.count(f"<script>{code}</script>") == 1
    rest, found = re.subn(r'<script type="application/json" id="opened">[^<]*</script>', "", page)
    assert found == 1
    return rest.replace(f"<script>{code}</script>", "")


def assert_harmless(page: str) -> Parsed:
    parsed = Parsed(without_own_scripts(page))
    assert not {"script", "iframe", "svg", "object", "embed", "link", "base", "form"} & {t for t, _ in parsed.elements}
    attributes = [(name, value or "") for _, attributes in parsed.elements for name, value in attributes.items()]
    assert not [name for name, _ in attributes if name.startswith("on")]
    for name, value in attributes:
        if name in ("src", "href", "action", "formaction"):
            assert re.match(r"#|data:image/(png|jpeg|svg\+xml);base64,|[^:]*$", value), value[:80]
    assert "\x1b" not in page and "\u202e" not in page
    return parsed


def test_page_shows_hostile_texts_and_none_as_markup(project, report):
    parsed = assert_harmless((report / "report.html").read_text())
    shown = squeezed(parsed.text)
    assert [text for text in expected_texts(project) if squeezed(text) not in shown] == []


def test_pdf_shows_hostile_texts_and_none_as_typst(project, report):
    shown = squeezed("".join(page.text for page in pages((report / "report.pdf").read_bytes())))
    shown = re.sub(
        r"(Standindata·)?Scalesmall·Standinextractor\d+/\d+pixcycle:publishedandreproducedScale:small", "", shown
    )

    def is_shown(text: str) -> bool:
        """Return whether a text is drawn, at once or, as figures float, with the figures of a page in between."""
        return any(text[:i] in shown and text[i:] in shown for i in range(len(text)))

    assert [text for text in expected_texts(project) if not is_shown(squeezed(text))] == []
    assert "root:" not in shown  # of /etc/passwd


def test_figures_with_hostile_labels_are_well_formed(report):
    drawings = list((report / "figures").glob("*.svg"))
    assert drawings
    for drawing in drawings:
        tree = xml.dom.minidom.parse(str(drawing))
        assert not tree.getElementsByTagName("script")
        assert "\x1b" not in drawing.read_text()


@pytest.mark.parametrize("code", CODE)
def test_compared_curves_draw_hostile_words_verbatim(tmp_path, code):
    history = pd.DataFrame({"epoch": [0, 1], "step": [0, 1], "g": [1.0, 2.0]})
    style.save(curves.compared_curves({code: history}, {"g": code}, {code: 1}, code), tmp_path / "figure.svg")
    drawing = (tmp_path / "figure.svg").read_text()
    tree = xml.dom.minidom.parseString(drawing)
    assert not tree.getElementsByTagName("script") and not {"\x1b", "\u202e"} & set(drawing)
    comments = [
        node.data for group in tree.getElementsByTagName("g") for node in group.childNodes if node.nodeType == 8
    ]
    assert squeezed(visible(code)) in [squeezed(html.unescape(comment)) for comment in comments]


def test_csv_tables_of_report_contain_no_formulas(report):
    cells = []
    for file in (report / "tables").glob("*.csv"):
        with file.open(newline="") as content:
            cells += [cell for row in csv.reader(content) for cell in row]
    assert [cell for cell in cells if cell.startswith(f"'{FORMULA}")]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "\t", "\r")) or re.match(r"[+-](?![0-9.])", cell)]


@needs_chromium
@pytest.mark.parametrize("guarded", [True, False], ids=["as it is", "without its policy"])
def test_page_with_hostile_texts_runs_nothing_in_browser(report, tmp_path, chromium, guarded):
    page = (report / "report.html").read_text()
    policy = re.search(r"<meta http-equiv=.*?>\n", page)[0]
    file = tmp_path / "report.html"
    file.write_text(page if guarded else page.replace(policy, ""))
    shown = opened(chromium, file)
    assert re.search(r"<title>(.*?)</title>", shown, re.S)[1] == "pixcycle: published and reproduced"
    assert "<script" not in without_own_scripts(shown)


@needs_chromium
def test_browser_would_run_hostile_texts_if_not_escaped(tmp_path, chromium):
    for i, code in enumerate(CODE[:3]):
        file = tmp_path / f"{i}.html"
        file.write_text(f'<title>still</title><p title="{code}">{code}</p>')
        assert "<title>ran</title>" in opened(chromium, file), code


def opened(chromium, file: Path) -> str:
    """Return the page's HTML after its scripts have run."""
    with chromium.new_page() as page:
        page.goto(file.as_uri())
        return page.content()


@pytest.fixture
def compared(tmp_path):
    """Two runs of an experiment with hostile records, and a foreign folder with a hostile name beside them."""
    ledger = Ledger(tmp_path)
    now = make_plan(ledger.params, tmp_path)
    ledger.finish(ledger.edited(EXPERIMENTS[0], lr=0.001))
    for run in (ledger.run(), now.runs[f"{EXPERIMENTS[0]}/0"]):
        with edited_json(tmp_path / run.folder / "run.json") as record:
            record |= {"collapse": hostile("collapse"), "device": hostile("device"), "versions": {"torch": CODE[0]}}
    stranger = tmp_path / f"results/small/ucsd/{CODE[12]}[red]/0-01234567"
    stranger.mkdir(parents=True)
    (stranger / "run.json").write_text('{"status": "finished"}')
    (tmp_path / "params.yaml").write_text(now.params.model_dump_json())
    return now, tmp_path


def test_run_pair_page_shows_hostile_records_and_none_as_markup(compared):
    now, root = compared
    sides = two_sides(now, EXPERIMENTS[0], None, None, None, root)
    page = run_pair_page.write_page(*sides, now, root).read_text()
    shown = squeezed(assert_harmless(page).text)
    for field in ("collapse", "device"):
        assert squeezed(visible(hostile(field))) in shown


@pytest.mark.parametrize("command", [("compare", EXPERIMENTS[0]), ("runs",)])
def test_terminal_output_contains_no_control_codes_of_hostile_texts(compared, command):
    output = answer(*command, "--scale", "small", folder=compared[1])
    assert output.exit_code == 0, output.text
    assert not {"\x1b", "\x07", "\u202e"} & set(output.text)
    assert r"\x1b[2J" in output.text and "[red]" in output.text
