"""The page as its readers have it: in a real browser, without a network."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from pixcycle.report import page
from pixcycle.report.content import Document, Figure, Table, blocks_of
from pixcycle.report.document import document
from pixcycle.translations import fakes_folder
from tests.browser import needs_chromium
from tests.report.results import Results

pytestmark = needs_chromium
EXPERIMENTS = ["ucsd-facades-l1", "ucsd-facades-l2", "wustl-facades-photo2label", "kth-apple2orange"]
STEPS = 1000
"""Logged of ucsd-facades-l1, whose generator's loss is the number of the step."""
TABLE = "#ucsd-table-1-facades"
CURVES = "#ucsd-figure-2"
GRID = "#ucsd-samples-facades"


def fids(run) -> dict[str, float]:
    """100 and 102 of l1, 8 and 10 of the others: as texts they have another order than as numbers."""
    return {"fid": (100.0 if run.name == "facades-l1" else 8.0) + 2 * run.seed}


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Results:
    root = tmp_path_factory.mktemp("browser") / "project"
    results = Results(root, EXPERIMENTS, measured=fids, seeds=(0, 1), scale="rehearsal")
    run = results.values().one("ucsd-facades-l1")
    rows = [f"{i},{i},{i},{i % 2},{1 / (1 + i)},{i % 3}" for i in range(STEPS)]
    history = "\n".join(["epoch,step,g,g_gan,g_reconstruction,d", *rows])
    (root / run.folder / "history.csv").write_text(history)
    return results


@pytest.fixture(scope="module")
def whole(results) -> Document:
    return document(results.values(), results.root / "reports/rehearsal")


@pytest.fixture(scope="module")
def address(results, whole) -> str:
    out = results.root / "reports/rehearsal"
    (out / "report.html").write_text(page.render(whole, out))
    return (out / "report.html").as_uri()


@pytest.fixture
def opened(chromium, address):
    """Opens the page in a window of one's choice; whatever it asks for or complains about fails the test."""
    asked, complaints, contexts = [], [], []

    def open_page(**options):
        context = chromium.new_context(offline=True, **{"viewport": {"width": 1280, "height": 900}} | options)
        contexts.append(context)
        shown = context.new_page()
        shown.on("request", lambda request: asked.append(request.url))
        shown.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        shown.on("pageerror", lambda error: complaints.append(str(error)))
        shown.goto(address)
        return shown

    yield open_page
    for context in contexts:
        context.close()
    assert {url for url in asked if not url.startswith("data:")} == {address}
    assert complaints == []


def clip(shown) -> float:
    """How much of the left image the viewer shows, in percent."""
    path = shown.eval_on_selector("#viewer canvas:nth-of-type(2)", "canvas => getComputedStyle(canvas).clipPath")
    return float(re.fullmatch(r"inset\(0(?:px)? 0(?:px)? 0(?:px)? ([\d.]+)%\)", path)[1])


def open_row(shown, figure: str, row: int):
    button = shown.locator(f"{figure} .strip").nth(row)
    button.focus()
    shown.keyboard.press("Enter")
    return button


def column(shown, title: str, table: str = TABLE) -> list[str]:
    """Texts of the cells under the n-th heading that reads so."""
    place = shown.locator(f"{table} th[data-column]", has_text=title).first.get_attribute("data-column")
    return [
        cell.locator("button").text_content() if cell.locator("button").count() else cell.text_content()
        for cell in shown.locator(f"{table} tbody tr > :nth-child({int(place) + 1})").all()
    ]


def test_the_slider_shows_more_of_one_image_or_of_the_other(opened):
    shown = opened()
    open_row(shown, GRID, 0)
    assert clip(shown) == 50
    shown.locator("#viewer input").focus()
    shown.keyboard.press("Home")
    assert clip(shown) == 0
    box = shown.locator("#viewer .pair").bounding_box()
    shown.mouse.move(box["x"] + box["width"] / 2, box["y"] + 9)
    shown.mouse.down()
    shown.mouse.move(box["x"] + box["width"] / 4, box["y"] + 9)
    shown.mouse.up()
    assert clip(shown) == pytest.approx(25, abs=1)
    assert float(shown.input_value("#viewer input")) == pytest.approx(clip(shown))


def test_the_viewer_shows_the_images_of_the_row_under_their_headings(opened, results):
    shown, values = opened(), results.values()
    open_row(shown, "#ucsd-figure-3-facades", 0)
    run = values.one("ucsd-facades-l1")
    place = 1  # val/8, as in the report
    data = results.root / "data/prepared" / run.data
    fake = fakes_folder(results.root / run.translated, run.config.direction) / "val/8.png"
    source, target = ("A", "B") if run.config.direction == "a_to_b" else ("B", "A")
    expected = {
        "Input": np.load(data / f"test_{source}.npy")[place],
        "Ground truth": np.load(data / f"test_{target}.npy")[place],
        run.config.label: np.asarray(Image.open(fake)),
    }
    mean = """canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const sums = [0, 0, 0];
        for (let i = 0; i < data.length; i++) if (i % 4 < 3) sums[i % 4] += data[i];
        return sums.map((sum) => (4 * sum) / data.length);
    }"""
    for heading, image in expected.items():
        shown.select_option("#viewer label:nth-of-type(2) select", label=heading)
        canvas = shown.locator("#viewer canvas").nth(1)
        assert canvas.get_attribute("aria-label") == heading
        assert canvas.evaluate(mean) == pytest.approx(image.mean(axis=(0, 1)), abs=4)


def test_keys_go_to_the_next_row_and_back_and_escape_leads_back_to_where_it_was_opened(opened):
    shown = opened()
    button = open_row(shown, GRID, 1)
    title = shown.locator("#viewer-title")
    names = [title.text_content()]
    for key in ("ArrowRight", "ArrowLeft", "ArrowLeft"):
        shown.keyboard.press(key)
        names.append(title.text_content())
    assert [name.rpartition(", ")[2] for name in names] == ["row 2", "row 3", "row 2", "row 1"]
    shown.keyboard.press("+")
    assert shown.text_content("#viewer output") == "2×"
    assert shown.eval_on_selector("#viewer .stage", "stage => stage.scrollWidth > stage.clientWidth")
    shown.keyboard.press("Escape")
    assert not shown.is_visible("#viewer")
    assert button.evaluate("button => button === document.activeElement")


def test_a_click_on_an_image_compares_it_with_the_input(opened):
    shown = opened()
    box = shown.locator(f"{GRID} .strip").first.bounding_box()
    shown.locator(f"{GRID} .strip").first.click(position={"x": box["width"] - 9, "y": 9})
    chosen = [select.evaluate("s => s.selectedOptions[0].text") for select in shown.locator("#viewer select").all()]
    assert chosen == ["Input", "L2 loss"]


def test_a_table_sorts_by_numbers_up_and_down_and_back(opened):
    shown = opened()
    published = column(shown, "Experiment")
    heading = shown.locator(f"{TABLE} th[data-column]").nth(8)  # FID, ours
    told = []
    for _ in range(3):
        heading.locator("button").focus()
        shown.keyboard.press("Enter")
        cells = shown.locator(f"{TABLE} tbody tr > :nth-child(9)").all()
        texts = [
            (cell.locator("button").first if cell.locator("button").count() else cell).text_content() for cell in cells
        ]
        told.append((heading.get_attribute("aria-sort"), texts[:3]))
    assert told[0] == ("ascending", ["9.00 ± 1.41", "101.00 ± 1.41", "not run"])
    assert told[1] == ("descending", ["101.00 ± 1.41", "9.00 ± 1.41", "not run"])
    assert told[2][0] == "none" and column(shown, "Experiment") == published


def test_sorting_by_another_column_forgets_the_first_and_durations_are_numbers(opened):
    shown = opened()
    shown.evaluate(
        """texts => [...document.querySelectorAll("#training-cost tbody tr")]
            .forEach((row, i) => row.cells[4].textContent = texts[i % texts.length])""",
        ["–", "3.5 h", "12 min", "45 s"],
    )
    sort = shown.locator("#training-cost .sort")
    sort.nth(0).click()
    sort.nth(4).click()
    assert list(dict.fromkeys(column(shown, "Wall time", "#training-cost"))) == ["45 s", "12 min", "3.5 h", "–"]
    assert shown.locator("#training-cost th[aria-sort]").count() == 1
    sort.nth(4).click()
    assert list(dict.fromkeys(column(shown, "Wall time", "#training-cost"))) == ["3.5 h", "12 min", "45 s", "–"]


def test_a_measured_cell_opens_to_its_runs_each_with_its_value_and_to_what_it_was_measured_with(opened):
    shown = opened()
    cell = shown.locator(f"{TABLE} td button", has_text="101.00 ± 1.41")
    cell.focus()
    shown.keyboard.press("Enter")
    basis = shown.locator(":popover-open")
    facts = dict(zip(basis.locator("dt").all_text_contents(), basis.locator("dd").all_text_contents(), strict=True))
    assert {key: facts[key] for key in facts if "/" in key} == {"ucsd-facades-l1/0": "100", "ucsd-facades-l1/1": "102"}
    assert facts["Images"] == "9 of 16 generated against 9 of 16 real test images (fewer than there should be)"
    assert "EfficientNet" in facts["Features"]
    shown.keyboard.press("Escape")
    assert basis.count() == 0 and cell.evaluate("button => button === document.activeElement")
    cell.click()
    basis.locator("a", has_text="ucsd-facades-l1/1").click()
    assert shown.url.endswith("#run-ucsd-facades-l1-1") and basis.count() == 0


def legend(shown) -> list[float]:
    """Epoch, then the value of the generator's total and what it is made of, under the pointer."""
    panel = shown.locator(f"{CURVES} .panel").first
    return [float(n) for text in panel.locator(".u-value").all_text_contents()[:2] for n in re.findall(r"[\d.]+", text)]


def point_at(shown, share: float) -> None:
    box = shown.locator(f"{CURVES} .panel").first.locator(".u-over").bounding_box()
    shown.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)


def smooth(shown, decay: float) -> None:
    slider = shown.locator(f"{CURVES} input[type=range]")
    slider.evaluate("(s, decay) => { s.value = decay; s.dispatchEvent(new Event('input')); }", decay)


def test_curves_show_the_values_under_the_pointer(opened):
    shown = opened()
    shown.locator(CURVES).scroll_into_view_if_needed()
    smooth(shown, 0)
    point_at(shown, 0.5)
    epoch, mean, least, greatest = legend(shown)
    assert epoch == pytest.approx(STEPS / 2, rel=0.02)
    assert mean == pytest.approx(epoch, abs=0.6)  # the loss is the number of the step, an epoch has one step
    assert least <= mean <= greatest <= least + 2


def test_the_smoothing_is_the_exponential_moving_average_that_it_says(opened, results):
    shown = opened()
    shown.locator(CURVES).scroll_into_view_if_needed()
    smooth(shown, 0.95)
    point_at(shown, 0.5)
    epoch, average, mean, *_ = legend(shown)
    file = results.root / "reports/rehearsal/figures/ucsd-figure-2.json"
    points = json.loads(file.read_text())["plots"][0]["lines"][0]
    place = int(np.argmin(np.abs(np.array(points["x"]) - epoch)))
    weights = 0.95 ** np.arange(place, -1, -1)
    assert average == pytest.approx(np.average(points["mean"][: place + 1], weights=weights), rel=1e-3)
    assert average < mean - 10


def test_curves_zoom_by_buttons_and_by_dragging_and_show_all_again(opened):
    shown = opened()
    shown.locator(CURVES).scroll_into_view_if_needed()

    def first_epoch() -> float:
        point_at(shown, 0.01)
        return legend(shown)[0]

    assert first_epoch() < 0.05 * STEPS
    shown.click(f"{CURVES} [aria-label='Zoom in']")
    assert first_epoch() == pytest.approx(STEPS / 4, rel=0.1)
    shown.click(f"{CURVES} [aria-label='Show all epochs']")
    assert first_epoch() < 0.05 * STEPS
    point_at(shown, 0.6)
    shown.mouse.down()
    point_at(shown, 0.8)
    shown.mouse.up()
    assert first_epoch() == pytest.approx(0.6 * STEPS, rel=0.1)


def test_arrow_keys_read_a_curve(opened):
    shown = opened()
    chart = shown.locator(f"{CURVES} .panel").first
    chart.focus()
    for _ in range(3):
        shown.keyboard.press("ArrowRight")
    there = legend(shown)[0]
    shown.keyboard.press("ArrowLeft")
    assert 0 <= legend(shown)[0] < there


def test_every_figure_and_table_has_an_address_and_says_how_it_was_made(opened, whole):
    shown = opened()
    blocks = blocks_of(whole.sections, Figure, Table)
    assert len(blocks) > 10
    for block in blocks:
        shown.evaluate("id => { location.hash = id }", block.id)
        element = shown.locator(f"[id='{block.id}']")
        assert -1 <= element.bounding_box()["y"] < 450 or shown.evaluate(
            "scrollY + innerHeight >= document.documentElement.scrollHeight - 1"
        ), block.id
        element.locator(".made summary").click()
        assert "snakemake " in element.locator(".made code").inner_text()
        linked = element.locator(".made a").evaluate_all("links => links.map((a) => a.getAttribute('href'))")
        assert linked == [f"#run-{key.replace('/', '-')}" for key in block.made_from]


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_never_scrolls_sideways(opened, width):
    shown = opened(viewport={"width": width, "height": 800})
    assert shown.evaluate("document.documentElement.scrollWidth") == width
    open_row(shown, GRID, 0)
    box = shown.locator("#viewer").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert shown.eval_on_selector("#viewer", "viewer => viewer.scrollWidth <= viewer.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_is_the_system_s_until_it_is_changed_and_after_a_reload(opened, scheme):
    shown = opened(color_scheme=scheme)

    def lightness() -> int:
        return int(re.search(r"\d+", shown.evaluate("getComputedStyle(document.body).backgroundColor"))[0])

    assert (lightness() > 128) == (scheme == "light")
    shown.click("#theme")
    assert (lightness() > 128) == (scheme == "dark")
    shown.reload()
    assert (lightness() > 128) == (scheme == "light")


def test_the_first_tab_leads_past_the_contents(opened):
    shown = opened()
    shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.getAttribute('href')") == "#content"
    assert shown.locator(".skip").bounding_box()["x"] >= 0


def test_without_script_all_figures_and_tables_are_there_and_no_button_that_does_nothing(opened, whole):
    shown = opened(java_script_enabled=False)
    figures = blocks_of(whole.sections, Figure)
    assert shown.locator("figure.picture img").count() == len(figures)
    for image in shown.locator("figure.picture img").all():
        assert image.is_visible() and image.bounding_box()["width"] > 100
    assert all(table.is_visible() for table in shown.locator("figure.table table").all())
    assert [button for button in shown.locator("button:not([popovertarget])").all() if button.is_visible()] == []


def test_on_paper_the_figures_are_those_of_the_pdf(opened):
    shown = opened()
    assert not shown.is_visible(f"{CURVES} img")
    shown.emulate_media(media="print")
    assert shown.is_visible(f"{CURVES} img") and not shown.is_visible(f"{CURVES} .plots")
    assert not shown.locator(".strip").first.is_visible()
