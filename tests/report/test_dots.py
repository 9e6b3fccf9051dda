from pixcycle.report.content import Dot, DotPlot
from pixcycle.report.dots import dot_plots
from tests.support.results import Results

L1, L2, CYCLE = "ucsd-facades-l1", "ucsd-facades-l2", "ucsd-facades-cyc-l1"


def test_dot_plots_show_ours_with_spread_and_published(tmp_path, monkeypatch):
    monkeypatch.setattr("pixcycle.report.dots.is_ruled", lambda *about: False)
    values = Results(tmp_path, [L1, L2], lambda run: {"fid": 100.0 + 2 * run.seed}, seeds=(0, 1), scale="full").values()
    (plot,) = dot_plots(values, [L1, L2, CYCLE], "fid")
    assert plot.title == "FID ↓, facades"
    spread = 2**0.5
    assert [(dot.label, dot.ours, dot.published) for dot in plot.dots] == [
        ("L1 Loss", 101.0, 110.68),
        ("L2 loss", 101.0, 118.84),
    ]
    assert all(abs(dot.half - spread) < 1e-9 and dot.shown == "101.00 ± 1.41" for dot in plot.dots)


def test_dot_plots_leave_out_published_values_of_another_ruler(tmp_path):
    (plot,) = dot_plots(Results(tmp_path, [L1, L2], scale="demo").values(), [L1, L2], "fid")
    assert [dot.published for dot in plot.dots] == [None, None]


def test_dot_plots_need_two_experiments_of_a_dataset(tmp_path):
    values = Results(tmp_path, [L1, "ucsd-maps-l1"]).values()
    assert dot_plots(values, [L1, "ucsd-maps-l1"], "fid") == []


def test_dot_plot_axis_covers_values_and_intervals():
    plot = DotPlot("", [Dot("a", 5.0, 3.0, None, ""), Dot("b", 4.0, None, 12.0, "")])
    assert (plot.low, plot.high) == (2.0, 12.0)
    assert [plot.share(value) for value in (2.0, 7.0, 12.0)] == [0.0, 0.5, 1.0]
    alike = DotPlot("", [Dot("a", 5.0, None, None, "")])
    assert alike.share(5.0) == 0.5
