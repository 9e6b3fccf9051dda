import json
import shutil

import pytest
import typer

from pixcycle import cli
from pixcycle.alone import only_one
from pixcycle.engine.gc import remove, unnamed
from pixcycle.errors import UserError
from pixcycle.runs import plan

INPUTS = ["data/features", "data/segmenters", "data/weights", "data/raw"]


def free(ledger, params=None):
    return {found.node.on_disk: found for found in unnamed(params or ledger.params, ledger.root) if not found.kept}


def kept(ledger, params):
    return {found.node.on_disk: found.kept for found in unnamed(params, ledger.root) if found.kept}


def made_by(run):
    return {run.folder, run.translated, run.metrics}


def remember(ledger, params):
    """As Snakemake does of what it was asked for."""
    plans = ledger.root / ".snakemake/plans"
    plans.mkdir(parents=True, exist_ok=True)
    asked = plan(params, ledger.root)
    (plans / f"{asked.fingerprint}.json").write_text(asked.model_dump_json())


def test_what_params_name_is_never_free_at_whatever_scale(ledger):
    assert free(ledger) == {}
    assert free(ledger, ledger.params.model_copy(update={"scale": "full"})) == {}


def test_an_edit_frees_the_old_run_with_its_translations_and_metrics_and_says_why(ledger):
    found = free(ledger, ledger.edited(lr=0.001))
    run = ledger.run()
    assert found.keys() == made_by(run)
    name = run.folder.rpartition("/")[2]
    assert found[run.folder].why == "lr 0.0002 → 0.001"
    assert found[run.translated].why == found[run.metrics].why == f"of {name}"
    assert found[run.metrics].size == (ledger.root / run.metrics).stat().st_size
    size = sum(path.stat().st_size for path in (ledger.root / run.translated).rglob("*.png"))
    assert found[run.translated].size == size > 0


def test_removing_what_is_free_leaves_everything_else_as_it_was(ledger):
    edited = ledger.edited(lr=0.001)
    ledger.finish(edited)
    before, run = ledger.files(), plan(ledger.params, ledger.root).runs["ucsd-facades-l1/0"]
    for found in free(ledger, edited).values():
        remove(found.node, ledger.root)
    gone = {path for path in before if any(path == made or path.startswith(f"{made}/") for made in made_by(run))}
    assert ledger.files() == before - gone
    assert free(ledger, edited) == {}


def test_other_translations_of_a_run_that_stays_are_free(ledger):
    edited = ledger.edited(inference_dropout=True)
    found = free(ledger, edited)
    run = ledger.run()
    assert found.keys() == {run.translated, run.metrics}
    name = run.folder.rpartition("/")[2]
    assert found[run.translated].why == f"of {name}, which is translated otherwise now"
    assert found[run.metrics].why == f"of {name}, which is measured otherwise now"


def test_a_run_that_was_not_measured_tells_which_translations_are_its_own(ledger):
    run = ledger.run()
    (ledger.root / run.metrics).unlink()
    assert free(ledger, ledger.edited(lr=0.001))[run.translated].why == f"of 0-{run.fingerprint}"


def test_metrics_alone_tell_which_run_translations_are_of(ledger):
    first = ledger.run()
    ledger.finish(ledger.edited(inference_dropout=True))
    second = ledger.run()
    (ledger.root / first.folder / "config.json").write_text(first.model_dump_json())  # as it was when it was trained
    found = free(ledger, ledger.edited(inference_dropout=True, lr=0.001))
    assert found[second.translated].why == found[second.metrics].why == f"of 0-{first.fingerprint}"
    (ledger.root / second.metrics).unlink()
    assert free(ledger, ledger.edited(lr=0.001))[second.translated].why == "its run is not here"


def test_inputs_that_no_run_reads_are_free_and_nothing_else_below_data(ledger):
    run = ledger.run()
    stale = [f"{folder}/facades-01234567" for folder in INPUTS[3:]]
    stale += ["data/prepared/facades-01234567.part", "data/segmenters/facades-01234567-89abcdef"]
    stale += ["data/features/facades-01234567-inception-v3-89abcdef", "data/weights/inception-v3-01234567.pth"]
    others = ["data/own/facades-01234567", "data/bring/x-01234567", "data/mirror/x-01234567", "data/prepared/mine"]
    others += ["reports/small/x-01234567", "results/small/ucsd/facades-l1/0-0123abcd-notes", "results/0-0123abcd"]
    for path in [*stale, *others]:
        (ledger.root / path).mkdir(parents=True)
    for found in free(ledger).values():
        assert found.why == "no run of params.yaml reads it"
    assert free(ledger).keys() == set(stale)
    assert run.data not in " ".join(free(ledger))
    resized = {id: f"data/prepared/{data}" for id, data in [(run.id, run.data)]}
    assert resized[run.id] not in free(ledger, ledger.edited(resize="bilinear"))  # other experiments still read it


def test_prepared_data_are_free_once_no_experiment_at_any_scale_reads_them(ledger):
    horses = ledger.run("kaist-horse2zebra/0")
    edited = ledger.edited("kaist-horse2zebra", resize="nearest")
    found = free(ledger, edited)
    assert f"data/prepared/{horses.data}" in found
    assert made_by(horses) < found.keys()


def test_what_snakemake_was_asked_for_with_config_stays_on_the_settings_of_today(ledger):
    three = ledger.params.model_copy(update={"seeds": [0, 1]})
    ledger.finish(three)
    later = ledger.results.plan.runs["ucsd-facades-l1/1"]
    assert made_by(later) < free(ledger).keys()
    remember(ledger, three)
    assert free(ledger) == {}
    assert set(kept(ledger, ledger.params).values()) == {"asked"}
    assert made_by(later) < kept(ledger, ledger.params).keys()
    assert made_by(later) < free(ledger, ledger.edited(lr=0.001)).keys()


def test_what_a_running_snakemake_has_locked_stays_though_params_were_edited_since(ledger):
    edited, run = ledger.edited(lr=0.001), ledger.run()
    locks = ledger.root / ".snakemake/locks"
    locks.mkdir(parents=True)
    (locks / "0.input.lock").write_text(f"{run.folder}\n{run.translated}\n")
    (locks / "0.output.lock").write_text(f"{run.metrics}\n")
    assert kept(ledger, edited) == dict.fromkeys(made_by(run), "locked")
    assert free(ledger, edited) == {}
    (locks / "0.output.lock").unlink()
    assert free(ledger, edited).keys() == {run.metrics}


def test_a_run_that_a_process_is_training_stays_and_an_abandoned_one_goes(ledger):
    edited, run = ledger.edited(lr=0.001), ledger.run()
    work = ledger.root / f"{run.folder}.part"
    shutil.move(ledger.root / run.folder, work)
    with only_one(ledger.root / run.folder):
        assert kept(ledger, edited) == {f"{run.folder}.part": "in work"}
    assert f"{run.folder}.part" in free(ledger, edited)
    assert f"{run.folder}.part" not in free(ledger)  # what params name goes on from there


def test_a_run_that_begins_to_be_trained_before_its_turn_is_left_whole(ledger):
    run = ledger.run()
    work = ledger.root / f"{run.folder}.part"
    shutil.move(ledger.root / run.folder, work)
    found = free(ledger, ledger.edited(lr=0.001))[f"{run.folder}.part"]
    before = ledger.files()
    with only_one(ledger.root / run.folder), pytest.raises(UserError, match="is being made already"):
        remove(found.node, ledger.root)
    assert before <= ledger.files()


def test_a_run_that_is_finished_before_its_turn_keeps_its_new_name(ledger):
    run = ledger.run()
    work = ledger.root / f"{run.folder}.part"
    shutil.move(ledger.root / run.folder, work)
    found = free(ledger, ledger.edited(lr=0.001))[f"{run.folder}.part"]
    shutil.move(work, ledger.root / run.folder)
    before = ledger.files()
    remove(found.node, ledger.root)
    assert ledger.files() == before


def test_what_was_made_from_files_that_are_not_there_just_now_stays(ledger):
    own = ledger.root / "unmounted"
    facades = ledger.params.datasets["facades"]
    source = facades.sources[0].model_copy(update={"content": None, "locations": [str(own)]})
    datasets = ledger.params.datasets | {"facades": facades.model_copy(update={"sources": [source]})}
    unmounted = ledger.params.model_copy(update={"datasets": datasets})
    run = ledger.run()
    assert kept(ledger, unmounted).keys() > {*made_by(run), f"data/prepared/{run.data}"}
    assert set(kept(ledger, unmounted).values()) == {"absent"}
    assert free(ledger, unmounted) == {}
    ledger.finish(unmounted)  # as runs whose data were named before the files were brought
    experiments = ledger.edited(lr=0.001).experiments
    edited = unmounted.model_copy(update={"experiments": experiments})
    assert free(ledger, edited).keys() == made_by(ledger.run())
    own.mkdir()
    (own / "1.png").write_bytes(b"another")
    assert free(ledger, unmounted).keys() > {*made_by(run), f"data/prepared/{run.data}"}


def test_a_scale_that_params_lost_frees_its_runs(ledger):
    scales = {name: scale for name, scale in ledger.params.scales.items() if name != "small"}
    found = free(ledger, ledger.params.model_copy(update={"scale": "full", "scales": scales}))
    assert found[ledger.run().folder].why == "scale small is no longer in params.yaml"
    assert found[ledger.run().metrics].why == f"of 0-{ledger.run().fingerprint}"


def test_a_removal_that_is_cut_off_leaves_nothing_under_the_name_and_is_taken_up_again(ledger, monkeypatch):
    edited, run = ledger.edited(lr=0.001), ledger.run()
    node = free(ledger, edited)[run.folder].node

    def killed(path):
        (path / "run.json").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            remove(node, ledger.root)
    assert not (ledger.root / run.folder).exists()
    left = f"{run.folder}.gone.part"
    for params in (edited, ledger.params):
        assert free(ledger, params)[left].why == "left by a removal that was interrupted"
    remove(free(ledger, edited)[left].node, ledger.root)
    assert not (ledger.root / left).exists()


@pytest.fixture
def gc(ledger, monkeypatch, capsys):
    """`pixcycle gc` in the project's folder, where an edited params.yaml names another run; what it prints."""
    edited = ledger.edited(lr=0.001).model_dump(mode="json")
    (ledger.root / "params.yaml").write_text(json.dumps(edited))
    monkeypatch.chdir(ledger.root)

    def call(*arguments, terminal=False):
        for stream in ("stdin", "stdout"):
            monkeypatch.setattr(f"sys.{stream}.isatty", lambda: terminal)
        monkeypatch.setattr("sys.argv", ["pixcycle", "gc", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        assert not stop.value.code
        return capsys.readouterr().out

    return call


def exists(ledger):
    return {path for path in made_by(ledger.run()) if (ledger.root / path).exists()}


def test_without_a_terminal_gc_shows_and_removes_nothing(gc, ledger):
    told = gc()
    run = ledger.run()
    assert f"0-{run.fingerprint}" in told and "lr 0.0002 → 0.001" in told
    assert "Together 1 run, 1 translation, 1 metrics file" in told
    assert "Nothing was removed" in told
    assert exists(ledger) == made_by(run)


def test_with_yes_gc_removes_what_it_shows_and_says_what_that_freed(gc, ledger):
    (ledger.root / "dvc.lock").touch()
    told = gc("--yes")
    assert "Freed" in told and "`dvc gc -w`" in told
    assert exists(ledger) == set()
    assert "Nothing to free" in gc("--yes")


@pytest.mark.parametrize(("answer", "left"), [(True, 0), (False, 3)])
def test_on_a_terminal_gc_asks(gc, ledger, monkeypatch, answer, left):
    monkeypatch.setattr(typer, "confirm", lambda _: answer)
    gc(terminal=True)
    assert len(exists(ledger)) == left


def test_what_is_named_again_while_gc_waits_for_an_answer_stays(gc, ledger, monkeypatch):
    def revert_the_edit(_):
        reverted = ledger.params.model_dump(mode="json")
        (ledger.root / "params.yaml").write_text(json.dumps(reverted))
        return True

    monkeypatch.setattr(typer, "confirm", revert_the_edit)
    gc(terminal=True)
    assert exists(ledger) == made_by(ledger.run())


@pytest.mark.parametrize("kind", ["raw", "prepared"])
def test_data_that_a_process_is_making_stay(ledger, kind):
    out = f"data/{kind}/old-1234abcd"
    (ledger.root / f"{out}.part").mkdir(parents=True)
    with only_one(ledger.root / out):
        assert kept(ledger, ledger.params) == {f"{out}.part": "in work"}
    assert set(free(ledger)) == {f"{out}.part"}
