"""The abstract of a report, for runs whose numbers are chosen so that the right sentences are known."""

from dataclasses import replace

import pytest

from pixcycle.report.abstract import abstract
from pixcycle.report.content import Claim, Claims, Section, Text
from pixcycle.report.values import Values
from tests.support.results import Results, as_published

FACADES = ["ucsd-facades-l1", "ucsd-facades-cyc-l1"]


def with_record(values: Values, key: str, **fields) -> None:
    values.records[key] = values.records[key].model_copy(update=fields)


def sections(*claims: Claim) -> list[Section]:
    return [Section("what", "What", 1, [Text("Runs.")]), Section("c", "Claims", 2, [Claims(list(claims))])]


def test_abstract_counts_experiments_reports_seeds_and_runs(tmp_path):
    values = Results(tmp_path, [*FACADES, "kth-horse2zebra"], seeds=(0, 1), scale="full").values()
    first, data, *_ = abstract(values, [])
    assert first == (
        "This report repeats 3 experiments of 2 reports @cite-ucsd, @cite-kth, with 2 seeds each, in 6 runs, at "
        "scale full: as published."
    )
    assert data == "The data are those of the reports: facades and horse2zebra."


def test_abstract_names_single_experiment_and_its_report(tmp_path):
    first, *_ = abstract(Results(tmp_path, FACADES[:1], scale="full").values(), [])
    assert first.startswith(
        "This report repeats the experiment ucsd-facades-l1 of “Paired and Unpaired Image to Image Translation” "
        "@cite-ucsd, with 1 seed each, in 1 run, "
    )


def test_abstract_counts_collapsed_runs(tmp_path):
    values = Results(tmp_path, FACADES).values()
    with_record(values, "ucsd-facades-l1/0", status="collapsed", collapse="g is not finite")
    assert "in 2 runs, of which 1 collapsed, at scale" in abstract(values, [])[0]


def test_abstract_names_stand_ins_and_what_they_replace(tmp_path):
    data = abstract(Results(tmp_path, [*FACADES, "wustl-cezanne2photo"], scale="small").values(), [])[1]
    assert data == (
        "In place of cezanne2photo the data are facades, which reproduces nothing; those of facades are the reports' "
        "own."
    )


def test_abstract_counts_datasets_if_more_than_a_few(tmp_path):
    names = ["facades-l1", "maps-l1", "cityscapes-l1", "horse2zebra-cyc-l1"]
    data = abstract(Results(tmp_path, [f"ucsd-{name}" for name in names], scale="full").values(), [])[1]
    assert data == "The data are those of the reports: 4 datasets (@data)."


@pytest.fixture(scope="module")
def values(tmp_path_factory) -> Values:
    return Results(tmp_path_factory.mktemp("two"), FACADES).values()


def test_abstract_counts_verdicts_and_names_claims_that_do_not_hold(values):
    a, b = Claim("a", "A is best.", "holds", ""), Claim("b", "B, too. (Or not.)", "holds", "")
    c, d = Claim("c", "C.", "does not hold", "", ["r/0"]), Claim("d", "D.", "not distinguishable", "")
    e, f = replace(d, id="e", verdict="not run"), replace(d, id="f", verdict="holds on those run")
    sentences = abstract(values, sections(a, b, c, d, e, f))
    assert sentences[2] == (
        "Of 6 claims, 2 hold, 1 holds on the datasets that were run, 1 does not hold (@c), 1 cannot be told from "
        "chance and 1 was not run in full."
    )
    assert len(sentences) == 5
    again = abstract(values, sections(a, replace(a, id="a-coded", verdict="does not hold"), c))
    assert again[2] == (
        "Of 2 claims, 1 holds and 1 does not hold (@c); of 1 claim judged as coded, too, 1 does not hold (@a-coded)."
    )


def test_abstract_without_claims_does_not_mention_any(values):
    assert len(abstract(values, [])) == 4
    assert "claim" not in "".join(abstract(values, []))


def test_abstract_gives_no_difference_if_values_are_incomparable(tmp_path, values):
    features = "Published numbers stand beside ours without a difference, as our features are EfficientNet-Lite0 pool"
    assert abstract(values, [])[2] == f"{features} features (1280-d)."
    both = Results(tmp_path, FACADES[:1], scale="demo").values()
    assert abstract(both, [])[2] == f"{features} features (1280-d) and our data are others."


def test_abstract_gives_differences_to_comparable_published_fids(tmp_path):
    fids = {"facades-l1": 112.68, "facades-l2": 113.84, "facades-cyc-l1": 176.12}  # published: 110.68, 118.84, 166.12
    names = [f"ucsd-{name}" for name in fids]

    def read(run):
        return {"beside_published": as_published(run, fid=fids[run.name])} if run.ruler else {}

    results = Results(tmp_path, [*names, "kth-horse2zebra"], read, scale="full")
    assert abstract(results.values(), [])[2] == (
        "Our FID differs from the published one by 5.67 in the mean of 3 experiments, by +2.00 at least and +10.00 at "
        "most."
    )
    assert abstract(results.values("ucsd-facades-l2"), [])[2] == "Our FID differs from the published one by -5.00."
    assert abstract(results.values("kth"), [])[2] == "No published number belongs to these experiments."


def test_abstract_gives_no_difference_for_fewer_images_than_published(tmp_path):
    few = Results(
        tmp_path,
        ["ucsd-facades-l1"],
        lambda run: {"beside_published": as_published(run, n_real=206, n_fake=206)},
        scale="full",
    )
    assert abstract(few.values(), [])[2] == (
        "Published numbers stand beside ours without a difference: facades has 206 test images, not 256 (its code "
        "would have generated 192 of them, and 96 of the 100 in val, and 96 of the 106 in test)."
    )


def test_abstract_sums_training_time_per_device_over_all_gpus(tmp_path):
    values = Results(tmp_path, [*FACADES, "kth-horse2zebra"], seeds=(0, 1)).values()
    assert abstract(values, [])[-1] == "Training took 6 min on CPU."  # 6 runs of 60 s
    with_record(values, "kth-horse2zebra/0", device="NVIDIA H100", seconds=3600, processes=2)
    with_record(values, "kth-horse2zebra/1", device="NVIDIA H100", seconds=1800)
    assert abstract(values, [])[-1] == "Training took 4 min on CPU and 2.5 h on NVIDIA H100."
