import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest
from torch import nn

from pixcycle.base.errors import UserError
from pixcycle.base.file_lock import only_one
from pixcycle.ledger.inventory import inventory, on_disk_elsewhere
from pixcycle.plan.make import make_plan
from pixcycle.records.attempts import note
from pixcycle.training import checkpoint
from tests.support.edited import edited_json

L1 = "ucsd-facades-l1"


def entries(ledger, params=None, selection="all"):
    return inventory(params or ledger.params, selection, ledger.root)


def entry(ledger, params=None, stale=False):
    (only,) = [e for e in entries(ledger, params, L1) if bool(e.stale) == stale]
    return only


def why(ledger, params):
    return entry(ledger, params, stale=True).stale


def unfinished(ledger, rows=0):
    """Turn the run of L1 into an unfinished one with `rows` epochs in its history, and return its work folder."""
    folder = ledger.root / ledger.run().folder
    work = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(folder)
    work.mkdir()
    (work / "history.csv").write_text("epoch,step,g\r\n" + "".join(f"{i},{i},0.5\r\n" for i in range(rows)))
    (work / "config.json").write_text(ledger.run().model_dump_json())
    return work


def save_state(work, epoch, step=0):
    checkpoint.save(work, SimpleNamespace(nets=nn.Linear(1, 1), pools={}), checkpoint.Done(epoch, step, seconds=1.0))


def log(ledger, text):
    run = ledger.run()
    path = ledger.root / f"logs/{run.scale}/{run.id}/train-{run.seed}-{run.fingerprint}.log"
    path.parent.mkdir(parents=True)
    path.write_text(text)


def test_inventory_of_a_new_project_has_all_runs_to_do(ledger, tmp_path_factory):
    listed = inventory(ledger.params, "all", tmp_path_factory.mktemp("empty"))
    assert [e.run for e in listed] == [f"{id}/0" for id in (L1, "ucsd-facades-cyc-l1", "kaist-horse2zebra")]
    assert {e.state for e in listed} == {"to do"}


def test_inventory_of_finished_run_has_time_rate_attempts_and_job(ledger):
    listed = entry(ledger)
    assert (listed.state, listed.fingerprint, listed.folder) == (
        "finished",
        ledger.run().fingerprint,
        ledger.run().folder,
    )
    assert (listed.seconds, listed.images_per_second, listed.epochs) == (60, 20.0, 12)
    assert (listed.attempts, listed.host, listed.job) == (2, "laptop", None)
    assert listed.stale == listed.failure == listed.collapse == ""


def test_inventory_shows_if_translations_and_metrics_exist(ledger):
    assert (entry(ledger).translated, entry(ledger).measured) == (True, True)
    (ledger.root / ledger.run().metrics).unlink()
    assert (entry(ledger).translated, entry(ledger).measured) == (True, False)
    shutil.rmtree(ledger.root / ledger.run().translated)
    assert (entry(ledger).translated, entry(ledger).measured) == (False, False)


def test_inventory_of_collapsed_run_has_the_reason(ledger):
    with edited_json(ledger.root / ledger.run().folder / "run.json") as record:
        record |= {"status": "collapsed", "collapse": "d is at zero"}
    assert (entry(ledger).state, entry(ledger).collapse) == ("collapsed", "d is at zero")


def test_inventory_of_run_in_training_counts_epochs_of_its_history(ledger):
    work = unfinished(ledger, rows=3)
    with (work / "history.csv").open("a") as history:
        history.write("3,3,0.")  # a row that is still being written
    with only_one(work.with_suffix("")):
        note(work, from_epoch=0)
        listed = entry(ledger)
    assert (listed.state, listed.epochs, listed.attempts) == ("training", 3, 1)
    assert listed.of == ledger.run().config.n_epochs
    assert 0 <= listed.seconds < 60
    assert entry(ledger).state == "interrupted"


@pytest.mark.parametrize(("epoch", "step", "done"), [(2, 1, 2), (1, 1, 3), (3, 0, 3)])
def test_inventory_does_not_count_an_epoch_saved_halfway(ledger, epoch, step, done):
    work = unfinished(ledger, rows=3)
    save_state(work, epoch, step)
    with only_one(work.with_suffix("")):
        assert entry(ledger).epochs == done


def test_inventory_of_interrupted_run_has_the_epoch_it_resumes_after(ledger):
    work = unfinished(ledger, rows=9)
    assert (entry(ledger).state, entry(ledger).epochs) == ("interrupted", 0)
    save_state(work, 7)
    assert (entry(ledger).state, entry(ledger).epochs) == ("interrupted", 7)
    (work / "state/done.json").unlink()  # older states lack it
    assert entry(ledger).epochs is None


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("ucsd  epoch 3/150\npixcycle: data/x: the disk is full\n", "data/x: the disk is full"),
        ("a\nTraceback (most recent call last):\n  File\n    x = 1\nValueError: no\n  and more\n", "ValueError: no"),
        (
            "Traceback (most recent call last):\n  File\nKeyError: 1\n\nDuration\n"
            "Traceback (most recent call last):\n  File\n\ntorch.OutOfMemoryError: CUDA out of memory.\n",
            "torch.OutOfMemoryError: CUDA out of memory.",
        ),
    ],
)
def test_inventory_of_run_whose_log_ends_with_an_error_is_failed(ledger, text, error):
    unfinished(ledger)
    log(ledger, text)
    assert (entry(ledger).state, entry(ledger).failure) == ("failed", error)


@pytest.mark.parametrize(
    "text",
    ["", "epoch 3/150  g 0.5\n", "Traceback (most recent call last):\n  File\nKeyboardInterrupt\n"],
)
def test_inventory_of_killed_run_is_interrupted(ledger, text):
    unfinished(ledger)
    log(ledger, text)
    assert (entry(ledger).state, entry(ledger).failure) == ("interrupted", "")


def test_stale_run_says_why_until_the_edit_is_reverted(ledger):
    edited = ledger.edited(lr=0.001, n_epochs=300, gpus=2, inference_dropout=True, label="another")
    assert why(ledger, edited) == "lr 0.0002 → 0.001; n_epochs 18 → 36"
    assert entry(ledger, edited, stale=True).fingerprint == ledger.run().fingerprint
    assert (entry(ledger, edited).state, entry(ledger, edited).of) == ("to do", 36)
    assert [e.stale for e in entries(ledger, ledger.edited(lr=0.0002), L1)] == [""]


def test_stale_run_has_state_and_results_like_a_current_one(ledger):
    listed = entry(ledger, ledger.edited(lr=0.001), stale=True)
    assert (listed.state, listed.seconds, listed.translated, listed.measured) == ("finished", 60, True, True)
    (ledger.root / ledger.run().metrics).unlink()
    unfinished(ledger, rows=2)
    listed = entry(ledger, ledger.edited(lr=0.001), stale=True)
    assert (listed.state, listed.translated, listed.measured) == ("interrupted", True, False)


def test_inference_machine_and_descriptive_edits_make_no_run_stale(ledger):
    edited = ledger.edited(inference_dropout=True, gpus=2, compile="default", label="another", assumes={"lr": "ours"})
    listed = entry(ledger, edited)
    assert (listed.state, listed.stale, listed.translated, listed.measured) == ("finished", "", False, False)


def test_runs_requested_with_snakemake_config_are_not_stale(ledger):
    two_seeds = ledger.params.model_copy(update={"seeds": [0, 1]})
    ledger.finish(two_seeds)
    assert {e.run: e.stale for e in entries(ledger, selection=L1)}[f"{L1}/1"] == "seed 1 is not in params.yaml"
    plans = ledger.root / ".snakemake/plans"
    plans.mkdir(parents=True)
    (plans / "0123abcd.json").write_text(make_plan(two_seeds, ledger.root).model_dump_json())
    listed = {e.run: (e.stale, e.requested, e.state) for e in entries(ledger, selection=L1)}
    assert listed == {f"{L1}/0": ("", False, "finished"), f"{L1}/1": ("", True, "finished")}


def test_inventory_target_selects_experiment_group_or_chapter(ledger):
    def selected(target):
        return [e.run for e in entries(ledger, selection=target)]

    assert selected("ucsd-facades") == selected("ucsd") == [f"{L1}/0", "ucsd-facades-cyc-l1/0"]
    assert selected(L1) == [f"{L1}/0"]
    with pytest.raises(UserError, match=f"'ucsd-facades-l3'; did you mean '{L1}'"):
        selected("ucsd-facades-l3")


def test_inventory_target_can_be_an_experiment_only_on_disk(ledger):
    section = {name: e for name, e in ledger.params.experiments["ucsd"].items() if name != "facades-l1"}
    small = ledger.params.scales["small"].model_copy(update={"experiments": ["ucsd-facades-cyc-l1"]})
    experiments = ledger.params.experiments | {"ucsd": section}
    lost = ledger.params.model_copy(update={"experiments": experiments, "scales": {"small": small}})
    for target in (L1, "ucsd", "all"):
        assert [e.run for e in entries(ledger, lost, target) if e.run == f"{L1}/0"] == [f"{L1}/0"]
    assert [e.run for e in entries(ledger, lost, "ucsd-facades-cyc-l1")] == ["ucsd-facades-cyc-l1/0"]


def test_on_disk_elsewhere_counts_runs_at_other_scales(ledger):
    assert on_disk_elsewhere("full", ledger.root) == {"small": 3}
    assert on_disk_elsewhere("small", ledger.root) == {}


def test_ledger_tables_do_not_import_torch():
    code = "import sys, pixcycle.ledger.runs_table, pixcycle.ledger.gc_table; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
