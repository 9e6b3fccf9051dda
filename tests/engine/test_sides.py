import os
import shutil

import pytest

from pixcycle.engine.sides import two_sides
from pixcycle.errors import UserError
from pixcycle.runs import plan
from tests.edited import edited_json

L1 = "ucsd-facades-l1"


@pytest.fixture
def fingerprints(ledger):
    """Of three runs of L1, the oldest first: with lr 0.0002, which params name, 0.001 and 0.002."""
    made = []
    for hour, lr in enumerate((0.0002, 0.001, 0.002)):
        params = ledger.edited(lr=lr)
        if lr != 0.0002:
            ledger.finish(params)
        run = plan(params, ledger.root).runs[f"{L1}/0"]
        edit(ledger, run, attempts=[{"started": f"2026-01-01T0{hour}:00:00+00:00", "host": "node"}])
        made.append(run.fingerprint)
    return made


def edit(ledger, run, **content):
    with edited_json(ledger.root / run.folder / "run.json") as record:
        record |= content


def sides(ledger, a=None, b=None, seed=None, params=None):
    return two_sides(plan(params or ledger.params, ledger.root), L1, a, b, seed, ledger.root)


def chosen(ledger, *given, **options):
    return [side.node.fingerprint for side in sides(ledger, *given, **options)]


def test_without_a_choice_the_newest_other_run_stands_before_the_current_one(ledger, fingerprints):
    oldest, _, newest = fingerprints
    assert chosen(ledger) == [newest, oldest]
    assert [side.current for side in sides(ledger)] == [False, True]


def test_where_the_current_run_is_not_finished_the_two_newest_are_taken(ledger, fingerprints):
    _, middle, newest = fingerprints
    assert chosen(ledger, params=ledger.edited(lr=0.5)) == [middle, newest]


def test_runs_are_chosen_by_how_their_fingerprints_begin_or_by_their_folders(ledger, fingerprints):
    oldest, middle, newest = fingerprints
    assert chosen(ledger, middle[:5], newest) == [middle, newest]
    assert chosen(ledger, middle[:5]) == [middle, oldest]
    assert chosen(ledger, oldest) == [oldest, newest]
    folder = f"results/small/ucsd/facades-l1/0-{newest}"
    for written in (folder, f"{folder}/", str(ledger.root / folder)):
        assert chosen(ledger, written, middle) == [newest, middle]


def test_a_folder_may_be_of_another_seed(ledger):
    ledger.finish(ledger.params.model_copy(update={"seeds": [4]}))
    other = ledger.run(f"{L1}/4")
    found = sides(ledger, other.folder, ledger.run(f"{L1}/4").folder.replace("4-", "0-"))
    assert [side.node.seed for side in found] == [4, 0]
    with pytest.raises(UserError, match="seed 4: it takes two finished runs"):
        sides(ledger, seed=4)


def test_without_two_runs_the_error_says_what_there_is(ledger):
    there = f"finished are: small 0-{ledger.run().fingerprint} \\(current\\)$"
    with pytest.raises(UserError, match=f"{L1}, scale small, seed 0: it takes two finished runs to compare; {there}"):
        sides(ledger)
    with pytest.raises(UserError, match=f"no run is called or begins with zz; {there}"):
        sides(ledger, "zz")
    shutil.move(ledger.root / ledger.run().folder, ledger.root / f"{ledger.run().folder}.part")
    with pytest.raises(UserError, match=r"finished are: none$"):
        sides(ledger)
    with pytest.raises(UserError, match=f"unknown experiment 'ucsd-facades-l1x'; did you mean '{L1}'"):
        two_sides(plan(ledger.params, ledger.root), "ucsd-facades-l1x", None, None, None, ledger.root)


def test_a_beginning_that_several_fingerprints_share_is_refused(ledger, fingerprints):
    for fingerprint in fingerprints[:2]:
        folder = ledger.root / f"results/small/ucsd/facades-l1/0-{fingerprint}"
        folder.rename(folder.with_name(f"0-0{fingerprint[1:]}"))
    with pytest.raises(UserError, match="several fingerprints begin with 0; finished are: small"):
        sides(ledger, "0")


def test_each_side_has_the_metrics_and_translations_that_were_made_from_it(ledger, fingerprints):
    old, current = sides(ledger)
    for side, lr in ((old, 0.002), (current, 0.0002)):
        run = plan(ledger.edited(lr=lr), ledger.root).runs[f"{L1}/0"]
        assert side.measured["fingerprint"] == run.metrics_fingerprint
        assert side.translated == ledger.root / run.translated
        assert (side.config["config"]["lr"], side.notes) == (lr, [])


def test_a_current_run_has_the_settings_of_inference_that_params_give_it_now(ledger, fingerprints):
    ledger.finish(ledger.edited(inference_dropout=True))
    with edited_json(ledger.root / ledger.run().folder / "config.json") as config:
        config["config"]["inference_dropout"] = False
    _, current = sides(ledger, params=ledger.edited(inference_dropout=True))
    assert current.config["config"]["inference_dropout"]
    assert current.translated == ledger.root / ledger.run().translated


def test_metrics_that_other_settings_made_are_found_by_the_run_that_they_name(ledger, fingerprints):
    first = plan(ledger.edited(lr=0.002), ledger.root).runs[f"{L1}/0"]
    ledger.finish(ledger.edited(lr=0.002, inference_dropout=True))
    second = ledger.run()
    assert second.folder == first.folder
    (ledger.root / first.folder / "config.json").write_text(first.model_dump_json())  # as when it was trained
    assert sides(ledger)[0].translated == ledger.root / first.translated
    (ledger.root / first.metrics).unlink()
    old = sides(ledger)[0]
    assert (old.measured["fingerprint"], old.translated) == (
        second.metrics_fingerprint,
        ledger.root / second.translated,
    )
    assert old.notes == ["it was not measured with its present settings of inference and features, but with others"]


def test_what_is_missing_is_said_in_a_line(ledger, fingerprints):
    run = plan(ledger.edited(lr=0.002), ledger.root).runs[f"{L1}/0"]
    (ledger.root / run.metrics).unlink()
    shutil.rmtree(ledger.root / run.translated)
    old, _ = sides(ledger)
    assert old.notes == ["no metrics say that they are of this run", "its translations are not on disk"]
    (ledger.root / run.folder / "config.json").unlink()
    old, _ = sides(ledger)
    assert old.notes[0] == "it has no config.json, so that its settings are not known"


def test_metrics_of_a_recipe_that_wrote_less_are_refused_by_what_they_lack(ledger, fingerprints):
    run = plan(ledger.edited(lr=0.002), ledger.root).runs[f"{L1}/0"]
    with edited_json(ledger.root / run.metrics) as measured:
        del measured["neighbours"], measured["resize"]
    old, _ = sides(ledger)
    assert old.measured == {}
    assert old.notes == ["its metrics are of an older recipe and cannot be read: they lack neighbours, resize"]


def test_runs_that_do_not_say_when_they_began_are_as_new_as_their_record(ledger, fingerprints):
    current, *others = fingerprints
    runs = [plan(ledger.edited(lr=lr), ledger.root).runs[f"{L1}/0"] for lr in (0.001, 0.002)]
    for run in runs:
        edit(ledger, run, attempts=[])
    for newer, older, fingerprint in ((0, 1, others[0]), (1, 0, others[1])):
        for place, time in ((newer, 2e9), (older, 1e9)):
            os.utime(ledger.root / runs[place].folder / "run.json", (time, time))
        assert chosen(ledger) == [fingerprint, current]
