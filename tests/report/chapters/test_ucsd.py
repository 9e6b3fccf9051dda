"""Tests of tables, verdicts and the whole report, from invented measurements with known results."""

import json

import numpy as np
import pytest
import yaml
from PIL import Image
from scipy.ndimage import gaussian_filter

from pixcycle.base.errors import UserError
from pixcycle.params.load import load_params
from pixcycle.paths import fakes_folder
from pixcycle.report.build import build
from pixcycle.report.chapters.ucsd import claims as ucsd_claims
from pixcycle.report.chapters.ucsd.losses import losses_table
from pixcycle.report.chapters.ucsd.sections import _figures as ucsd_figures
from pixcycle.report.content import Figure
from pixcycle.report.published import comparison_table, read_published
from pixcycle.report.verdicts import verdict
from tests.support import ROOT
from tests.support.edited import edited_json
from tests.support.results import NAMES, Results

FID = {"l1": 100.0, "l2": 120, "l1l2": 140, "patch16": 150, "patch286": 180, "noskip": 300}
FID |= {"cyc-l1": 200.0, "cyc-l2": 150, "cyc-l1l2": 210, "untrained": 400}


def facades(root, seeds=(0,), scale="small"):
    """Write the facades experiments of report 000, with FID = value above + seed."""
    tree = yaml.safe_load((ROOT / "params.yaml").read_text())
    names = tree["scales"][scale].get("experiments") or [f"ucsd-facades-{name}" for name in FID]
    return Results(root, names, lambda run: {"fid": FID[run.name.removeprefix("facades-")] + run.seed}, seeds, scale)


@pytest.fixture
def results(tmp_path):
    return facades(tmp_path)


def claims(results):
    return {claim.id[-1]: claim for claim in ucsd_claims.claims(results.draft())}


def test_ucsd_claims_hold_only_if_the_numbers_support_them(results):
    verdicts = {letter: claim.verdict for letter, claim in claims(results).items()}
    assert verdicts == {
        "a": "holds on those run",
        "b": "holds on those run",
        "c": "does not hold",  # cyc-l2 has 150 against 200
        "d": "holds on those run",
        "e": "holds on those run",
        "f": "holds",  # the L1 term falls in every epoch, the others go up and down
        "g": "holds",  # so does the total
        "h": "not distinguishable",  # the images of both are noise
    }


def test_ucsd_claim_evidence_has_numbers_and_unjudged_datasets(results):
    evidence = claims(results)["d"].evidence
    assert "On facades, Patch GAN 16 (150.00) has a better FID than Patch GAN 286." in evidence
    assert "Not judged on cityscapes, maps." in evidence


def test_ucsd_claims_without_runs_are_not_run(tmp_path):
    few = facades(tmp_path, scale="demo")
    verdicts = {letter: claim.verdict for letter, claim in claims(few).items()}
    assert verdicts["c"] == verdicts["d"] == verdicts["h"] == "not run"
    assert verdicts["b"] == "not run"  # L1 beats Skip, but four more could still beat L1
    assert "Not run: ucsd-facades-l2, " in claims(few)["b"].evidence


def test_ucsd_claim_is_not_refuted_by_one_narrow_loss_of_several(tmp_path, monkeypatch):
    monkeypatch.setitem(FID, "l1", 133.0)  # L2 has 120; reruns of one recipe differ by as much in 1 of 20 pairs
    assert claims(facades(tmp_path))["b"].verdict == "not distinguishable"


def dropping(epoch):
    """A loss that drops after the first epoch, and then only fluctuates."""
    return 0.4 if epoch == 0 else 0.3 + 0.01 * (epoch % 2)


def growing(epoch):
    return 1.0 + epoch / 10


@pytest.mark.parametrize(
    ("losses", "f", "g"),
    [
        ({"g_reconstruction": dropping, "g": dropping}, "holds", "holds"),
        ({"g_reconstruction": dropping, "g": growing}, "holds", "does not hold"),  # the total does not follow
        ({"g_reconstruction": growing, "g": growing}, "does not hold", "does not hold"),  # nor does it follow a rise
        ({"g_gan": growing}, "does not hold", "holds"),
        ({"d": lambda epoch: 1 - epoch / 20}, "does not hold", "holds"),
    ],
)
def test_ucsd_claims_f_and_g_judge_where_losses_go(tmp_path, losses, f, g):
    results = Results(tmp_path, ["ucsd-facades-l1"])
    results.write_training(results.plan.runs["ucsd-facades-l1/0"], **losses)
    judged = claims(results)
    assert (judged["f"].verdict, judged["g"].verdict) == (f, g)
    if losses.get("g_reconstruction") is dropping:
        assert "L1 drops early and stays low (-0.26), G's GAN loss " in judged["f"].evidence


def test_ucsd_claims_f_and_g_are_not_run_without_an_l1_run(tmp_path):
    judged = claims(Results(tmp_path, ["ucsd-facades-l2"]))
    assert [judged[letter].verdict for letter in "fg"] == ["not run", "not run"]


def test_ucsd_claim_g_is_undecided_if_seeds_disagree(tmp_path):
    results = Results(tmp_path, ["ucsd-facades-l1"], seeds=(0, 1))
    results.write_training(results.plan.runs["ucsd-facades-l1/1"], g=growing)
    assert claims(results)["g"].verdict == "not distinguishable"


PATCHES = ["ucsd-facades-patch16", "ucsd-facades-patch286"]


def paint(results, run, amplitude, blur, seed=0):
    """Give each output of a run noise of an amplitude, in grey levels, and a blur, in pixels."""
    noise = np.random.default_rng(seed).normal(size=(len(NAMES), 64, 64))
    for name, plane in zip(NAMES, gaussian_filter(noise, (0, blur, blur)), strict=True):
        grey = np.rint(127 + amplitude * plane / plane.std()).clip(0, 255).astype(np.uint8)
        path = fakes_folder(results.root / run.translated, run.config.direction) / f"{name}.png"
        Image.fromarray(grey[..., None].repeat(3, axis=-1)).save(path)


@pytest.mark.parametrize(
    ("small", "large", "verdict"),
    [
        ((40, 2), (20, 4), "holds on those run"),
        ((40, 4), (20, 2), "does not hold"),  # more contrast, but softer
        ((20, 2), (40, 4), "does not hold"),  # sharper, but less contrast
        ((21, 2), (20, 4), "not distinguishable"),  # a contrast 5% higher is what a rerun may have
        ((20, 4), (20, 4), "not distinguishable"),
    ],
)
def test_ucsd_claim_h_needs_contrast_and_sharpness(tmp_path, small, large, verdict):
    results = Results(tmp_path, PATCHES)
    for seed, (id, look) in enumerate(zip(PATCHES, (small, large), strict=True)):
        paint(results, results.plan.runs[f"{id}/0"], *look, seed)
    claim = claims(results)["h"]
    assert claim.verdict == verdict
    (contrast,) = claim.plots[0].dots
    assert (contrast.value, contrast.reference) == pytest.approx((small[0], large[0]), abs=0.2)  # less where clipped
    assert claim.evidence.endswith("Not judged on cityscapes, maps.")


def test_ucsd_claim_h_is_undecided_if_seeds_differ_more_than_patches(tmp_path):
    results = Results(tmp_path, PATCHES, seeds=(0, 1))
    for seed in (0, 1):
        paint(results, results.plan.runs[f"{PATCHES[0]}/{seed}"], 40, 2 + 3 * seed)
        paint(results, results.plan.runs[f"{PATCHES[1]}/{seed}"], 20, 4 + 3 * seed)
    assert claims(results)["h"].verdict == "not distinguishable"


def test_ucsd_claims_are_undecided_within_the_spread_over_seeds(tmp_path):
    results = facades(
        tmp_path, seeds=(0, 20)
    )  # FIDs of a run and of the same 20 higher: differences up to 61 are noise
    assert claims(results)["d"].verdict == "not distinguishable"
    assert claims(results)["a"].verdict == "holds on those run"
    assert results.values().spread("ucsd-facades-l1", "fid") == pytest.approx(200**0.5)


@pytest.mark.parametrize(
    ("orders", "complete", "expected"),
    [
        ([], True, "not run"),
        (["better", "better"], True, "holds"),
        (["better", "better"], False, "not run"),
        (["better", "unclear"], True, "not distinguishable"),
        (["unclear", "worse"], True, "does not hold"),
        (["better", "worse"], False, "does not hold"),
    ],
)
def test_verdict_is_refuted_by_one_order_and_open_if_incomplete(orders, complete, expected):
    assert verdict(orders, complete) == expected


def table(results):
    values = results.values()
    published = read_published("ucsd-table-1", ROOT)
    published = published[published["dataset"] == "facades"]
    ids = [f"ucsd-facades-{name}" for name in (*ucsd_claims.PAIRED, "untrained")]
    return comparison_table(values, "t", "caption", ids, published, ["precision", "recall", "fid"], ["l1"])


def row(table, label):
    return next([cell.text for cell in row] for row in table.rows if row[0].text == label)


def test_comparison_table_has_no_difference_for_stand_in_extractor(results):
    comparison = table(results)
    beside = [*("0.76", "0.60"), *("0.39", "0.35"), *("110.68", "90.00")]
    all_images = ["0.50", "0.25", "100.00", "119.1; 125.0, 127.8", "0.2000"]
    assert row(comparison, "L1 Loss") == ["L1 Loss", *beside, *all_images]
    assert [column.group for column in comparison.columns[7:]] == 5 * ["all test images"]
    notes = " ".join(comparison.notes)
    assert "No differences are given: another network, EfficientNet-Lite0 pool features (1280-d), stands in" in notes


def test_comparison_table_marks_our_best_value_and_keeps_own_rows(results):
    comparison = table(results)
    fid = [column.title.startswith("FID ↓") for column in comparison.columns].index(True)
    assert [row[0].text for row in comparison.rows if row[fid].kind == "best"] == ["L1 Loss"]
    assert row(comparison, "untrained")[5:7] == ["–", "90.00"]


def test_build_writes_the_whole_report_and_its_made_from_file(results):
    out = results.root / "reports/small"
    build(results.plan, "all", results.root, out, "0123abcd")
    page = (out / "report.html").read_text()
    for text in (
        "Stand-in features",
        "Small scale",
        "CMP facades",
        "275.91",
        "does not hold",
        "lambda_reconstruction",
        "val/7 = val/8",
        "9 × 9 to 16 × 16",
    ):
        assert text in page
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF")
    values = json.loads((out / "values.json").read_text())
    assert values["experiments"]["ucsd-facades-l2"]["metrics"]["fid"] == {"mean": 120.0, "std": None}
    (made_from,) = (out / "made-from").glob("0123abcd.json")
    assert (
        json.loads(made_from.read_text())["runs"]["ucsd-facades-l1/0"]
        == results.plan.runs["ucsd-facades-l1/0"].metrics_fingerprint
    )


def test_build_refuses_a_missing_run_or_another_fingerprint(results):
    run = results.plan.runs["ucsd-facades-l1/0"]
    path = results.root / run.metrics
    with edited_json(path) as measured:
        measured["fingerprint"] = "12345678"
    with pytest.raises(UserError, match=r"12345678.*asks for"):
        build(results.plan, "all", results.root, results.root / "out", "0123abcd")
    path.unlink()
    with pytest.raises(UserError, match="is missing; run its experiment first"):
        build(results.plan, "all", results.root, results.root / "out", "0123abcd")


def test_build_refuses_a_missing_number(results):
    run = results.plan.runs["ucsd-facades-l1/0"]
    with edited_json(results.root / run.metrics) as measured:
        measured["metrics"]["b_to_a"]["fid"] = None
    with pytest.raises(UserError, match=r"ucsd-facades-l1/0: .*: metrics\.b_to_a\.fid must be a valid number"):
        build(results.plan, "all", results.root, results.root / "out", "0123abcd")


def losses_of(results):
    (table,) = losses_table(results.draft())
    return table, {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def test_ucsd_losses_table_has_ranges_of_epoch_means_beside_published(results):
    run = results.plan.runs["ucsd-facades-l1/0"]
    results.write_training(run, g_gan=lambda epoch: 1.0 + epoch, d=lambda epoch: 0.75)
    table, rows = losses_of(results)
    assert rows["Generator, GAN term, first step"] == ["facades", "0.56 to 1.35", "1.00"]
    assert rows["Generator, GAN term, second epoch"] == ["facades", "1.05 to 1.32", "2.00"]
    assert rows["Discriminator, both halves added, first epoch"] == ["facades", "1.55 to 1.62", "1.50"]
    assert rows["Generator, L1 term, epochs 3 to 5"] == ["facades", "0.35 to 0.36", "0.20 to 0.33"]
    assert rows["Generator, total, last epoch"] == ["maps", "25", "not run"]
    assert table.made_from == ["ucsd-facades-l1/0"]


def test_ucsd_losses_table_reads_the_scales_of_figure_2_from_maps(tmp_path):
    results = Results(tmp_path, ["ucsd-maps-l1"])
    losses = {"g_gan": lambda epoch: 1.0 + epoch, "g_reconstruction": lambda epoch: 0.4 - 0.02 * epoch}
    results.write_training(results.plan.runs["ucsd-maps-l1/0"], **losses)
    _, rows = losses_of(results)
    assert rows["Generator, GAN term, all epochs"] == ["maps", "1.4 to 3.8", "1.00 to 12.00"]
    assert rows["Generator, L1 term, first fifth of the epochs"] == ["maps", "0.3 to 0.4", "0.38 to 0.40"]
    assert rows["Generator, L1 term, last epoch"] == ["maps", "0.21", "0.18"]


def test_ucsd_losses_table_has_no_number_where_losses_are_not_finite(results):
    results.write_training(results.plan.runs["ucsd-facades-l1/0"], d=lambda epoch: float("nan"))
    _, rows = losses_of(results)
    assert rows["Discriminator, both halves added, first step"][-1] == "–"


def test_ucsd_published_tables_are_complete():
    one, two = (read_published(f"ucsd-table-{n}", ROOT) for n in (1, 2))
    assert one[["precision", "recall", "fid"]].count().sum() == 6 * 3 * 3
    assert two["fid"].count() == 3 * 3
    labels = {e.label for e in load_params(ROOT / "params.yaml").experiments["ucsd"].values() if not e.extra}
    assert set(one["row"]) | set(two["row"]) == labels


def test_ucsd_samples_show_own_experiments_and_name_what_they_leave_out(tmp_path):
    results = facades(tmp_path)
    draft = results.draft(out=tmp_path / "out")
    cycle, l2 = draft.runs["ucsd-facades-cyc-l1"][0], draft.runs["ucsd-facades-l2"][0]
    turned = l2.config.model_copy(update={"direction": "a_to_b", "label": "turned"})
    own = cycle.config.model_copy(update={"direction": "a_to_b", "label": "my cycle"})
    draft.runs = {
        "ucsd-facades-l1": draft.runs["ucsd-facades-l1"],
        "ucsd-my-cycle": [cycle.model_copy(update={"config": own})],
        "ucsd-turned": [l2.model_copy(update={"config": turned})],
    }
    figures = {figure.id: figure for figure in ucsd_figures(draft) if isinstance(figure, Figure)}
    samples = figures["ucsd-samples-facades"]
    assert samples.caption.endswith("Not shown, as their inputs are others: ucsd-turned.")
    assert samples.alt == "Input, truth and the outputs of 2 experiments for 5 images"
    strips = json.loads((tmp_path / "out/figures/ucsd-samples-facades.json").read_text())["strips"]
    headings = [image["heading"] for image in strips[0]["images"]]
    assert headings == ["Input", "Ground truth", "L1 Loss", "my cycle"]
