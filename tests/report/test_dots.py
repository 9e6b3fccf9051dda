from pixcycle.report.dot_plot import Dot, DotPlot
from pixcycle.report.dots import dot_plots
from tests.support.results import Results, as_published

L1, L2, CYCLE = "ucsd-facades-l1", "ucsd-facades-l2", "ucsd-facades-cyc-l1"


def test_dot_plots_show_ours_with_spread_and_published(tmp_path, monkeypatch):
    monkeypatch.setattr("pixcycle.report.rulers.is_ruled", lambda *about: False)
    values = Results(tmp_path, [L1, L2], lambda run: {"fid": 100.0 + 2 * run.seed}, seeds=(0, 1), scale="full").values()
    (plot,) = dot_plots(values, [L1, L2, CYCLE], "fid")
    assert plot.title == "FID ↓, facades"
    spread = 2**0.5
    assert [(dot.label, dot.value, dot.reference) for dot in plot.dots] == [
        ("L1 Loss", 101.0, 110.68),
        ("L2 loss", 101.0, 118.84),
    ]
    assert all(abs(dot.half - spread) < 1e-9 and dot.shown == "101.00 ± 1.41" for dot in plot.dots)


def test_dot_plots_of_a_ruled_metric_are_followed_by_those_of_the_ruler(tmp_path):
    maps = ["ucsd-maps-l1", "ucsd-maps-l2"]
    numbers = {"ucsd-maps-l1": 160.25, "ucsd-maps-l2": 170.5}
    results = Results(
        tmp_path,
        maps,
        lambda run: {"fid": 90.0, "beside_published": as_published(run, fid=numbers[run.id])},
        seeds=(0,),
        scale="full",
    )
    general, ruled = dot_plots(results.values(), maps, "fid")
    assert [(dot.value, dot.reference) for dot in general.dots] == [(90.0, None), (90.0, None)]
    assert ruled.title == "FID ↓ by the report's ruler, maps"
    assert [(dot.value, dot.shown, dot.shown_reference) for dot in ruled.dots] == [
        (160.25, "160.25", "152.13"),
        (170.5, "170.50", "195.11"),
    ]


def test_dot_plots_leave_out_published_values_of_another_ruler(tmp_path):
    (plot,) = dot_plots(Results(tmp_path, [L1, L2], scale="demo").values(), [L1, L2], "fid")
    assert [dot.reference for dot in plot.dots] == [None, None]


def test_dot_plots_need_two_experiments_of_a_dataset(tmp_path):
    values = Results(tmp_path, [L1, "ucsd-maps-l1"]).values()
    assert dot_plots(values, [L1, "ucsd-maps-l1"], "fid") == []


def test_dot_plot_axis_covers_values_and_intervals():
    plot = DotPlot("", [Dot("a", 5.0, "", half=3.0), Dot("b", 4.0, "", reference=12.0)])
    assert (plot.low, plot.high) == (1.0, 13.0)  # 2 to 12, and a margin of 0.5, in whole numbers
    assert [plot.share(value) for value in (1.0, 7.0, 13.0)] == [0.0, 0.5, 1.0]
    alike = DotPlot("", [Dot("a", 5.0, "")])
    assert alike.share(5.0) == 0.5


def test_dot_plot_ends_have_the_digits_of_values_and_no_needless_sign():
    plot = DotPlot("", [Dot("a", 0.02, "0.02 ± 0.01", half=0.01), Dot("b", 1.01, "1.01")])
    assert plot.ends == ("0.00", "1.06")
    assert DotPlot("", [Dot("a", -0.02, "-0.02"), Dot("b", 0.90, "0.90")]).ends == ("-0.07", "0.95")


def test_dot_plots_have_the_order_of_the_report_whatever_is_compared_first(tmp_path):
    values = Results(tmp_path, [L1, L2]).values()
    (plot,) = dot_plots(values, [L2, L1], "fid")
    assert [dot.label for dot in plot.dots] == ["L1 Loss", "L2 loss"]
