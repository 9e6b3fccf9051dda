import os
import shutil

import pytest

from pixcycle.base.errors import UserError
from pixcycle.ledger.run_pair import two_sides
from pixcycle.plan.make import make_plan
from tests.support.edited import edited_json

L1 = "ucsd-facades-l1"


@pytest.fixture
def fingerprints(ledger):
    """Fingerprints of three runs of L1, oldest first: with lr 0.0002, which params name, 0.001 and 0.002."""
    fingerprints = []
    for hour, lr in enumerate((0.0002, 0.001, 0.002)):
        params = ledger.edited(lr=lr)
        if lr != 0.0002:
            ledger.finish(params)
        run = make_plan(params, ledger.root).runs[f"{L1}/0"]
        edit(ledger, run, attempts=[{"started": f"2026-01-01T0{hour}:00:00+00:00", "host": "node"}])
        fingerprints.append(run.fingerprint)
    return fingerprints


def edit(ledger, run, **content):
    with edited_json(ledger.root / run.folder / "run.json") as record:
        record |= content


def sides(ledger, a=None, b=None, seed=None, params=None):
    return two_sides(make_plan(params or ledger.params, ledger.root), L1, a, b, seed, ledger.root)


def chosen(ledger, *arguments, **options):
    return [side.node.fingerprint for side in sides(ledger, *arguments, **options)]


def test_two_sides_defaults_to_newest_other_run_and_current_run(ledger, fingerprints):
    oldest, _, newest = fingerprints
    assert chosen(ledger) == [newest, oldest]
    assert [side.current for side in sides(ledger)] == [False, True]


def test_two_sides_takes_two_newest_if_current_is_unfinished(ledger, fingerprints):
    _, middle, newest = fingerprints
    assert chosen(ledger, params=ledger.edited(lr=0.5)) == [middle, newest]


def test_two_sides_accepts_the_id_of_the_other_reading(ledger):
    both = ledger.params.model_copy(update={"readings": ["written", "coded"]})
    ledger.finish(both)
    pair = sides(ledger, f"{L1}@coded", params=both)
    assert [side.node.id for side in pair] == [f"{L1}@coded", L1]


def test_two_sides_accepts_fingerprint_prefixes_and_folders(ledger, fingerprints):
    oldest, middle, newest = fingerprints
    assert chosen(ledger, middle[:5], newest) == [middle, newest]
    assert chosen(ledger, middle[:5]) == [middle, oldest]
    assert chosen(ledger, oldest) == [oldest, newest]
    folder = f"results/small/ucsd/facades-l1/0-{newest}"
    for path in (folder, f"{folder}/", str(ledger.root / folder)):
        assert chosen(ledger, path, middle) == [newest, middle]


def test_two_sides_accepts_a_folder_of_another_seed(ledger):
    ledger.finish(ledger.params.model_copy(update={"seeds": [4]}))
    other = ledger.run(f"{L1}/4")
    pair = sides(ledger, other.folder, ledger.run(f"{L1}/4").folder.replace("4-", "0-"))
    assert [side.node.seed for side in pair] == [4, 0]
    with pytest.raises(UserError, match="seed 4: two finished runs are needed"):
        sides(ledger, seed=4)


def test_two_sides_without_two_runs_lists_the_finished_ones(ledger):
    finished = f"finished runs: small 0-{ledger.run().fingerprint} \\(current\\)$"
    with pytest.raises(UserError, match=f"{L1}, scale small, seed 0: two finished runs .*{finished}"):
        sides(ledger)
    with pytest.raises(UserError, match=f"no run matches zz; {finished}"):
        sides(ledger, "zz")
    shutil.move(ledger.root / ledger.run().folder, ledger.root / f"{ledger.run().folder}.part")
    with pytest.raises(UserError, match=r"finished runs: none$"):
        sides(ledger)
    with pytest.raises(UserError, match=f"'ucsd-facades-l1x'; did you mean '{L1}'"):
        two_sides(make_plan(ledger.params, ledger.root), "ucsd-facades-l1x", None, None, None, ledger.root)


def test_two_sides_refuses_an_ambiguous_fingerprint_prefix(ledger, fingerprints):
    for fingerprint in fingerprints[:2]:
        folder = ledger.root / f"results/small/ucsd/facades-l1/0-{fingerprint}"
        folder.rename(folder.with_name(f"0-0{fingerprint[1:]}"))
    with pytest.raises(UserError, match="start with 0; finished runs: small"):
        sides(ledger, "0")


def test_two_sides_have_the_metrics_and_translations_of_their_runs(ledger, fingerprints):
    old, current = sides(ledger)
    for side, lr in ((old, 0.002), (current, 0.0002)):
        run = make_plan(ledger.edited(lr=lr), ledger.root).runs[f"{L1}/0"]
        assert side.measured.fingerprint == run.metrics_fingerprint
        assert side.translated == ledger.root / run.translated
        assert (side.config.config["lr"], side.notes) == (lr, [])


def test_current_side_has_the_inference_settings_of_params(ledger, fingerprints):
    ledger.finish(ledger.edited(inference_dropout=True))
    with edited_json(ledger.root / ledger.run().folder / "config.json") as config:
        config["config"]["inference_dropout"] = False
    _, current = sides(ledger, params=ledger.edited(inference_dropout=True))
    assert current.config.config["inference_dropout"]
    assert current.translated == ledger.root / ledger.run().translated


def test_side_finds_metrics_made_with_other_settings(ledger, fingerprints):
    first = make_plan(ledger.edited(lr=0.002), ledger.root).runs[f"{L1}/0"]
    ledger.finish(ledger.edited(lr=0.002, inference_dropout=True))
    second = ledger.run()
    assert second.folder == first.folder
    (ledger.root / first.folder / "config.json").write_text(first.model_dump_json())  # as written by the training
    assert sides(ledger)[0].translated == ledger.root / first.translated
    (ledger.root / first.metrics).unlink()
    old = sides(ledger)[0]
    assert (old.measured.fingerprint, old.translated) == (
        second.metrics_fingerprint,
        ledger.root / second.translated,
    )
    [note] = old.notes
    assert "measured with other inference or feature settings" in note


def test_side_notes_what_is_missing(ledger, fingerprints):
    run = make_plan(ledger.edited(lr=0.002), ledger.root).runs[f"{L1}/0"]
    (ledger.root / run.metrics).unlink()
    shutil.rmtree(ledger.root / run.translated)
    old, _ = sides(ledger)
    assert ["metrics" in old.notes[0], "translations" in old.notes[1]] == [True, True] and len(old.notes) == 2
    (ledger.root / run.folder / "config.json").unlink()
    old, _ = sides(ledger)
    assert "config.json" in old.notes[0]


def test_side_notes_fields_that_older_metrics_lack(ledger, fingerprints):
    run = make_plan(ledger.edited(lr=0.002), ledger.root).runs[f"{L1}/0"]
    with edited_json(ledger.root / run.metrics) as measured:
        del measured["neighbours"], measured["resize"]
    old, _ = sides(ledger)
    assert old.measured is None
    [note] = old.notes
    assert note.endswith("neighbours, resize")


def test_two_sides_orders_runs_without_attempts_by_record_time(ledger, fingerprints):
    current, *others = fingerprints
    runs = [make_plan(ledger.edited(lr=lr), ledger.root).runs[f"{L1}/0"] for lr in (0.001, 0.002)]
    for run in runs:
        edit(ledger, run, attempts=[])
    for newer, older, fingerprint in ((0, 1, others[0]), (1, 0, others[1])):
        for place, time in ((newer, 2e9), (older, 1e9)):
            os.utime(ledger.root / runs[place].folder / "run.json", (time, time))
        assert chosen(ledger) == [fingerprint, current]
