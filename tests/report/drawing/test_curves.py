from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from pixcycle.report.drawing import curves, style

pytestmark = pytest.mark.filterwarnings("error")

CYCLEGAN = ["g", "cycle_a", "cycle_b", "g_ab_gan", "g_ba_gan", "identity_a", "identity_b", "d_a", "d_b"]
PANELS = {
    "Total": {"g": "total"},
    "GAN": {"g_ab_gan": "summer to winter", "g_ba_gan": "winter to summer"},
    "Cycle": {"cycle_a": "summer", "cycle_b": "winter"},
    "Identity": {"identity_a": "summer", "identity_b": "winter"},
    "Discriminators": {"d_a": "summer", "d_b": "winter"},
}


def history(epochs: int, steps: int) -> pd.DataFrame:
    """Return g = 10 e + s and d = -e for step s of epoch e; epoch means are 10 e + (steps - 1) / 2 and -e."""
    rows = [(e, e * steps + s, 10.0 * e + s, -float(e)) for e in range(epochs) for s in range(steps)]
    return pd.DataFrame(rows, columns=["epoch", "step", "g", "d"])


def noisy(epochs: int, rows: int, terms: list[str]) -> pd.DataFrame:
    """Return falling losses with as much noise as those of a GAN, `rows` rows per epoch."""
    rng, step = np.random.default_rng(0), np.arange(epochs * rows)
    level = 0.2 + np.exp(-4 * step / step[-1])
    losses = {term: level * np.exp(rng.normal(0, 0.4, len(step))) for term in terms}
    return pd.DataFrame({"epoch": step // rows, "step": step, **losses})


def titles(figure: Figure) -> list[str]:
    return [panel.get_title(loc="left") for panel in figure.axes]


def lines(figure: Figure) -> dict[str, list]:
    """Return panel title -> lines."""
    return dict(zip(titles(figure), (panel.get_lines() for panel in figure.axes), strict=True))


def legend(panel: Axes) -> dict[str, str]:
    """Return label -> colour of the panel's legend."""
    entries = panel.get_legend()
    return {
        text.get_text(): handle.get_color()
        for text, handle in zip(entries.get_texts(), entries.get_lines(), strict=True)
    }


def saved_size(figure: Figure, folder: Path) -> int:
    style.save(figure, folder / "figure.svg")
    return (folder / "figure.svg").stat().st_size


def test_loss_curves_have_a_panel_per_loss_with_steps_and_epoch_means():
    drawn = lines(curves.loss_curves(history(3, 4), {"g": "Generator", "d": "Discriminator"}, 4))
    assert list(drawn) == ["Generator", "Discriminator"]
    steps, means = drawn["Generator"]
    assert steps.get_xdata() == pytest.approx(np.arange(12) / 4)
    assert steps.get_ydata() == pytest.approx([0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23])
    assert means.get_xdata() == pytest.approx([0.5, 1.5, 2.5])
    assert means.get_ydata() == pytest.approx([1.5, 11.5, 21.5])
    assert drawn["Discriminator"][1].get_ydata() == pytest.approx([0, -1, -2])


def test_loss_curves_place_sparsely_logged_steps_within_their_epoch():
    every_second = history(2, 4).iloc[::2]
    steps, means = lines(curves.loss_curves(every_second, {"g": "G"}, 4))["G"]
    assert steps.get_xdata() == pytest.approx([0, 0.5, 1, 1.5])
    assert means.get_ydata() == pytest.approx([1, 11])


def test_loss_curves_have_no_mean_for_an_epoch_with_nan():
    broken = history(2, 4)
    broken.loc[5, "g"] = np.nan
    _, means = lines(curves.loss_curves(broken, {"g": "G"}, 4))["G"]
    assert means.get_ydata() == pytest.approx([1.5, np.nan], nan_ok=True)


def test_loss_curves_label_axes_and_leave_no_panel_empty():
    five = {name: name for name in "abcde"}
    data = history(2, 3).assign(**dict.fromkeys(five, 1.0))
    panels = curves.loss_curves(data, five, 3, "a run").axes
    assert [panel.get_title(loc="left") for panel in panels] == list("abcde")
    assert {panel.get_ylabel() for panel in panels} == {"loss"}
    assert [panel.get_xlabel() for panel in panels] == ["", "", "epoch", "epoch", "epoch"]


def test_loss_curves_save_the_same_bytes_for_the_same_history(tmp_path: Path):
    for name in "ab":
        style.save(curves.loss_curves(noisy(30, 40, ["g"]), {"g": "G"}, 40, "title"), tmp_path / f"{name}.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_smoothed_curves_equal_the_exponential_moving_average():
    data = noisy(5, 4, ["g"])
    raw, smooth = lines(curves.smoothed_curves(data, {"G": {"g": "total"}}, 4, decay=0.9))["G"]
    values = data["g"].to_numpy()
    weights = [0.9 ** np.arange(t, -1, -1) for t in range(20)]
    assert smooth.get_ydata() == pytest.approx([w @ values[: len(w)] / w.sum() for w in weights])
    assert raw.get_ydata() == pytest.approx(values)
    assert raw.get_xdata() == pytest.approx(np.arange(20) / 4)
    assert smooth.get_xdata() == pytest.approx(np.arange(20) / 4)
    assert raw.get_alpha() < 0.5
    assert raw.get_zorder() < smooth.get_zorder()


def test_smoothed_curves_weigh_a_row_one_hundredth_by_default():
    step = pd.DataFrame({"epoch": 0, "step": range(500), "g": [0.0] * 499 + [1.0]})
    _, smooth = lines(curves.smoothed_curves(step, {"G": {"g": "total"}}, 500))["G"]
    assert smooth.get_ydata()[-1] == pytest.approx(0.01 / (1 - 0.99**500))


def test_smoothed_curves_share_panels_and_name_terms_in_legends():
    figure = curves.smoothed_curves(noisy(2, 4, CYCLEGAN), PANELS, 4, "kth-summer2winter")
    assert titles(figure) == list(PANELS)
    assert [len(panel.get_lines()) for panel in figure.axes] == [2, 4, 4, 4, 4]
    for panel, terms in zip(figure.axes, PANELS.values(), strict=True):
        assert list(legend(panel)) == list(terms.values())
        strong = panel.get_lines()[1::2]
        assert [line.get_color() for line in strong] == list(legend(panel).values())


def test_smoothed_curves_leave_out_terms_missing_in_the_history():
    figure = curves.smoothed_curves(noisy(2, 4, ["g", "d_b", "cycle_a", "cycle_b"]), PANELS, 4)
    assert titles(figure) == ["Total", "Cycle", "Discriminators"]
    assert list(legend(figure.axes[-1])) == ["winter"]


def test_smoothed_curves_legends_overlap_no_titles_or_neighbours():
    wordy = {"Generators": {term: f"the loss term {term}" for term in CYCLEGAN[:6]}, "Discriminator": {"d_a": "D"}}
    figure = curves.smoothed_curves(noisy(2, 4, CYCLEGAN), wordy, 4, "a run")
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    for panel in figure.axes:
        entries = panel.get_legend().get_window_extent(renderer)
        assert panel.bbox.y1 <= entries.y0
        assert entries.y1 <= panel._left_title.get_window_extent(renderer).y0
        assert panel.bbox.height / figure.dpi > 1.4
    left, right = (panel.get_legend().get_window_extent(renderer) for panel in figure.axes)
    assert left.x1 < right.x0
    assert figure.axes[0]._left_title.get_window_extent(renderer).y1 < figure._suptitle.get_window_extent(renderer).y0


def test_compared_curves_draw_runs_in_one_panel_per_term():
    runs = {"normal": history(3, 4), "equal rates": history(2, 6)}
    figure = curves.compared_curves(runs, {"g": "G", "d": "D"}, {"normal": 4, "equal rates": 6}, "figure 7")
    assert titles(figure) == ["G", "D"]
    _, normal, steps, equal = lines(figure)["G"]
    assert normal.get_ydata() == pytest.approx([1.5, 11.5, 21.5])
    assert equal.get_xdata() == pytest.approx([0.5, 1.5])
    assert equal.get_ydata() == pytest.approx([2.5, 12.5])
    assert steps.get_xdata() == pytest.approx(np.arange(12) / 6)
    (entries,) = figure.legends
    assert [text.get_text() for text in entries.get_texts()] == ["normal", "equal rates"]
    assert [handle.get_color() for handle in entries.get_lines()] == [normal.get_color(), equal.get_color()]


def test_compared_curves_keep_colours_where_a_run_lacks_a_term():
    runs = {"one discriminator": history(2, 4).drop(columns="d"), "two": history(2, 4)}
    figure = curves.compared_curves(runs, {"g": "G", "d": "D", "none": "None"}, dict.fromkeys(runs, 4))
    assert titles(figure) == ["G", "D"]
    drawn = lines(figure)
    assert drawn["D"][1].get_color() == drawn["G"][3].get_color() != drawn["G"][1].get_color()


def test_compared_curves_long_labels_stay_in_figure_and_off_panels():
    runs = {f"a run with quite a long label, number {i}": history(2, 4) for i in range(3)}
    figure = curves.compared_curves(runs, {"g": "G"}, dict.fromkeys(runs, 4), "a title")
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    entries = figure.legends[0].get_window_extent(renderer)
    assert 0 <= entries.x0 < entries.x1 <= figure.bbox.x1
    assert entries.y1 <= figure.axes[0].get_tightbbox(renderer).y0


def test_energy_over_epochs_draws_series_and_reference_levels():
    series = {"horse to zebra": [(1, 0.9), (25, 0.3), (100, 0.2)], "back": [(1, 0.5), (25, np.inf)]}
    figure = curves.energy_over_epochs(series, {"real zebras": 0.1, "real horses": 0.12}, "Checkerboard", "energy")
    (panel,) = figure.axes
    first, second, *levels = panel.get_lines()
    assert first.get_xdata() == pytest.approx([1, 25, 100])
    assert first.get_ydata() == pytest.approx([0.9, 0.3, 0.2])
    assert second.get_ydata() == pytest.approx([0.5, np.nan], nan_ok=True)
    assert [level.get_ydata()[0] for level in levels] == [0.1, 0.12]
    assert {level.get_linestyle() for level in levels} == {"--", ":"}
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [*series, "real zebras", "real horses"]
    assert (panel.get_xlabel(), panel.get_ylabel(), panel.get_ylim()[0]) == ("epoch", "energy", 0)


def test_looks_differ_in_lightness_or_dashes():
    looks = [(np.dot(to_rgb(look["color"]), [0.299, 0.587, 0.114]), look["ls"]) for look in curves.LOOKS]
    assert len(looks) == 6
    for i, (grey, dashes) in enumerate(looks):
        assert all(abs(grey - other) > 0.2 or dashes != others for other, others in looks[:i])


@pytest.mark.parametrize("rows", [8, 5000])
@pytest.mark.parametrize("lost", [np.nan, np.inf])
def test_curves_of_a_collapsed_run_end_at_the_last_finite_value(rows: int, lost: float, tmp_path: Path):
    broken = noisy(4, rows // 4, ["g", "d"])
    broken.loc[rows // 2 :, ["g", "d"]] = lost
    drawn = [
        curves.loss_curves(broken, {"g": "G", "d": "D"}, rows // 4),
        curves.smoothed_curves(broken, {"G": {"g": "g", "d": "d"}}, rows // 4),
        curves.compared_curves({"a": broken, "b": noisy(4, 5, ["g"])}, {"g": "G"}, {"a": rows // 4, "b": 5}),
    ]
    for figure in drawn:
        for line in figure.axes[0].get_lines()[:2]:
            shown = np.isfinite(line.get_ydata())
            assert line.get_xdata()[shown].max() == pytest.approx(2, abs=0.6)
            assert not np.isinf(line.get_ydata()).any()
        style.save(figure, tmp_path / "figure.jpg")


def test_loss_curves_of_a_run_that_collapsed_at_once_are_empty(tmp_path: Path):
    broken = pd.DataFrame({"epoch": [0], "step": [0], "g": [np.nan], "d": [0.5]})
    figure = curves.loss_curves(broken, {"g": "G", "d": "D"}, 1)
    assert np.isnan(lines(figure)["G"][1].get_ydata()).all()
    assert lines(figure)["D"][1].get_ydata() == pytest.approx([0.5])
    assert lines(figure)["D"][1].get_marker() == "."
    style.save(figure, tmp_path / "figure.svg")


def test_long_curves_are_thinned_but_keep_their_peaks():
    data = noisy(100, 1000, ["g"])
    data.loc[[777, 55_555, 99_999], "g"] = [50.0, -40.0, 30.0]
    for figure in (curves.loss_curves(data, {"g": "G"}, 1000), curves.smoothed_curves(data, {"G": {"g": "g"}}, 1000)):
        raw, strong = lines(figure)["G"]
        points = dict(zip(raw.get_xdata(), raw.get_ydata(), strict=True))
        assert (points[0.777], points[55.555], points[99.999]) == (50, -40, 30)
        assert len(points) < 3000
        assert len(strong.get_xdata()) < 300
        assert (np.diff(raw.get_xdata()) > 0).all()


def test_curves_of_long_runs_are_small_files(tmp_path: Path):
    data = noisy(100, 250, CYCLEGAN)
    assert saved_size(curves.smoothed_curves(data, PANELS, 250, "kth-summer2winter"), tmp_path) < 300_000
    assert saved_size(curves.loss_curves(data, {term: term for term in CYCLEGAN}, 250), tmp_path) < 300_000
    longest = {"a": noisy(1000, 100, ["g", "d_a"]), "b": noisy(1000, 20, ["g", "d_a"])}
    compared = curves.compared_curves(longest, {"g": "G", "d_a": "D"}, {"a": 100, "b": 20})
    assert saved_size(compared, tmp_path) < 300_000
