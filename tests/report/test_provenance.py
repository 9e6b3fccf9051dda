"""Links from figures, tables and claims to the runs behind them, and from runs to files, parameters and commits."""

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from pixcycle.methods.registry import METHODS
from pixcycle.plan.names import DESCRIPTIVE, MACHINE
from pixcycle.report.build import build
from pixcycle.report.chapters.kth import claims as kth_claims
from pixcycle.report.chapters.paris import claims as paris_claims
from pixcycle.report.chapters.wustl import claims as wustl_claims
from pixcycle.report.content import Document, Figure, Section, Table, blocks_of, claims_of
from pixcycle.report.document import document
from pixcycle.report.provenance import command, runs
from pixcycle.report.rendering import page
from pixcycle.report.run_entry import Runs
from tests.support.edited import edited_json
from tests.support.results import ATTEMPTS, COMMIT, Results

EXPERIMENTS = [
    *("ucsd-facades-l1", "ucsd-facades-noskip", "ucsd-facades-cyc-l1", "wustl-facades-label2photo"),
    *("paris-face2comics", "kth-horse2zebra", "kaist-maps-cogan", "kaist-cityscapes"),
]
SEEDS = (3, 10)
OF_DATA_OR_PUBLISHED = {"experiments", "ucsd-counts", "paris-counts", "kth-counts"}
"""Tables without values measured on runs, besides the dataset cards."""


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Results:
    """Runs of all chapters with two seeds each; only the first seed has logs."""
    root = tmp_path_factory.mktemp("all") / "Is this a project? #1"
    results = Results(root, EXPERIMENTS, seeds=SEEDS, scale="rehearsal")
    for run in results.plan.runs.values():
        if run.seed == SEEDS[0]:
            for step in ("train", "translate", "evaluate"):
                write_log(results, run, step)
    return results


@pytest.fixture(scope="module")
def whole(results) -> Document:
    return document(results.draft(out=results.root / "reports/rehearsal"))


def write_log(results, run, step):
    path = results.root / logs_of_the_workflow(run)[step]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def logs_of_the_workflow(run) -> dict[str, str]:
    """Step -> log file."""
    named = {
        "train": run.fingerprint,
        "translate": run.translated_fingerprint,
        "evaluate": run.metrics_fingerprint,
    }
    return {step: f"logs/{run.scale}/{run.id}/{step}-{run.seed}-{name}.log" for step, name in named.items()}


def entries(document: Document) -> dict:
    return {entry.key: entry for block in blocks_of(document.sections, Runs) for entry in block.entries}


def keys(*experiments, seeds=SEEDS) -> list[str]:
    return [f"{experiment}/{seed}" for experiment in experiments for seed in seeds]


def test_runs_have_one_entry_each_with_links_from_all_made_from_them(results, whole):
    assert list(entries(whole)) == list(results.plan.runs)
    html = page.render(whole, results.root / "reports/rehearsal")
    anchors = re.findall(r'id="(run-[^"]*)"', html)
    assert sorted(anchors) == sorted(f"run-{key.replace('/', '-')}" for key in results.plan.runs)
    assert set(re.findall(r'href="#(run-[^"]*)"', html)) == set(anchors)


def test_made_from_of_tables_names_all_seeds(whole):
    made_from = {table.id: table.made_from for table in blocks_of(whole.sections, Table)}
    cards = {id for id in made_from if id.startswith("card-")}
    of_code = {id for id in made_from if id.endswith("-code-matters")}
    assert {id for id, names in made_from.items() if not names} == OF_DATA_OR_PUBLISHED | cards | of_code
    assert made_from["ucsd-table-1-facades"] == keys("ucsd-facades-l1", "ucsd-facades-noskip")
    assert made_from["ucsd-table-2-facades"] == keys("ucsd-facades-cyc-l1")
    assert made_from["wustl-section-4.6"] == ["wustl-facades-label2photo/3"]
    assert made_from["wustl-quality"] == keys("wustl-facades-label2photo")
    assert made_from["kth-quality"] == keys("kth-horse2zebra")
    assert made_from["kaist-fcn-score"] == keys("kaist-cityscapes")
    assert made_from["training-cost"] == keys(*EXPERIMENTS)


def test_made_from_of_figures_names_all_seeds_only_for_means(whole):
    made_from = {figure.id: figure.made_from for figure in blocks_of(whole.sections, Figure)}
    assert made_from["kth-checkerboard"] == keys("kth-horse2zebra")
    assert made_from["kth-figure-1"] == ["kth-horse2zebra/3"]
    assert [id for id, names in made_from.items() if not names] == []


def test_made_from_of_claims_names_runs_of_their_evidence(whole):
    made_from = {claim.id: claim.made_from for claim in claims_of(whole.sections)}
    assert made_from["ucsd-claim-a"] == keys("ucsd-facades-l1", "ucsd-facades-noskip")
    assert made_from["ucsd-claim-e"] == keys("ucsd-facades-l1", "ucsd-facades-cyc-l1")
    assert made_from["ucsd-claim-d"] == []  # neither patch was run
    assert made_from["ucsd-claim-f"] == keys("ucsd-facades-l1")
    assert made_from["paris-claim-a"] == keys("paris-face2comics")
    assert made_from["kth-claim-a"] == keys("kth-horse2zebra")
    assert made_from["kth-claim-resize"] == []
    assert made_from["kaist-claim-a"] == keys("kaist-maps-cogan")
    for claim in claims_of(whole.sections):
        assert bool(claim.made_from) <= (claim.evidence != "Its runs are not part of this report."), claim.id


def test_made_from_of_pairwise_claims_names_both_runs(tmp_path):
    pairs = {
        "wustl-claim-a": ["wustl-cezanne2photo", "wustl-cezanne2photo-lambda1"],
        "wustl-claim-b": ["wustl-facades-photo2label", "wustl-facades-photo2label-lr"],
        "wustl-claim-c": ["wustl-facades-label2photo", "wustl-facades-label2photo-paired"],
        "paris-claim-b": ["paris-maps-map2aerial-authors", "paris-maps-map2aerial"],
        "kth-claim-resize": ["kth-horse2zebra-resize", "kth-horse2zebra"],
    }
    of_curves = {"kth-claim-b": ["kth-summer2winter"], "kth-claim-c": ["kth-summer2winter"]}
    experiments = [experiment for pair in pairs.values() for experiment in pair] + ["kth-summer2winter"]
    draft = Results(tmp_path, experiments, scale="rehearsal").draft()
    judged = [*wustl_claims.claims(draft), *paris_claims.claims(draft), *kth_claims.claims(draft)]
    made_from = {claim.id: claim.made_from for claim in judged}
    for id, judged_on in (pairs | of_curves).items():
        assert made_from[id] == keys(*judged_on, seeds=(0,)), id


def test_run_entry_lists_everything_that_shows_its_run(whole):
    for key, entry in entries(whole).items():
        shown = [*blocks_of(whole.sections, Table), *blocks_of(whole.sections, Figure), *claims_of(whole.sections)]
        assert sorted(entry.shown_in) == sorted(item.id for item in shown if key in item.made_from)
        assert "training-cost" in entry.shown_in


def test_run_entry_states_commit_and_attempts_of_its_record(results, whole):
    for key, entry in entries(whole).items():
        facts, record = dict(entry.facts), record_of(results, key)
        assert facts["Commit"] == record["commit"] == COMMIT
        assert record["attempts"] == ATTEMPTS
        assert facts["Attempts"] == (
            "2026-03-01 22:15:00 UTC on node-a, SLURM job 41, GPU 0,1, from epoch 0; "
            "2026-03-02 07:30:05 UTC on laptop, from epoch 5"
        )
        assert facts["Result"] == "finished after 60 s at 20.0 images/s"
        assert facts["Device"] == "CPU, 1 thread(s), 32-true; torch 2.14.1"


def record_of(results, key) -> dict:
    return json.loads((results.root / results.plan.runs[key].folder / "run.json").read_text())


def settings_of(block) -> dict[str, str]:
    return {name: value for _, settings in block.settings for name, value in settings}


def test_runs_settings_are_those_of_the_training(results, whole):
    for block in blocks_of(whole.sections, Runs):
        settings = settings_of(block)
        for entry in block.entries:
            run = results.plan.runs[entry.key]
            trained_with = json.loads((results.root / run.folder / "config.json").read_text())["config"]
            # words for tables and chapters, and settings of the machine: these do not identify a run
            for name in DESCRIPTIVE - {"dataset"} | MACHINE:
                del trained_with[name]
            for name, value in trained_with.items():
                written = value if isinstance(value, str) else json.dumps(value)
                assert settings.get(name, written).rpartition(", here ")[2] == written
                is_shown = name not in METHODS[run.config.method].unused and value not in (None, [])
                assert (name in settings) == is_shown or value in (None, [])
        assert settings["extractor"] == "efficientnet-lite0"


def test_experiments_table_names_no_generator_or_patch_of_cogan(whole):
    [table] = [block for block in blocks_of(whole.sections, Table) if block.id == "experiments"]
    column = [column.title for column in table.columns].index("Patch")
    rows = {row[0].text: (row[1].text, row[column].text) for row in table.rows}
    assert rows["kaist-cityscapes"] == ("cyclegan, resnet6", "70")
    assert rows["kaist-maps-cogan"] == ("cogan", "–")


def test_runs_settings_are_grouped_by_origin_and_state_what_the_scale_changed(whole):
    blocks = {block.experiment: block for block in blocks_of(whole.sections, Runs)}
    groups = {title: dict(settings) for title, settings in blocks["ucsd-facades-l1"].settings}
    stated, assumed = groups["Stated by the report"], groups["Assumed (reasons: @ucsd-assumptions)"]
    assert (stated["crop_size"], stated["lr"]) == ("256, here 128", "0.0002")
    assert "filters" in assumed and "filters" not in stated
    assert settings_of(blocks["wustl-facades-label2photo"])["dataset"] == "facades-unpaired, here earth"


def test_run_entry_files_are_those_of_the_workflow(results, whole):
    for key, entry in entries(whole).items():
        run = results.plan.runs[key]
        files = {step: [file.text for file in files] for step, files in entry.files}
        logs = logs_of_the_workflow(run)
        assert files == {
            "Data": [f"data/prepared/{run.data}", "manifest.json"],
            f"Training {run.fingerprint}": [run.folder, "config.json", "history.csv", "run.json", logs["train"]],
            f"Translation {run.translated_fingerprint}": [run.translated, logs["translate"]],
            f"Measurement {run.metrics_fingerprint}": [run.metrics, logs["evaluate"]],
        }
        assert run.log("train") == logs["train"]


@pytest.mark.parametrize("folder", ["reports/rehearsal", "reports/rehearsal/ucsd", "../elsewhere"])
def test_run_entry_links_existing_files_from_the_reports_folder(results, folder):
    out = results.root / folder
    drawn = Document("t", "", [], [], [Section("runs", "Runs", 1, runs(results.draft(out=out), []))])
    hrefs = re.findall(r'<a href="([^#"][^"]*)"', page.render(drawn, out))
    linked = {(out / unquote(urlsplit(href).path)).resolve() for href in hrefs}
    assert not [href for href in hrefs if Path(href).is_absolute()]
    assert all(path.exists() for path in linked)
    for key, entry in entries(drawn).items():
        for _, files in entry.files:
            for file in files:
                exists = not file.text.startswith("logs/") or key.endswith(f"/{SEEDS[0]}")
                assert (file.href is not None) == exists, file
        run = results.plan.runs[key]
        left = [run.folder, f"{run.folder}/run.json", run.translated, run.metrics, f"data/prepared/{run.data}"]
        assert {(results.root / path).resolve() for path in left} <= linked


def test_run_entry_says_not_recorded_for_older_records(tmp_path):
    older = Results(tmp_path, ["ucsd-facades-l1"])
    (run,) = older.plan.runs.values()
    with edited_json(older.root / run.folder / "run.json") as record:
        del record["commit"], record["attempts"]
    ((entry,),) = (block.entries for block in runs(older.draft(), []))
    assert dict(entry.facts)["Commit"] == dict(entry.facts)["Attempts"] == "not recorded"


def test_run_entry_of_collapsed_run_states_reason_and_processes(tmp_path):
    collapsed = Results(tmp_path, ["ucsd-facades-l1"])
    (run,) = collapsed.plan.runs.values()
    collapsed.collapse(run.key, processes=2)
    ((entry,),) = (block.entries for block in runs(collapsed.draft(), []))
    assert dict(entry.facts)["Result"] == "collapsed after 60 s at 20.0 images/s: g no longer finite"
    assert dict(entry.facts)["Device"] == "CPU, 2 processes of 1 thread(s), 32-true; torch 2.14.1"


@pytest.mark.parametrize(
    ("shown", "target"),
    [
        (["wustl-facades-label2photo"], "wustl-facades-label2photo"),
        (["ucsd-facades-l1", "ucsd-facades-noskip"], "ucsd-facades"),
        (["ucsd-facades-l1", "kth-horse2zebra"], "all"),
        ([], "all"),
    ],
)
def test_command_is_smallest_target_with_all_runs(results, shown, target):
    assert command(results.values(), keys(*shown)) == f"snakemake {target} --cores all --config scale=rehearsal"


def test_command_without_runs_is_that_of_the_report(results):
    assert command(results.values("ucsd"), []).startswith("snakemake ucsd --cores")


def test_command_is_stated_for_every_table_figure_and_run(whole, results):
    shown = blocks_of(whole.sections, Table, Figure)
    assert whole.commands.keys() == {block.id for block in shown}
    entries = [e for section in whole.sections for b in section.blocks if isinstance(b, Runs) for e in b.entries]
    assert [dict(entry.facts)["Command"].split()[1] for entry in entries] == [
        run.id for run in results.plan.runs.values()
    ]


def test_values_json_lists_files_and_runs_of_tables_and_figures(tmp_path):
    results, out = Results(tmp_path, ["ucsd-facades-l1"], seeds=SEEDS), tmp_path / "out"
    build(results.plan, "all", results.root, out, "0123abcd")
    values = json.loads((out / "values.json").read_text())
    assert {id: table["made_from"] for id, table in values["tables"].items() if table["made_from"]} == {
        "ucsd-table-1-facades": keys("ucsd-facades-l1"),
        "ucsd-figure-2-losses": ["ucsd-facades-l1/3"],
        "training-cost": keys("ucsd-facades-l1"),
    }
    drawn = ("ucsd-figure-2", "ucsd-figure-3-facades", "ucsd-samples-facades")
    assert {id: figure["made_from"] for id, figure in values["figures"].items()} == {
        id: ["ucsd-facades-l1/3"] for id in drawn
    }
    for kind in ("tables", "figures"):
        assert {item["file"] for item in values[kind].values()} == {
            path.relative_to(out).as_posix() for path in (out / kind).iterdir() if path.suffix != ".json"
        }
