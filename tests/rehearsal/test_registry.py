"""Check that params.yaml and the report of `make rehearsal` cover everything in the five reports."""

import csv
import itertools
import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from pixcycle.params.load import load_params
from pixcycle.params.schema import CODED, Params
from pixcycle.plan.runs import written_id
from tests.support import ROOT

REPORT = ROOT / "reports/rehearsal"
REGISTRY = yaml.safe_load((Path(__file__).parent / "registry.yaml").read_text())
NEEDS_WEIGHTS = {"paris-claim-b"}
"""Claims about weights that the authors of pix2pix published, which the rehearsal does not download."""

needs_report = pytest.mark.skipif(not REPORT.exists(), reason="no report of scale rehearsal; run `make rehearsal`")


def names(pattern: str) -> list[str]:
    """Expand `{a,b}-{c,d}` to a-c, a-d, b-c, b-d."""
    parts = [part.strip("{}").split(",") for part in re.findall(r"\{[^}]*\}|[^{}]+", pattern)]
    return ["".join(chosen) for chosen in itertools.product(*parts)]


def runs(chapter: str) -> list[str]:
    groups = REGISTRY[chapter]["runs"]
    return [f"{chapter}-{name}" for group in groups if "count" in group for name in names(group["names"])]


def every(what: str):
    return [pytest.param(chapter, item, id=str(item)) for chapter in REGISTRY for item in REGISTRY[chapter][what]]


@pytest.fixture(scope="module")
def params() -> Params:
    return load_params(ROOT / "params.yaml")


@pytest.fixture(scope="module")
def values() -> dict:
    return json.loads((REPORT / "values.json").read_text())


def test_registry_has_27_10_3_4_and_8_runs_all_in_params():
    counts = {chapter: sum(group.get("count", 0) for group in REGISTRY[chapter]["runs"]) for chapter in REGISTRY}
    assert counts == {"ucsd": 27, "wustl": 10, "paris": 3, "kth": 4, "kaist": 8}
    assert {chapter: len(runs(chapter)) for chapter in REGISTRY} == counts
    declared = load_params(ROOT / "params.yaml").experiment_ids
    assert {id for chapter in REGISTRY for id in runs(chapter)} <= declared.keys()


def gathered(chapter: str, groups: str, *kinds: str) -> dict[str, dict]:
    """Return the settings of each run of a chapter, those of the given kinds in its `runs` or its `coded`."""
    settings: dict[str, dict] = {}
    for group in REGISTRY[chapter].get(groups, []):
        for name in names(group["names"]):
            of_run = settings.setdefault(name, {})
            for kind in kinds:
                for field, value in group.get(kind, {}).items():
                    assert of_run.setdefault(field, value) == value, f"{name}: two values of {field}"
    return settings


@pytest.mark.parametrize("chapter", REGISTRY)
def test_params_match_the_registry_settings_of_every_run(chapter, params):
    experiments = params.experiments[chapter]
    for name, settings in gathered(chapter, "runs", "stated", "settings").items():
        assert {field: getattr(experiments[name], field) for field in settings} == settings, name


@pytest.mark.parametrize("chapter", REGISTRY)
def test_params_state_exactly_what_the_registry_states(chapter, params):
    experiments = params.experiments[chapter]
    stated = {name: set(settings) for name, settings in gathered(chapter, "runs", "stated").items()}
    assert {name: set(experiments[name].stated) for name in stated} == stated


@pytest.mark.parametrize("chapter", REGISTRY)
def test_params_as_coded_match_the_registry(chapter, params):
    """Each setting of the registry's code is that of params, and params take no others from code."""
    coded = gathered(chapter, "coded", "settings")
    assert set(coded) == {name for name in gathered(chapter, "runs") if params.experiments[chapter][name].coded}
    for name, settings in coded.items():
        experiment = params.experiment(f"{chapter}-{name}{CODED}")
        assert {field: getattr(experiment, field) for field in settings} == settings, name
        written = params.experiments[chapter][name]
        assert written.coded.keys() | set(written.settled) - set(written.stated) <= settings.keys(), name


@pytest.mark.parametrize("chapter", [chapter for chapter in REGISTRY if "coded" in REGISTRY[chapter]])
def test_chapters_tell_of_every_setting_that_their_code_changes(chapter, params):
    told = {field for matter in params.chapters[chapter].code.otherwise for field in matter.fields}
    changed = {
        field
        for experiment in params.experiments[chapter].values()
        for field, value in experiment.coded.items()
        if value != getattr(experiment, field)
    }
    assert changed <= told


def test_params_give_a_reason_for_every_additional_experiment():
    params = load_params(ROOT / "params.yaml")
    registered = {id for chapter in REGISTRY for id in runs(chapter)}
    for id, (chapter, name) in params.experiment_ids.items():
        assert (written_id(id) in registered) != bool(params.experiments[chapter][name].extra), id


@pytest.mark.parametrize("chapter", [chapter for chapter in REGISTRY if "silent" in REGISTRY[chapter]])
def test_params_assume_something_wherever_a_report_is_silent(chapter):
    assumed = load_params(ROOT / "params.yaml").chapters[chapter].assumes
    assert [subject for subject in REGISTRY[chapter]["silent"] if subject not in assumed] == []


@pytest.mark.parametrize("chapter", REGISTRY)
def test_params_assume_something_wherever_a_report_is_silent_on_a_run(chapter, params):
    for group in REGISTRY[chapter]["runs"]:
        for name in names(group["names"]):
            assert set(group.get("silent", [])) <= params.experiments[chapter][name].assumes.keys(), name


@pytest.mark.parametrize(
    ("table", "numbers"),
    [
        ("ucsd-table-1", 54),
        ("ucsd-table-2", 9),
        ("ucsd-figure-2", 48),
        ("wustl-section-4.6", 3),
        ("wustl-figure-7", 34),
        ("kaist-table-1", 20),
        ("fcn-score", 63),
    ],
)
def test_published_tables_are_transcribed_completely(table, numbers):
    assert pd.read_csv(ROOT / f"reports/published/{table}.csv").select_dtypes("number").count().sum() == numbers


@needs_report
def test_rehearsal_measured_every_run(values):
    for chapter in REGISTRY:
        for id in runs(chapter):
            measured = values["experiments"][id]
            assert measured["status"][0] in ("finished", "collapsed")
            assert all(math.isfinite(measured["metrics"][m]["mean"]) for m in ("fid", "kid", "precision", "recall"))


@needs_report
@pytest.mark.parametrize(("chapter", "table"), every("tables"))
def test_rehearsal_tables_have_every_published_row_and_run(chapter, table):
    with (REPORT / f"tables/{table}.csv").open(newline="") as file:
        columns, *rows = csv.reader(file)
    published = REGISTRY[chapter]["tables"][table]
    assert [row[0] for row in rows][: len(published)] == published
    assert not [cell for row in rows for cell in row if cell in ("", "not run", "nan", "withheld")]
    ours = [i for i, title in enumerate(columns) if title.endswith("ours")]
    assert not [row[0] for row in rows[: len(published)] for i in ours if row[i] == "–"]


@needs_report
@pytest.mark.parametrize(("chapter", "figure"), every("figures"))
def test_rehearsal_figures_are_drawn_from_all_of_their_runs(chapter, figure, values):
    drawn = values["figures"][figure]
    assert len(drawn["made_from"]) == REGISTRY[chapter]["figures"][figure]
    assert "not run" not in drawn["caption"].lower()
    file = REPORT / drawn["file"]
    if file.suffix == ".svg":
        assert file.read_text().count("<path") > 10
    else:
        assert np.asarray(Image.open(file).convert("L")).std() > 10


@needs_report
@pytest.mark.parametrize(("chapter", "letter"), every("claims"))
def test_rehearsal_claims_have_verdicts(chapter, letter, values):
    claim = f"{chapter}-claim-{letter}"
    decided = ("holds", "holds on those run", "does not hold", "not distinguishable")
    assert values["claims"][claim] in (("not run",) if claim in NEEDS_WEIGHTS else decided)


@needs_report
def test_rehearsal_page_is_smaller_than_15_megabytes():
    assert (REPORT / "report.html").stat().st_size < 15e6


@needs_report
def test_rehearsal_report_has_five_chapters_and_names_stand_in_data():
    page = (REPORT / "report.html").read_text()
    for chapter in REGISTRY:
        assert f'id="{chapter}"' in page
        assert f'id="{chapter}-assumptions"' in page and f'id="{chapter}-inconsistencies"' in page
    assert page.index("Stand-in data") < page.index("What was run")
    for words in ("one of them is probably a copying slip", "precision and recall", "Elsewhere: the FID"):
        assert words in page
    assert (REPORT / "report.pdf").read_bytes().startswith(b"%PDF")
