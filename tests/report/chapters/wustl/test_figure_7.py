"""Tests of Figure 7 of report 001 and of the table of its scales."""

from pixcycle.report.drawing import curves
from pixcycle.report.published import read_published
from tests.report.chapters.wustl.invented import EQUAL, NORMAL, blocks, finished, of_rates, trained
from tests.support.results import ROOT


def test_wustl_figure_7_scales_as_read_from_the_report():
    published = read_published("wustl-figure-7", ROOT)
    assert {*published["curve"]} == {"green", "pink", "blue", "orange", "both", "lower", "upper"}
    at_the_end = published[published["steps"] == 100_000].set_index(["loss", "curve"])["value"].to_dict()
    assert at_the_end == {
        **{("D", "green"): 0.5, ("D", "pink"): 0.48, ("D", "blue"): 0.0, ("D", "orange"): 0.0, ("G", "both"): 0.6}
    }
    assert published[published["steps"] == 90_000]["value"].to_list() == [0.07, 15, 17]  # D, then G's jump


def test_wustl_figure_7_scales_stand_beside_ours_with_halves_added(tmp_path, unsaved):
    results = of_rates(tmp_path)
    trained(results, EQUAL, d_b=(0.4, 0.4), g=(6, 17))  # the first and the last of 12 steps
    table = blocks(results)["wustl-figure-7-scales"]
    texts = [[cell.text for cell in row] for row in table.rows]
    assert ["D, equal rates", "100,000", "blue", "0", "0.00", "0.80"] in texts
    assert ["G, equal rates", "0", "both", "6", "1.00", "6.00"] in texts
    assert ["G, equal rates", "90,000", "upper", "17", "0.09", "16.00"] in texts  # the nearest is the tenth of 11 steps
    assert [row[0].text for row in table.rows].count("G, normal rates") == 3


def test_wustl_figure_7_scales_name_missing_and_collapsed_runs(tmp_path, unsaved):
    results = finished(tmp_path, [NORMAL, EQUAL])
    trained(results, EQUAL, d_b=(0.4, float("nan")))
    table = blocks(results)["wustl-figure-7-scales"]
    assert {row[4].text for row in table.rows} == {"not run"}
    assert {row[5].text for row in table.rows if "equal" in row[0].text} == {"collapsed"}


def test_wustl_figure_7_compares_all_four_runs_and_explains_the_halves(tmp_path, unsaved, monkeypatch):
    calls, draw = [], curves.compared_curves
    monkeypatch.setattr(curves, "compared_curves", lambda *arguments: calls.append(arguments) or draw(*arguments))
    caption = blocks(finished(tmp_path))["wustl-figure-7"].caption
    histories, terms, steps = calls[0]
    labels = [
        f"{task}, {rates} rates" for task in ("label to photo", "photo to label") for rates in ("normal", "equal")
    ]
    assert list(histories) == list(steps) == labels
    for history in histories.values():
        assert terms.keys() == {"g", "g_gan", "cycle_x", "d"} and terms.keys() <= {*history.columns}
    assert "With normal rates G learns at 0.0001, D at 0.000001." in caption
    assert "With equal rates G learns at 0.0001, D at 0.0001." in caption
    assert "its 0.5 is 0.25 in ours" in caption
