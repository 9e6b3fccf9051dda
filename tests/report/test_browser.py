"""The page as readers see it: in a real browser, without a network."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from pixcycle.paths import fakes_folder
from pixcycle.report.content import Document, Figure, Table, blocks_of, claims_of
from pixcycle.report.document import document
from pixcycle.report.rendering import page
from tests.support.browser import needs_chromium
from tests.support.results import Results, ruled

pytestmark = needs_chromium
EXPERIMENTS = ["ucsd-facades-l1", "ucsd-facades-l2", "wustl-facades-photo2label", "kth-apple2orange"]
STEPS = 1000
"""Logged steps of ucsd-facades-l1, whose generator loss is the number of the step."""
TABLE = "#ucsd-table-1-facades"
CURVES = "#ucsd-figure-2"
GRID = "#ucsd-samples-facades"


def fids(run) -> dict[str, float]:
    """Return 100 and 102 for l1, 8 and 10 for the others: sorted as texts, their order differs from that of numbers."""
    fid = (100.0 if run.name == "facades-l1" else 8.0) + 2 * run.seed
    return {"fid": fid} | ({"beside_published": ruled(run, fid=fid)} if run.ruler else {})


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
    return document(results.draft(out=results.root / "reports/rehearsal"))


@pytest.fixture(scope="module")
def address(results, whole) -> str:
    out = results.root / "reports/rehearsal"
    (out / "report.html").write_text(page.render(whole, out))
    return (out / "report.html").as_uri()


@pytest.fixture
def opened(chromium, address):
    """Return a function that opens the page in a window; the test fails if the page requests files or logs errors."""
    requested, complaints, contexts = [], [], []

    def open_page(**options):
        context = chromium.new_context(offline=True, **{"viewport": {"width": 1280, "height": 900}} | options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("request", lambda request: requested.append(request.url))
        tab.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.goto(address)
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert {url for url in requested if not url.startswith("data:")} == {address}
    assert complaints == []


def clip(tab) -> float:
    """Return how much of the left image the viewer shows, in percent."""
    path = tab.eval_on_selector("#viewer canvas:nth-of-type(2)", "canvas => getComputedStyle(canvas).clipPath")
    return float(re.fullmatch(r"inset\(0(?:px)? 0(?:px)? 0(?:px)? ([\d.]+)%\)", path)[1])


def open_row(tab, figure: str, row: int):
    button = tab.locator(f"{figure} .strip").nth(row)
    button.focus()
    tab.keyboard.press("Enter")
    return button


def column(tab, title: str, table: str = TABLE) -> list[str]:
    """Return the texts of the cells in the first column with this title."""
    place = tab.locator(f"{table} th[data-column]", has_text=title).first.get_attribute("data-column")
    return [
        cell.locator("button").text_content() if cell.locator("button").count() else cell.text_content()
        for cell in tab.locator(f"{table} tbody tr > :nth-child({int(place) + 1})").all()
    ]


def test_viewer_divider_follows_slider_and_pointer(opened):
    tab = opened()
    open_row(tab, GRID, 0)
    assert clip(tab) == 50
    tab.locator("#viewer input").focus()
    tab.keyboard.press("Home")
    assert clip(tab) == 0
    box = tab.locator("#viewer .pair").bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + 9)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] / 4, box["y"] + 9)
    tab.mouse.up()
    assert clip(tab) == pytest.approx(25, abs=1)
    assert float(tab.input_value("#viewer input")) == pytest.approx(clip(tab))


def test_viewer_shows_images_of_row_under_their_headings(opened, results):
    tab, values = opened(), results.values()
    open_row(tab, "#ucsd-figure-3-facades", 0)
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
        tab.select_option("#viewer label:nth-of-type(2) select", label=heading)
        canvas = tab.locator("#viewer canvas").nth(1)
        assert canvas.get_attribute("aria-label") == heading
        assert canvas.evaluate(mean) == pytest.approx(image.mean(axis=(0, 1)), abs=4)


def test_viewer_keys_change_row_zoom_and_close(opened):
    tab = opened()
    button = open_row(tab, GRID, 1)
    title = tab.locator("#viewer-title")
    names = [title.text_content()]
    for key in ("ArrowRight", "ArrowLeft", "ArrowLeft"):
        tab.keyboard.press(key)
        names.append(title.text_content())
    assert [name.rpartition(", ")[2] for name in names] == ["row 2", "row 3", "row 2", "row 1"]
    tab.keyboard.press("+")
    assert tab.text_content("#viewer output") == "2×"
    assert tab.eval_on_selector("#viewer .stage", "stage => stage.scrollWidth > stage.clientWidth")
    tab.keyboard.press("Escape")
    assert not tab.is_visible("#viewer")
    assert button.evaluate("button => button === document.activeElement")


def test_viewer_compares_clicked_image_with_input(opened):
    tab = opened()
    box = tab.locator(f"{GRID} .strip").first.bounding_box()
    tab.locator(f"{GRID} .strip").first.click(position={"x": box["width"] - 9, "y": 9})
    chosen = [select.evaluate("s => s.selectedOptions[0].text") for select in tab.locator("#viewer select").all()]
    assert chosen == ["Input", "L2 loss"]


def test_table_sorts_numbers_up_and_down_and_back(opened):
    tab = opened()
    published = column(tab, "Experiment")
    heading = tab.locator(f"{TABLE} th[data-column='6']")  # FID, ours
    sortings = []
    for _ in range(3):
        heading.locator("button").focus()
        tab.keyboard.press("Enter")
        cells = tab.locator(f"{TABLE} tbody tr > :nth-child(7)").all()
        texts = [
            (cell.locator("button").first if cell.locator("button").count() else cell).text_content() for cell in cells
        ]
        sortings.append((heading.get_attribute("aria-sort"), texts[:3]))
    assert sortings[0] == ("ascending", ["9.00 ± 1.41", "101.00 ± 1.41", "not run"])
    assert sortings[1] == ("descending", ["101.00 ± 1.41", "9.00 ± 1.41", "not run"])
    assert sortings[2][0] == "none" and column(tab, "Experiment") == published


def test_table_sorts_by_one_column_at_a_time_and_by_duration(opened):
    tab = opened()
    tab.evaluate(
        """texts => [...document.querySelectorAll("#training-cost tbody tr")]
            .forEach((row, i) => row.cells[4].textContent = texts[i % texts.length])""",
        ["–", "3.5 h", "12 min", "45 s"],
    )
    sort = tab.locator("#training-cost .sort")
    sort.nth(0).click()
    sort.nth(4).click()
    assert list(dict.fromkeys(column(tab, "Wall time", "#training-cost"))) == ["45 s", "12 min", "3.5 h", "–"]
    assert tab.locator("#training-cost th[aria-sort]").count() == 1
    sort.nth(4).click()
    assert list(dict.fromkeys(column(tab, "Wall time", "#training-cost"))) == ["3.5 h", "12 min", "45 s", "–"]


def test_table_cell_opens_runs_with_values_and_facts(opened):
    tab = opened()
    cell = tab.locator(f"{TABLE} td button", has_text="101.00 ± 1.41").last  # after that by the ruler of the report
    cell.focus()
    tab.keyboard.press("Enter")
    basis = tab.locator(":popover-open")
    facts = dict(zip(basis.locator("dt").all_text_contents(), basis.locator("dd").all_text_contents(), strict=True))
    assert {key: facts[key] for key in facts if "/" in key} == {"ucsd-facades-l1/0": "100", "ucsd-facades-l1/1": "102"}
    assert facts["Images"] == "9 of 16 generated against 9 of 16 real test images (fewer than there should be)"
    assert "EfficientNet" in facts["Features"]
    tab.keyboard.press("Escape")
    assert basis.count() == 0 and cell.evaluate("button => button === document.activeElement")
    cell.click()
    basis.locator("a", has_text="ucsd-facades-l1/1").click()
    assert tab.url.endswith("#run-ucsd-facades-l1-1") and basis.count() == 0


def legend(tab) -> list[float]:
    """Return the epoch under the pointer, then the legend's values of the generator's total loss there."""
    panel = tab.locator(f"{CURVES} .panel").first
    return [float(n) for text in panel.locator(".u-value").all_text_contents()[:2] for n in re.findall(r"[\d.]+", text)]


def point_at(tab, share: float) -> None:
    box = tab.locator(f"{CURVES} .panel").first.locator(".u-over").bounding_box()
    tab.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)


def smooth(tab, decay: float) -> None:
    slider = tab.locator(f"{CURVES} input[type=range]")
    slider.evaluate("(s, decay) => { s.value = decay; s.dispatchEvent(new Event('input')); }", decay)


def test_curves_show_values_under_the_pointer(opened):
    tab = opened()
    tab.locator(CURVES).scroll_into_view_if_needed()
    smooth(tab, 0)
    point_at(tab, 0.5)
    epoch, mean, least, greatest = legend(tab)
    assert epoch == pytest.approx(STEPS / 2, rel=0.02)
    assert mean == pytest.approx(epoch, abs=0.6)  # the loss is the number of the step, an epoch has one step
    assert least <= mean <= greatest <= least + 2


def test_curves_smoothing_is_exponential_moving_average(opened, results):
    tab = opened()
    tab.locator(CURVES).scroll_into_view_if_needed()
    smooth(tab, 0.95)
    point_at(tab, 0.5)
    epoch, average, mean, *_ = legend(tab)
    file = results.root / "reports/rehearsal/figures/ucsd-figure-2.json"
    points = json.loads(file.read_text())["plots"][0]["lines"][0]
    place = int(np.argmin(np.abs(np.array(points["x"]) - epoch)))
    weights = 0.95 ** np.arange(place, -1, -1)
    assert average == pytest.approx(np.average(points["mean"][: place + 1], weights=weights), rel=1e-3)
    assert average < mean - 10


def test_curves_zoom_by_buttons_and_by_dragging(opened):
    tab = opened()
    tab.locator(CURVES).scroll_into_view_if_needed()

    def first_epoch() -> float:
        point_at(tab, 0.01)
        return legend(tab)[0]

    assert first_epoch() < 0.05 * STEPS
    tab.click(f"{CURVES} [aria-label='Zoom in']")
    assert first_epoch() == pytest.approx(STEPS / 4, rel=0.1)
    tab.click(f"{CURVES} [aria-label='Show all epochs']")
    assert first_epoch() < 0.05 * STEPS
    point_at(tab, 0.6)
    tab.mouse.down()
    point_at(tab, 0.8)
    tab.mouse.up()
    assert first_epoch() == pytest.approx(0.6 * STEPS, rel=0.1)


def test_curves_are_read_by_arrow_keys(opened):
    tab = opened()
    chart = tab.locator(f"{CURVES} .panel").first
    chart.focus()
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    epoch = legend(tab)[0]
    tab.keyboard.press("ArrowLeft")
    assert 0 <= legend(tab)[0] < epoch


def test_page_figures_and_tables_have_address_and_say_how_made(opened, whole):
    tab = opened()
    blocks = blocks_of(whole.sections, Figure, Table)
    assert len(blocks) > 10
    for block in blocks:
        tab.evaluate("id => { location.hash = id }", block.id)
        element = tab.locator(f"[id='{block.id}']")
        assert -1 <= element.bounding_box()["y"] < 450 or tab.evaluate(
            "scrollY + innerHeight >= document.documentElement.scrollHeight - 1"
        ), block.id
        element.locator(".made summary").click()
        assert "snakemake " in element.locator(".made code").inner_text()
        linked = element.locator(".made a").evaluate_all("links => links.map((a) => a.getAttribute('href'))")
        assert linked == [f"#run-{key.replace('/', '-')}" for key in block.made_from]


def choose(tab, **chosen: str) -> None:
    """Set filters; on a narrow window they are folded into the contents."""
    for name, value in chosen.items():
        tab.locator(f"#filter [name={name}]").select_option(value)


def seen(tab, selector: str) -> list[str]:
    """Return the ids of those elements that are displayed."""
    return tab.locator(selector).evaluate_all("parts => parts.filter((p) => p.checkVisibility()).map((p) => p.id)")


def test_filter_by_chapter_shows_nothing_of_other_chapters(opened):
    tab = opened()
    choose(tab, chapter="kth")
    sections = seen(tab, "main > section")
    assert sections and all(id.startswith("kth") for id in sections)
    listed = tab.locator("#contents li:visible a").evaluate_all("links => links.map((a) => a.hash.slice(1))")
    assert set(listed) - {"summary"} == set(sections)
    assert tab.locator(".tiles > li:visible").count() == 1
    tab.click("#filter button")
    assert set(seen(tab, "main > section")) > set(sections)


def test_filter_by_dataset_keeps_what_is_made_from_it(opened, results, whole):
    tab = opened()
    choose(tab, dataset="apple2orange")
    runs = {run.key for run in results.plan.runs.values() if run.asked_dataset == "apple2orange"}
    blocks = blocks_of(whole.sections, Figure, Table)
    assert seen(tab, "main figure") == [block.id for block in blocks if runs & set(block.made_from)]
    assert tab.locator("#filter output").text_content() != ""


def test_filter_by_verdict_keeps_claims_and_what_shows_them(opened, whole):
    tab = opened()
    choose(tab, verdict="holds")
    claims = [claim for claim in claims_of(whole.sections) if claim.verdict == "holds"]
    assert claims and seen(tab, ".claims > li") == [claim.id for claim in claims]
    assert tab.locator(".opening > li:visible").count() == tab.locator(".chips a:not(.dimmed)").count() == len(claims)
    assert tab.locator("#filter output").text_content().startswith(f"{len(claims)} claim")
    assert not tab.locator("#matrix").is_visible()
    shown = {id for claim in claims for id in claim.shown_in}
    assert set(seen(tab, "main figure")) == shown


def test_link_to_filtered_part_shows_it_again(opened):
    tab = opened()
    choose(tab, chapter="kth")
    tab.evaluate("location.hash = 'ucsd-table-1-facades'")
    tab.wait_for_function("scrollY > 0")
    assert tab.locator(TABLE).is_visible()
    assert tab.locator("#filter [name=chapter]").input_value() == ""


def test_link_opens_what_is_folded(opened, whole):
    tab = opened()
    (unrun, *_) = [claim for claim in claims_of(whole.sections) if claim.verdict == "not run"]
    for id in (unrun.id, "run-ucsd-facades-l1-1"):
        part = tab.locator(f"#{id}")
        assert not part.locator("dl, .evidence").first.is_visible()
        tab.evaluate("id => { location.hash = id }", id)
        part.locator("dl, .evidence").first.wait_for(state="visible")
        assert part.bounding_box()["y"] < 900


def test_table_folds_rows_that_were_not_run(opened):
    tab = opened()
    rows, unrun = tab.locator(f"{TABLE} tbody tr:visible"), tab.locator(f"{TABLE} tbody tr.unrun")
    assert unrun.count() == 4 and rows.count() == 2
    note = tab.locator(f"{TABLE} .note.unrun")
    assert note.text_content().startswith("4 rows not run here; snakemake all --cores all --config scale=full")
    note.locator("button").click()
    assert rows.count() == 6
    note.locator("button").click()
    tab.evaluate("location.hash = 'ucsd-table-1-facades-row-3'")
    tab.locator(f"{TABLE} tbody tr").nth(2).wait_for(state="visible")


def test_matrix_leads_to_the_row_of_a_published_number(opened):
    tab = opened()
    tab.locator(".matrix summary").first.click()
    tab.locator(".matrix a[href='#ucsd-table-1-facades-row-2']").first.click()
    tab.wait_for_function("scrollY > 0")
    row = tab.locator(f"{TABLE} tr:target")
    assert row.locator("th").text_content() == "L2 loss"
    assert 0 <= row.bounding_box()["y"] < 900 and tab.locator(f"{TABLE} thead").bounding_box()["y"] >= 0


def test_contents_stay_and_say_where_the_reader_is(opened):
    tab = opened()
    tab.evaluate("document.getElementById('kth-claims').scrollIntoView()")
    current = tab.locator("#contents a[aria-current]")
    tab.wait_for_function("document.querySelector('#contents a[aria-current]').hash === '#kth-claims'")
    assert current.count() == 1
    box = current.bounding_box()
    assert 0 <= box["y"] < 900 and box["x"] < 320


def test_contents_fold_on_narrow_windows(opened):
    tab = opened(viewport={"width": 390, "height": 844})
    assert not tab.locator("#contents ol").is_visible()
    tab.evaluate("document.getElementById('kth-claims').scrollIntoView()")
    tab.wait_for_function("document.getElementById('here').textContent.endsWith('Claims')")
    summary = tab.locator("#contents summary")
    assert summary.bounding_box()["y"] < 40
    summary.click()
    tab.locator("#contents a[href='#ucsd-figures']").click()
    assert not tab.locator("#contents ol").is_visible()
    top = tab.locator("#ucsd-figures").bounding_box()["y"]
    assert summary.bounding_box()["height"] < top + 1 < 200


def test_first_screen_shows_status_samples_and_matrix(opened):
    tab = opened()
    status = tab.locator(".status > li").evaluate_all("items => items.map((li) => li.getBoundingClientRect().top)")
    assert len(status) > 4 and max(status) - min(status) < 2  # one line
    for part in (".sample img", ".chips", ".matrix summary"):
        assert tab.locator(part).first.bounding_box()["y"] < 900 - 40
    for chip in tab.locator(".status .notice > button").all():
        assert chip.evaluate("chip => chip.scrollWidth <= chip.clientWidth")  # not cut off
    tab.locator(".status .notice > button").first.click()
    assert "Smaller than published" in tab.locator(":popover-open").text_content()
    tab.locator(":popover-open .close").click()
    assert tab.locator(":popover-open").count() == 0


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_page_never_scrolls_sideways(opened, width):
    tab = opened(viewport={"width": width, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    open_row(tab, GRID, 0)
    box = tab.locator("#viewer").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert tab.eval_on_selector("#viewer", "viewer => viewer.scrollWidth <= viewer.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_theme_is_the_systems_until_changed_and_after_reload(opened, scheme):
    tab = opened(color_scheme=scheme)

    def lightness() -> int:
        return int(re.search(r"\d+", tab.evaluate("getComputedStyle(document.body).backgroundColor"))[0])

    assert (lightness() > 128) == (scheme == "light")
    tab.click("#theme")
    assert (lightness() > 128) == (scheme == "dark")
    tab.reload()
    assert (lightness() > 128) == (scheme == "light")


def test_page_first_tab_stop_skips_the_contents(opened):
    tab = opened()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.getAttribute('href')") == "#content"
    assert tab.locator(".skip").bounding_box()["x"] >= 0


def test_page_without_scripts_shows_all_and_no_dead_buttons(opened, whole):
    tab = opened(java_script_enabled=False)
    figures = blocks_of(whole.sections, Figure)
    assert tab.locator("figure.picture img").count() == len(figures)
    for image in tab.locator("figure.picture img").all():
        assert image.is_visible() and image.bounding_box()["width"] > 100
    assert all(table.is_visible() for table in tab.locator("figure.table table").all())
    assert [button for button in tab.locator("button:not([popovertarget])").all() if button.is_visible()] == []


def test_page_prints_static_figures(opened):
    tab = opened()
    assert not tab.is_visible(f"{CURVES} img")
    tab.emulate_media(media="print")
    assert tab.is_visible(f"{CURVES} img") and not tab.is_visible(f"{CURVES} .plots")
    assert not tab.locator(".strip").first.is_visible()
