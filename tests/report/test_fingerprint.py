import ast
import copy
import hashlib
import shutil
from pathlib import Path

import pytest
import yaml

from pixcycle import config, runs
from pixcycle.report.fingerprint import DRAWN_BY, report_fingerprints

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree():
    return yaml.safe_load((ROOT / "params.yaml").read_text()) | {"scale": "full"}


def names(tree, root=ROOT):
    return report_fingerprints(runs.plan(config.check(copy.deepcopy(tree)), ROOT), root)


def renamed(before, after):
    return {selection for selection in before if before[selection] != after[selection]}


def in_ucsd(selections):
    return {"all"} | {selection for selection in selections if selection.split("-")[0] == "ucsd"}


def test_whatever_has_runs_has_a_report_of_its_own_name(tree):
    demo = names(tree | {"scale": "demo"})
    assert set(demo) == {
        *("all", "ucsd", "ucsd-facades"),
        *("ucsd-facades-l1", "ucsd-facades-noskip", "ucsd-facades-cyc-l1", "ucsd-facades-untrained"),
    }
    assert len(set(demo.values())) == len(demo)


@pytest.mark.parametrize("edit", [{"lr": 0.0001}, {"label": "in other words"}])
def test_an_experiment_s_settings_and_words_rename_its_chapter_s_reports(tree, edit):
    before = names(tree)
    tree["experiments"]["ucsd"]["facades-l2"] |= edit
    assert renamed(before, names(tree)) == in_ucsd(before)


def test_another_seed_renames_every_report(tree):
    before = names(tree)
    assert renamed(before, names(tree | {"seeds": [0, 1]})) == set(before)


@pytest.mark.parametrize(
    "edit",
    [
        lambda tree: tree["datasets"]["facades"].update(title="Fronts"),
        lambda tree: tree["chapters"]["kth"].update(title="Another title"),
        lambda tree: tree["scales"]["full"].update(title="at full size"),
        lambda tree: tree["segmenter"].update(min_accuracy=0.5),
    ],
    ids=["dataset", "chapter", "scale", "min_accuracy"],
)
def test_words_and_limits_that_any_report_may_show_rename_them_all(tree, edit):
    before = names(tree)
    edit(tree)
    assert renamed(before, names(tree)) == set(before)


def test_what_another_scale_is_called_renames_nothing(tree):
    before = names(tree)
    tree["scales"]["small"]["title"] = "smaller"
    assert names(tree) == before


def test_a_corrected_transcription_renames_every_report(tree, tmp_path):
    for checkout in ("same", "corrected"):
        shutil.copytree(ROOT / "reports/published", tmp_path / checkout / "reports/published")
    (tmp_path / "corrected/reports/published/ucsd-table-1.csv").write_text("corrected")
    before = names(tree)
    assert names(tree, tmp_path / "same") == before
    assert renamed(before, names(tree, tmp_path / "corrected")) == set(before)


def test_what_is_hashed_to_name_runs_and_reports_grows_no_faster_than_the_experiments(tree, monkeypatch):
    sha256, hashed = hashlib.sha256, []
    monkeypatch.setattr(hashlib, "sha256", lambda content=b"": hashed.append(len(content)) or sha256(content))
    section = tree["experiments"]["kth"]

    def bytes_hashed(copies):
        names_of_copies = {f"{name}-{i}": settings for name, settings in section.items() for i in range(copies)}
        hashed.clear()
        names(tree | {"experiments": {"kth": names_of_copies}, "scales": {"full": tree["scales"]["full"]}})
        return sum(hashed)

    bytes_hashed(1)  # the code and tables that all reports share are hashed once
    few, twice, fourfold = (bytes_hashed(copies) for copies in (4, 8, 16))
    assert fourfold - twice < 2.1 * (twice - few)


def test_dvc_remakes_a_report_for_the_same_code_as_snakemake():
    deps = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]["chapter"]["do"]["deps"]
    assert {path for path in deps if path.startswith("src/")} == {f"src/pixcycle/{path}" for path in DRAWN_BY}


def test_a_report_is_drawn_by_no_other_code_than_its_name_says():
    """The modules of pixcycle that those of report/ import, but for what only checks, reads or names."""
    imported = set()
    for module in (ROOT / "src/pixcycle/report").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("pixcycle."):
                imported.add(node.module.removeprefix("pixcycle.").replace(".", "/"))
    told = {path.removesuffix(".py") for path in DRAWN_BY}
    others = {name for name in imported if not any(name == t or name.startswith(f"{t}/") for t in told)}
    assert others <= {
        "schema",
        "errors",
        "files",
        "commit",
        *("data/arrays", "data/batches"),
        "metrics/measured",
        *(n for n in others if n.startswith("engine/")),
    }
