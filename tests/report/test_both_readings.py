"""A chapter in both readings, from fabricated runs of both."""

import pytest

from pixcycle.report.chapters import sections_of
from pixcycle.report.code_differences import code_differences
from pixcycle.report.content import Bullets, Figure, Table, blocks_of, claims_of
from pixcycle.report.document import document
from pixcycle.report.provenance import runs
from tests.support.results import Results, ruled

FLIPS = "Flips of the whole training"
CYC = ["ucsd-facades-cyc-l1", "ucsd-facades-cyc-l2", "ucsd-facades-cyc-l1l2", "ucsd-facades-l1"]


def better_as_coded(run) -> dict:
    """Make L1 the best as coded, and the worst as written."""
    fids = {"facades-cyc-l1@coded": 50.0, "facades-cyc-l1": 190.0}
    fid = {"fid": fids.get(run.name, 110.0)}
    return fid | {"beside_published": ruled(run, **fid)}


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Results:
    return Results(tmp_path_factory.mktemp("both"), CYC, better_as_coded, readings=("written", "coded"))


@pytest.fixture(scope="module")
def sections(results, tmp_path_factory):
    return sections_of("ucsd", results.draft(out=tmp_path_factory.mktemp("out")))


def test_comparison_table_has_published_written_and_coded_side_by_side(sections):
    table = next(table for table in blocks_of(sections, Table) if table.id == "ucsd-table-2-facades")
    of_fid = [column.title for column in table.columns if column.group.startswith("FID")]
    assert of_fid[:3] == ["published", "ours as written", "ours as coded"]
    first = {column.title: cell.text for column, cell in zip(table.columns[:6], table.rows[0][:6], strict=True)}
    assert (first["ours as written"], first["ours as coded"]) == ("190.00", "50.00")
    assert "ucsd-facades-cyc-l1@coded/0" in table.made_from


def test_claims_are_judged_under_each_reading(sections):
    verdicts = {claim.id: claim.verdict for claim in claims_of(sections)}
    assert (verdicts["ucsd-claim-c"], verdicts["ucsd-claim-c-coded"]) == ("does not hold", "holds on those run")


def test_figures_of_coded_runs_follow_and_name_their_reading(sections):
    figures = {figure.id: figure for figure in blocks_of(sections, Figure)}
    assert figures["ucsd-samples-facades"].caption.startswith("As written: ")
    assert figures["ucsd-samples-facades-coded"].caption.startswith("As coded: ")
    assert "ucsd-facades-cyc-l1@coded/0" in figures["ucsd-samples-facades-coded"].made_from
    assert not any(key.partition("/")[0].endswith("@coded") for key in figures["ucsd-samples-facades"].made_from)


def test_code_differences_open_the_chapter_with_the_measured_difference(results, tmp_path):
    (section,) = code_differences(results.draft(out=tmp_path), "ucsd")
    matters, readings = blocks_of([section], Table)
    assert [row[3].text for row in matters.rows if row[0].text == "batch size, unpaired"] == ["batch_size: 8"]
    row = next(row for row in readings.rows if row[0].text == "ucsd-facades-cyc-l1")
    assert [cell.text for cell in row[1:4]] == ["190.00", "50.00", "-140.00"]


def test_code_differences_do_not_repeat_a_field_that_no_experiment_codes(results, tmp_path):
    draft = results.draft(out=tmp_path)
    params = draft.plan.params
    chapter = params.chapters["ucsd"]
    matters = [
        chapter.code.otherwise[0].model_copy(update={"fields": fields}) for fields in (["beta1"], ["beta1", "adam"])
    ]
    chapter = chapter.model_copy(update={"code": chapter.code.model_copy(update={"otherwise": matters})})
    params = params.model_copy(update={"chapters": params.chapters | {"ucsd": chapter}})
    draft.plan = draft.plan.model_copy(update={"params": params})
    table = blocks_of(code_differences(draft, "ucsd"), Table)[0]
    assert [row[3].text for row in table.rows] == ["not repeated", "adam: keras_shared"]


def test_run_entries_of_code_say_which_side_of_the_pairs_is_mirrored(results):
    entries = {e.key: dict(e.facts) for block in runs(results.draft(), []) for e in block.entries}
    flips = {key: facts[FLIPS] for key, facts in entries.items() if FLIPS in facts}
    assert flips == {"ucsd-facades-l1@coded/0": "neither photo nor label mirrored, as drawn from seed 0"}


@pytest.mark.parametrize(("readings", "shown"), [(["written", "coded"], True), (["coded"], False)])
def test_assumptions_of_a_chapter_are_those_of_the_runs_as_written(tmp_path, readings, shown):
    draft = Results(tmp_path, ["ucsd-facades-l1"], readings=readings).draft()
    section = next(section for section in document(draft).sections if section.id == "ucsd-assumptions")
    subjects = [subject for block in blocks_of([section], Bullets) for subject, _ in block.items]
    assert ("order of the two steps" in subjects) == shown


def test_code_not_run_counts_as_not_run_in_the_coded_reading(tmp_path):
    results = Results(tmp_path, CYC, better_as_coded, readings=("written", "coded"))
    scale = results.plan.params.chosen_scale.model_copy(update={"coded": ["ucsd-facades-cyc-l1"]})
    scales = results.plan.params.scales | {"small": scale}
    params = results.plan.params.model_copy(update={"scales": scales})
    draft = results.draft()
    draft.plan = results.plan.model_copy(update={"params": params})
    view = draft.as_coded()
    assert view.one("ucsd-facades-cyc-l1").key == "ucsd-facades-cyc-l1@coded/0"
    assert "ucsd-facades-cyc-l2" not in view


def test_report_of_coded_runs_alone_says_so_of_all_numbers(tmp_path):
    results = Results(tmp_path, CYC, better_as_coded, readings=("written", "coded"))
    draft = results.draft(out=tmp_path / "out")
    draft.runs = {id: seeds for id, seeds in draft.runs.items() if id.endswith("@coded")}
    sections = sections_of("ucsd", draft)
    table = next(table for table in blocks_of(sections, Table) if "table-2" in table.id)
    assert table.id == "ucsd-table-2-facades-coded" and table.caption.startswith("As coded: ")
    assert "ours as written" not in {column.title for column in table.columns}
    assert all(claim.id.endswith("-coded") for claim in claims_of(sections))


def test_additions_of_ours_belong_to_no_code(tmp_path):
    ids = ["ucsd-facades-l1", "ucsd-facades-untrained"]
    view = Results(tmp_path, ids, readings=("written", "coded")).draft().as_coded()
    assert ids[0] in view and ids[1] not in view


def test_history_has_mean_of_d_halves_in_both_readings(results):
    draft = results.draft()
    written = draft.one("ucsd-facades-l1")
    coded = draft.one("ucsd-facades-l1@coded")
    assert (written.config.halve_discriminator, coded.config.halve_discriminator) == (True, False)
    assert draft.history(coded)["d"].tolist() == [d / 2 for d in draft.history(written)["d"]]
    assert draft.history(coded)["g"].tolist() == draft.history(written)["g"].tolist()
