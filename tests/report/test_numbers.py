"""Reports refuse metrics that are not numbers or were measured with other settings than those of params.yaml."""

import json
import re

import pytest

from pixcycle.base.errors import UserError
from pixcycle.report.build import build
from pixcycle.report.chapters.kth import claims as kth_claims
from pixcycle.report.chapters.ucsd import claims as ucsd_claims
from pixcycle.report.chapters.wustl import claims as wustl_claims
from pixcycle.report.content import Cell, Column, Table
from pixcycle.report.published import comparison_table, read_published
from pixcycle.report.quality import quality_table
from tests.support.answers import answer
from tests.support.edited import edited_json
from tests.support.results import NAMES, Results

L1, CYCLE, HORSES = "ucsd-facades-l1", "ucsd-facades-cyc-l1", "kaist-horse2zebra"


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path, [L1, CYCLE], seeds=(0, 1))


def file_of(results, key):
    return results.root / results.plan.runs[key].metrics


def rewritten(results, key, old, new):
    """Replace text in a run's metrics file, as an edit by hand or a damaged disk would; return the file."""
    file = file_of(results, key)
    text = file.read_text()
    assert text.count(old), old
    file.write_text(text.replace(old, new, 1))
    return file


REPORTED = {".html", ".pdf", ".json", ".csv", ".svg", ".jpg"}
METRICS = ("fid", "kid", "precision", "recall", "checkerboard", "l1", "ssim", "n_real")
NO_NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999", "1e308", "1" + "0" * 400, "null", '"100.0"', "true"]


@pytest.mark.parametrize("written", NO_NUMBERS)
def test_values_refuse_metric_that_is_not_a_number_and_name_it(results, written):
    whole = file_of(results, f"{L1}/1").read_text()
    for metric in METRICS:
        value = json.loads(whole)["metrics"]["b_to_a"][metric]
        file = rewritten(results, f"{L1}/1", f'"{metric}": {value}', f'"{metric}": {written}')
        with pytest.raises(UserError) as refusal:
            results.values()
        message = str(refusal.value)
        assert message.startswith(f"report: {L1}/1: {file}: ")
        assert "metrics.b_to_a" in message and metric in message
        assert "\n" not in message
        file.write_text(whole)


@pytest.mark.parametrize("place", ["images.b_to_a.l1_mirrored.8", "real.A.checkerboard", "samples.0.checkerboard"])
def test_values_refuse_nan_in_what_figures_and_claims_read(results, place):
    file = file_of(results, f"{L1}/0")
    *path, last = (int(key) if key.isdigit() else key for key in place.split("."))
    with edited_json(file) as part:
        for key in path:
            part = part[key]
        part[last] = float("nan")
    with pytest.raises(UserError, match=f"{L1}/0: .*: {place} is NaN, which is not a finite number"):
        results.values()


def test_job_report_refuses_nan_in_one_line_and_writes_nothing(results):
    file = rewritten(results, f"{L1}/1", '"fid": 100.0', '"fid": NaN')
    plan = results.root / "plan.json"
    plan.write_text(results.plan.model_dump_json())
    output = answer(
        "job",
        "report",
        "ucsd",
        "--plan",
        plan,
        "--fingerprint",
        "0" * 8,
        "--out",
        "reports/small/ucsd",
        folder=results.root,
    )
    path = file.relative_to(results.root)
    assert output.refusal.startswith(f"report: {L1}/1: {path}: metrics.b_to_a.fid is NaN")
    assert not [file for file in (results.root / "reports/small").rglob("*") if file.suffix in REPORTED]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("extractor", "inception-v3"),
        ("resize", "bilinear"),
        ("neighbours", 5),
        ("split", "train"),
        ("seed", 0),
        ("direction", "a_to_b"),
    ],
)
def test_values_refuse_seeds_measured_with_other_settings(results, field, value):
    file = file_of(results, f"{L1}/1")
    with edited_json(file) as measured:
        expected = measured[field]
        measured[field] = value
    with pytest.raises(UserError) as refusal:
        results.values()
    assert str(refusal.value).startswith(f"report: {L1}/1: {field} is {value} in {file}, but must be {expected};")


@pytest.mark.parametrize(("name", "n"), [("n_fake", 8), ("n_real", 10)])
def test_values_refuse_seed_measured_on_other_number_of_images(results, name, n):
    file = rewritten(results, f"{L1}/1", f'"{name}": 9', f'"{name}": {n}')
    with pytest.raises(UserError) as refusal:
        results.values()
    assert f"{L1}/1: metrics.b_to_a.{name} is {n} in {file}, but must be 9" in str(refusal.value)


def test_values_refuse_errors_of_fewer_images_than_translated(results):
    with edited_json(file_of(results, f"{L1}/0")) as measured:
        measured["images"]["b_to_a"]["l1"].pop()
    with pytest.raises(UserError, match=r"number of images\.b_to_a\.l1 is 8 .* but must be 9"):
        results.values()


def test_values_refuse_metrics_without_the_scored_direction(results):
    with edited_json(file_of(results, f"{CYCLE}/0")) as measured:
        del measured["metrics"]["b_to_a"]
    with pytest.raises(UserError, match=f"{CYCLE}/0: .* has no metrics of b_to_a"):
        results.values()


def test_table_refuses_nan_and_infinity():
    columns = [Column("Name", numeric=False), Column("ours", group="FID")]
    for text in ("nan", "1.00 ± nan", "inf", "-inf", "+nan", "NaN%"):
        with pytest.raises(UserError, match=r"table t: a run, FID ours: .* is not a finite number"):
            Table("t", "A caption", columns, [[Cell("b"), Cell("1")], [Cell("a run"), Cell(text)]])
    assert Table("t", "", columns, [[Cell("nan"), Cell("–")], [Cell("inf"), Cell("∞")]]).rows


def test_quality_table_shows_psnr_of_perfect_images_as_infinite(tmp_path):
    rows = [(L1, "b_to_a"), ("ucsd-facades-l2", "b_to_a"), (HORSES, "a_to_b")]
    results = Results(tmp_path, [id for id, _ in rows], lambda run: {"psnr": 15.0 if "l2" in run.id else None})
    table = quality_table(results.values(), "t", "", rows, ("l1", "psnr"))
    assert [[cell.text for cell in row[2:4]] for row in table.rows] == [
        ["0.2000", "∞"],
        ["0.2000", "15.00"],
        ["–", "–"],
    ]


def counted(tmp_path, found, published, limit, n=(9, 9), experiment=L1):
    """Return the first note of a table on a run with these counts of test images, at a scale that takes `limit`."""
    results = Results(tmp_path, [experiment])
    (run,) = results.plan.runs.values()
    params = results.plan.params
    scale = params.scales["small"].model_copy(update={"test_images": limit})
    dataset = params.datasets[run.config.dataset].model_copy(
        update={"published": published, "splits": {"train": ["train"], "test": ["test"]}}
    )
    changed = {"scales": params.scales | {"small": scale}, "datasets": params.datasets | {run.config.dataset: dataset}}
    results.plan = results.plan.model_copy(update={"params": params.model_copy(update=changed)})
    with edited_json(results.root / f"data/prepared/{run.data}/manifest.json") as prepared:
        prepared["card"]["counts"] = {name: {"found": count, "published": None} for name, count in found.items()}
    results.count_images(run, *n)
    table = quality_table(results.values(), "t", "", [(experiment, run.config.direction)], ("fid",))
    return table.notes[0].partition(", PNG")[0]


@pytest.mark.parametrize(
    ("found", "published", "limit", "note"),
    [
        ({"test": 9}, {"test": 9}, None, "9 generated against 9 real test images"),
        ({"test": 9}, {}, None, "9 generated against 9 real test images"),
        ({"test": 9}, {"test": 9}, 20, "9 generated against 9 real test images"),
        (
            {"test": 9},
            {"test": 106},
            None,
            "9 of 106 generated against 9 of 106 real test images (fewer than there should be)",
        ),
        (
            {"test": 9},
            {"test": 106},
            16,
            "9 of 16 generated against 9 of 16 real test images (fewer than there should be)",
        ),
        ({"test": 9}, {}, 16, "9 of 16 generated against 9 of 16 real test images (fewer than there should be)"),
        (
            {"test": 106},
            {"test": 106},
            9,
            "9 of 106 generated against 9 of 106 real test images (the first ones, as its scale asks)",
        ),
    ],
)
def test_quality_table_says_if_fewer_images_than_promised(tmp_path, found, published, limit, note):
    assert counted(tmp_path, found, published, limit) == note


def test_quality_table_counts_each_domain_on_its_own(tmp_path):
    found, published = {"testA": 7, "testB": 9}, {"testA": 12, "testB": 9}
    note = counted(tmp_path, found, published, None, (7, 9), HORSES)  # A to B is scored
    assert note == "7 of 12 generated against 9 real test images (fewer than there should be)"


def test_comparison_table_says_on_how_many_images(tmp_path):
    results = Results(tmp_path, [L1, CYCLE, HORSES])
    values = results.values()
    for id in (L1, HORSES):
        table = comparison_table(values, "t", "", [id], read_published("ucsd-table-1", tmp_path), ["fid"], [])
        assert table.notes[0].startswith(f"{len(NAMES)} generated against {len(NAMES)} real test images, PNG")
        assert "resized" in table.notes[0] and "features:" in table.notes[0]


def test_comparison_table_names_rows_with_other_image_counts(tmp_path):
    results = Results(tmp_path, [L1, HORSES])
    results.count_images(results.plan.runs[f"{HORSES}/0"], a=7, b=8)
    table = comparison_table(
        results.values(), "t", "", [L1, HORSES], read_published("ucsd-table-1", tmp_path), ["fid"], []
    )
    assert table.notes[1] == f"Other numbers of images: {HORSES} 7 generated against 8 real test images."


def lost(epoch):
    return 0.5 if epoch < 7 else float("nan")


@pytest.mark.parametrize(
    ("experiments", "id", "terms"),
    [
        (["ucsd-facades-l1"], "ucsd-claim-f", {"g_gan": lost}),
        (["ucsd-facades-l1"], "ucsd-claim-g", {"g": lost}),
        (["wustl-facades-photo2label"], "wustl-claim-d", {"g_ab_gan": lost}),
        (["wustl-facades-photo2label", "wustl-facades-photo2label-lr"], "wustl-claim-b", {"g_ab_gan": lost}),
        (["kth-summer2winter"], "kth-claim-b", {"g_ab_gan": lost}),
    ],
)
def test_claims_on_losses_that_are_not_finite_are_not_judged(tmp_path, experiments, id, terms):
    results = Results(tmp_path, experiments)
    for run in results.plan.runs.values():
        results.write_training(run, **terms)
        results.collapse(run.key, ", ".join(terms))
    judge = {"ucsd": ucsd_claims, "wustl": wustl_claims, "kth": kth_claims}[id.partition("-")[0]]
    (claim,) = (claim for claim in judge.claims(results.draft()) if claim.id == id)
    assert claim.verdict == "not run"
    assert "no longer finite" in claim.evidence and not re.search(r"\bnan\b", claim.evidence)


def test_build_reports_collapsed_run_with_metrics_and_status(tmp_path):
    results = Results(tmp_path, [L1])
    (run,) = results.plan.runs.values()
    results.write_training(run, g_gan=lost)
    results.collapse(run.key, "g_gan")
    out = tmp_path / "reports/small/ucsd"
    build(results.plan, "ucsd", results.root, out, "0" * 8)
    shown = json.loads((out / "values.json").read_text())["experiments"][L1]
    assert (shown["status"], shown["metrics"]["fid"]["mean"]) == (["collapsed"], 100)
    page = (out / "report.html").read_text()
    assert page.count(f"{L1}/0 collapsed: g_gan no longer finite.") >= 2
    assert not re.search(r">[^<]*\b(nan|inf)\b", page)
