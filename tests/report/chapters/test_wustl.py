"""Tests of the chapter of report 001, from invented measurements with known results."""

from pathlib import Path

import numpy as np
import pytest

from pixcycle.report.chapters.wustl import sections as wustl
from pixcycle.report.chapters.wustl.claims import LAMBDAS, PAIRED, claims
from pixcycle.report.chapters.wustl.rates import RATES, TASKS
from pixcycle.report.chapters.wustl.sections import EXPERIMENTS
from pixcycle.report.drawing import curves, grids, style
from pixcycle.report.drawing.samples import Album
from pixcycle.report.published import read_published
from tests.support.results import EPOCHS, ROOT, Results

NORMAL, EQUAL = RATES[1]  # photo to label
FID = {e: 100.0 for e in EXPERIMENTS} | {"wustl-cezanne2photo-lambda1": 130.0, "wustl-photo2cezanne-lambda1": 112.0}
"""Claims a and c hold: with λ = 1, FID is 26 % and 11 % of the mean worse; all others are equal."""


def finished(root: Path, experiments=EXPERIMENTS, seeds=(0,), **fids: float) -> Results:
    """Write the experiments with the FIDs above; `fids` overrides them, named without `wustl-` and with `_` for `-`."""
    chosen = FID | {f"wustl-{name.replace('_', '-')}": fid for name, fid in fids.items()}
    return Results(root, list(experiments), lambda run: {"fid": chosen[run.id] + run.seed}, seeds)


def claim(results: Results, letter: str):
    return next(c for c in claims(results.draft()) if c.id == f"wustl-claim-{letter}")


def blocks(results: Results) -> dict:
    sections = wustl.sections(results.draft())
    return {block.id: block for section in sections for block in section.blocks if hasattr(block, "id")}


@pytest.fixture
def unsaved(monkeypatch):
    """Skip writing figures, which takes longest."""
    monkeypatch.setattr(style, "save", lambda picture, path: None)


@pytest.fixture
def drawn(monkeypatch):
    """Record the columns of each call of image_grid, as heading -> cells."""
    pictures, draw = [], grids.image_grid

    def recorded(columns):
        pictures.append(dict(columns))
        return draw(columns)

    monkeypatch.setattr(grids, "image_grid", recorded)
    return pictures


# Claim a: λ


def test_wustl_claim_a_holds_if_fid_is_over_a_tenth_worse_on_both_tasks(tmp_path):
    result = claim(finished(tmp_path), "a")
    assert result.verdict == "holds"
    assert (
        "Cézanne to photo has an FID of 100.00 with λ = 10 and of 130.00 with λ = 1 (+26.1%): λ = 1 fails."
        in result.evidence
    )


@pytest.mark.parametrize("fid", [90.0, 100.0, 110.0])
def test_wustl_claim_a_does_not_hold_if_fid_is_better_or_similar(tmp_path, fid):
    assert claim(finished(tmp_path, photo2cezanne_lambda1=fid), "a").verdict == "does not hold"


def test_wustl_claim_a_counts_a_collapse_as_failing_at_any_fid(tmp_path):
    results = finished(tmp_path, photo2cezanne_lambda1=50.0)
    results.collapse("wustl-photo2cezanne-lambda1/0")
    assert claim(results, "a").verdict == "holds"
    assert "wustl-photo2cezanne-lambda1/0 collapsed: g no longer finite." in claim(results, "a").evidence


def test_wustl_claim_a_does_not_hold_if_lambda_10_collapsed(tmp_path):
    results = finished(tmp_path)
    results.collapse("wustl-cezanne2photo/0")
    assert claim(results, "a").verdict == "does not hold"


def test_wustl_claim_a_is_decided_by_fid_if_one_of_two_seeds_collapsed(tmp_path):
    results = finished(tmp_path, seeds=(0, 1), photo2cezanne_lambda1=50.0)
    results.collapse("wustl-photo2cezanne-lambda1/1")
    assert claim(results, "a").verdict == "does not hold"


def test_wustl_claim_a_is_not_run_while_a_task_is_missing(tmp_path):
    result = claim(finished(tmp_path, LAMBDAS[0]), "a")
    assert result.verdict == "not run"
    assert "Not run: wustl-photo2cezanne, wustl-photo2cezanne-lambda1." in result.evidence
    refuted = claim(finished(tmp_path / "other", LAMBDAS[0], cezanne2photo_lambda1=100.0), "a")
    assert refuted.verdict == "does not hold"


# Claim c: paired comparison and cycle


@pytest.mark.parametrize(
    ("paired", "verdict"),
    # differences around a tenth of the mean, in both directions
    [(100.0, "holds"), (110.5, "holds"), (111.0, "does not hold"), (90.5, "holds"), (90.0, "does not hold")],
)
def test_wustl_claim_c_holds_up_to_a_tenth_of_the_mean(tmp_path, paired, verdict):
    assert claim(finished(tmp_path, facades_label2photo_paired=paired), "c").verdict == verdict


@pytest.mark.parametrize(
    ("l1", "verdict"), [(0.2, "holds"), (0.22, "holds"), (0.23, "does not hold"), (0.15, "does not hold")]
)
def test_wustl_claim_c_needs_a_similar_l1_beside_fid(tmp_path, l1, verdict):
    paired = PAIRED[0][1]
    results = Results(tmp_path, EXPERIMENTS, lambda run: {"l1": l1 if run.id == paired else 0.2})
    result = claim(results, "c")
    assert result.verdict == verdict
    assert f"Label to photo has a pixel L1 of 0.2000 by the cycle and of {l1:.4f} paired" in result.evidence


def test_wustl_claims_are_undecided_if_the_spread_crosses_the_limit(tmp_path):
    # The spread of the difference is 40; with λ = 1 FID is 30 higher, at means of about 130.
    results = finished(tmp_path, seeds=(0, 40), photo2cezanne_lambda1=130.0)
    assert [claim(results, letter).verdict for letter in "ac"] == ["not distinguishable", "not distinguishable"]


def test_wustl_claims_are_decided_despite_a_small_spread_over_seeds(tmp_path):
    results = finished(tmp_path, seeds=(0, 1), photo2cezanne_lambda1=130.0)
    assert [claim(results, letter).verdict for letter in "ac"] == ["holds", "holds"]


# Claim b: learning rates

LOST, GOOD = (0.005, 0.001), (0.5, 0.25)
"""First and last loss of a D at zero, and of one that keeps up, as means of its two halves; runs log their sum."""


def trained(results: Results, experiment: str, seed: int = 0, **losses: float) -> None:
    """Write losses that change linearly from a first to a last value over the epochs, those of D for each half."""
    lines = {name: np.linspace(*ends, EPOCHS) * (2 if name[0] == "d" else 1) for name, ends in losses.items()}
    curves = {name: lambda epoch, line=line: line[epoch] for name, line in lines.items()}
    results.write_training(results.plan.runs[f"{experiment}/{seed}"], **curves)


@pytest.mark.parametrize(
    ("equal_d", "normal_d", "g", "verdict"),
    [
        ((0.5, 0), (0.5, 0.25), (0.7, 1.0), "does not hold"),  # at zero in the last epoch only: 0.023 on average
        ((0.005, 0.001), (0.5, 0.25), (0.7, 1.0), "holds"),
        ((0.005, 0.001), (0.5, 0.25), (1.0, 1.0), "holds"),
        ((0.005, 0.001), (0.5, 0.25), (1.0, 0.98), "not distinguishable"),  # a rerun may fall by a tenth
        ((0.005, 0.001), (0.5, 0.25), (1.0, 0.5), "does not hold"),  # G still learns
        ((0.5, 0.1), (0.5, 0.25), (0.7, 1.0), "does not hold"),
        ((0.005, 0.001), (0.005, 0.001), (0.7, 1.0), "does not hold"),  # the same with normal rates
    ],
)
def test_wustl_claim_b_requires_d_at_zero_with_equal_rates_only(tmp_path, equal_d, normal_d, g, verdict):
    results = of_rates(tmp_path)
    trained(results, EQUAL, d_b=equal_d, g_ab_gan=g)
    trained(results, NORMAL, d_b=normal_d)
    assert claim(results, "b").verdict == verdict


def of_rates(root: Path, seeds=(0,)) -> Results:
    """Write the runs of both tasks; with equal rates, label to photo behaves as claim b says."""
    results = finished(root, [e for pair in RATES for e in pair], seeds)
    for seed in seeds:
        trained(results, RATES[0][1], seed, d_a=LOST, g_ba_gan=(0.7, 1.0))
    return results


def test_wustl_claim_b_needs_both_tasks(tmp_path):
    results = of_rates(tmp_path)
    trained(results, EQUAL, d_b=LOST, g_ab_gan=(0.7, 1.0))
    assert claim(results, "b").verdict == "holds"
    assert "Label to photo, seed 0" in claim(results, "b").evidence
    trained(results, RATES[0][1], d_a=GOOD)
    assert claim(results, "b").verdict == "does not hold"
    alone = finished(tmp_path / "alone", RATES[1])
    trained(alone, EQUAL, d_b=LOST, g_ab_gan=(0.7, 1.0))
    assert claim(alone, "b").verdict == "not run"
    assert "Not run: wustl-facades-label2photo, wustl-facades-label2photo-lr." in claim(alone, "b").evidence


def test_wustl_claim_b_evidence_averages_first_and_last_two_epochs(tmp_path):
    results = finished(tmp_path, [NORMAL, EQUAL])
    trained(results, EQUAL, d_b=(0.44, 0), g_ab_gan=(0.0, 1.1))
    trained(results, NORMAL, d_b=(0.4, 0.4))
    sentence = (
        "12 epochs: D's loss ends at 0.020, not at zero (with normal rates at 0.400). G's GAN loss goes from 0.05 to "
        "1.05: it no longer learns."
    )
    assert sentence in claim(results, "b").evidence


def test_wustl_claim_b_is_undecided_if_seeds_disagree(tmp_path):
    results = of_rates(tmp_path, seeds=(0, 1))
    trained(results, EQUAL, seed=1, d_b=(0.001, 0.001), g_ab_gan=(1.0, 1.0))
    assert claim(results, "b").verdict == "not distinguishable"
    trained(results, EQUAL, seed=0, d_b=(0.001, 0.001), g_ab_gan=(1.0, 1.0))
    assert claim(results, "b").verdict == "holds"


# Claims d and e: the curves of Figure 7


def curves_of(results: Results, experiment: str, d: float, g, seed=0) -> None:
    """Write a run whose D has a constant loss, in both names, d for each half, and whose G has a total of g(epoch)."""
    constant = {name: lambda epoch: 2 * d for name in ("d_a", "d_b")}
    results.write_training(results.plan.runs[f"{experiment}/{seed}"], **constant, g=g)


def steady(epoch):
    return 6 * 0.7**epoch  # 0.12 at the end


@pytest.mark.parametrize(
    ("d", "g", "verdict"),
    [
        (0.25, steady, "holds"),
        (0.22, steady, "holds"),
        (0.15, steady, "does not hold"),  # D is better than undecided
        (0.25, lambda e: 1.5 + steady(e), "does not hold"),  # stays above 1
        (0.25, lambda e: 0.7, "does not hold"),  # does not decrease
        (0.25, lambda e: 1.0 if e == 11 else steady(e), "does not hold"),  # jumps to six times its lowest
        (0.25, lambda e: steady(e) + 0.02 * (e % 2), "holds"),  # noise
    ],
)
def test_wustl_claim_d_needs_d_at_its_half_and_g_falling_below_1(tmp_path, d, g, verdict):
    results = finished(tmp_path, [pair[0] for pair in RATES])
    for experiment, _ in RATES:
        curves_of(results, experiment, d, g)
    judged = claim(results, "d")
    assert judged.verdict == verdict
    assert f"D's loss is {d:.3f} in the mean, {2 * d:.2f} in the report's sum" in judged.evidence


def test_wustl_claim_d_is_not_run_while_a_task_is_missing(tmp_path):
    results = finished(tmp_path, [NORMAL])
    curves_of(results, NORMAL, 0.25, steady)
    assert claim(results, "d").verdict == "not run"
    assert "Not run: wustl-facades-label2photo." in claim(results, "d").evidence


@pytest.mark.parametrize(
    ("equal", "normal", "verdict"),
    [
        (lambda e: 15 if e == 11 else 1.5, steady, "holds"),
        (lambda e: 1.5, steady, "does not hold"),
        (lambda e: 1.5 + 0.5 * (e % 2), steady, "does not hold"),  # noise
        (lambda e: 15 if e == 11 else 1.5, lambda e: 15 if e == 11 else 1.5, "does not hold"),  # with both rates
        (lambda e: 15 - e, steady, "does not hold"),  # starts high
    ],
)
def test_wustl_claim_e_needs_a_jump_with_equal_rates_only(tmp_path, equal, normal, verdict):
    results = finished(tmp_path, [e for pair in RATES for e in pair])
    for pair in RATES:
        curves_of(results, pair[0], 0.25, normal)
        curves_of(results, pair[1], 0.0, equal)
    assert claim(results, "e").verdict == verdict


def test_wustl_claim_e_is_not_run_while_a_task_is_missing(tmp_path):
    results = finished(tmp_path, RATES[1])
    curves_of(results, NORMAL, 0.25, steady)
    curves_of(results, EQUAL, 0.0, lambda e: 15 if e == 11 else 1.5)
    assert claim(results, "e").verdict == "not run"


def test_wustl_claims_d_and_e_are_undecided_if_seeds_disagree(tmp_path):
    results = finished(tmp_path, [e for pair in RATES for e in pair], seeds=(0, 1))
    for normal, equal in RATES:
        for seed in (0, 1):
            curves_of(results, normal, 0.25, steady if seed else lambda e: 1.5, seed)
            curves_of(results, equal, 0.0, (lambda e: 15 if e == 11 else 1.5) if seed else lambda e: 1.5, seed)
    assert [claim(results, letter).verdict for letter in "de"] == ["not distinguishable"] * 2


def test_wustl_claims_without_runs_are_not_run_and_name_them(tmp_path):
    results = finished(tmp_path, [NORMAL])
    curves_of(results, NORMAL, 0.6, steady)
    judged = claims(results.draft())
    assert [c.verdict for c in judged] == ["not run"] * 3 + ["does not hold", "not run"]  # D of one run is at 0.6
    assert EQUAL in judged[1].evidence


# Tables


def test_wustl_section_4_6_published_times():
    rows = [tuple(row) for row in read_published("wustl-section-4.6", ROOT).fillna("").to_numpy()]
    assert rows == [
        ("Batches per epoch", 120, ""),
        ("Time per epoch", 5, "minutes"),
        ("Time of 1000 epochs", 15, "hours"),
    ]


def test_wustl_section_4_6_scales_times_of_a_shorter_run(tmp_path, unsaved):
    table = blocks(finished(tmp_path))["wustl-section-4.6"]  # 12 epochs of one step in 60 seconds
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["Batches per epoch", "120", "1"],
        ["Time per epoch (minutes)", "5", "0.0833"],
        ["Time of 1000 epochs (hours)", "15", "1.39"],
    ]
    notes = " ".join(table.notes)
    assert "on CPU, 1 thread(s)" in notes
    assert "Our time of 1000 epochs is 1000 times that of one, measured over 12 epochs." in notes
    assert "1000 × 5 minutes are 83 hours, and 15 hours are 54 seconds per epoch" in notes


def test_wustl_section_4_6_keeps_published_times_without_a_run(tmp_path, unsaved):
    table = blocks(finished(tmp_path, [NORMAL]))["wustl-section-4.6"]
    assert [row[1].text for row in table.rows] == ["120", "5", "15"]
    assert {row[2].text for row in table.rows} == {"not run"}
    assert "83 hours" in table.notes[-1]


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


def test_wustl_quality_has_a_row_for_each_of_the_ten_experiments(tmp_path, unsaved):
    table = blocks(finished(tmp_path))["wustl-quality"]
    assert [column.title.split()[0] for column in table.columns[2:]] == [
        *("FID", "KID", "Precision", "Recall", "Pixel", "SSIM", "FID")
    ]
    tasks = {row[0].text: row[1].text for row in table.rows}
    assert list(tasks) == EXPERIMENTS
    assert len(tasks) == 10
    assert tasks["wustl-facades-label2photo-paired"] == "label → photo"
    assert tasks["wustl-facades-photo2label-lr"] == "photo → label"
    assert tasks["wustl-cezanne2photo-lambda1"] == "painting → photo"
    assert tasks["wustl-photo2cezanne"] == "photo → painting"
    elsewhere = {row[0].text: row[-1].text for row in table.rows}
    assert elsewhere["wustl-facades-label2photo"] == "123.6; 124.8, 118.3"
    assert "All runs finished; none collapsed." in table.notes


def test_wustl_quality_notes_name_collapsed_runs_and_reasons(tmp_path, unsaved):
    results = finished(tmp_path, [NORMAL, EQUAL], seeds=(0, 1))
    results.collapse(f"{EQUAL}/1")
    table = blocks(results)["wustl-quality"]
    assert f"{EQUAL}/1 collapsed: g no longer finite." in table.notes
    assert [row[2].text for row in table.rows].count("not run") == 8


# Figures


def test_wustl_figures_have_the_columns_of_the_report_in_order(tmp_path, drawn):
    by_id = blocks(finished(tmp_path))
    paired = ["Input x", "Output G(x)", "Paired comparison", "Reconstruction F(G(x))", "Ground truth y"]
    low = ["Input x", "Output G(x)", "Output with λ = 1", "Reconstruction F(G(x))"]
    rates = ["Input x", "Normal learning rates", "Equal learning rates", "Ground truth y"]
    assert [list(picture) for picture in drawn] == [paired, paired, low, low, rates, rates]
    ids = [id for id, block in by_id.items() if hasattr(block, "file")]
    assert ids == [*(f"wustl-figure-{n}" for n in range(3, 8)), *(f"wustl-samples-lr-{task}" for task in TASKS)]
    assert by_id["wustl-figure-3"].made_from == [f"{e}/0" for e in PAIRED[1]]  # image to label
    assert by_id["wustl-figure-4"].made_from == [f"{e}/0" for e in PAIRED[0]]
    assert by_id["wustl-figure-5"].made_from == [f"{e}/0" for e in LAMBDAS[1]]  # photo to Cézanne
    assert by_id["wustl-figure-6"].made_from == [f"{e}/0" for e in LAMBDAS[0]]
    assert by_id["wustl-figure-7"].made_from == [f"{e}/0" for pair in RATES for e in pair]
    assert by_id["wustl-samples-lr-label2photo"].made_from == [f"{e}/0" for e in RATES[0]]
    for id in ids:
        assert (tmp_path / "out" / by_id[id].file).exists()
        assert "in the report for 1000" in by_id[id].caption  # these runs have fewer epochs than the report's


def test_wustl_figure_cells_match_their_headings(tmp_path, drawn, unsaved):
    results = finished(tmp_path)
    wustl.sections(results.draft())
    cycle, paired = (Album(results.values(), e) for e in PAIRED[1])
    places = [0, 8]  # two of nine at even distances, as the report's figures have two rows
    expected = [cycle.inputs(places), cycle.outputs(places), paired.outputs(places)]
    expected += [cycle.returned(places), cycle.truths(places)]
    for cells, images in zip(drawn[0].values(), expected, strict=True):
        assert np.array_equal(cells, images)


def test_wustl_figures_name_missing_and_collapsed_runs(tmp_path, drawn, unsaved):
    results = finished(tmp_path, [PAIRED[0][1], EQUAL])
    results.collapse(f"{EQUAL}/0")
    by_id = blocks(results)
    picture = drawn[0]  # figure 3 has no run
    assert picture["Output G(x)"] == picture["Reconstruction F(G(x))"] == [None] * 2
    assert isinstance(picture["Paired comparison"][0], np.ndarray)
    assert "wustl-figure-3" not in by_id
    assert by_id["wustl-figure-4"].caption.endswith("Not run here: wustl-facades-label2photo.")
    assert f"{EQUAL}/0 collapsed: g no longer finite." in by_id["wustl-figure-7"].caption
    assert f"{EQUAL}/0 collapsed: g no longer finite." in by_id["wustl-samples-lr-photo2label"].caption


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


def test_wustl_quality_includes_user_experiments_without_a_figure(tmp_path):
    draft = finished(tmp_path, [NORMAL]).draft()
    draft.runs = {"wustl-own": draft.runs[NORMAL]}
    draft.plan.params.experiments["wustl"]["own"] = draft.one("wustl-own").config
    results, figures, _ = wustl.sections(draft)
    assert [cell.text for cell in results.blocks[1].rows[-1][:3]] == ["wustl-own", "photo → label", "100.00"]
    assert [block.text for block in figures.blocks] == [
        "None of the runs that its figures show is part of this selection."
    ]
