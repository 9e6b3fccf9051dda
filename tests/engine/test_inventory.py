import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest
from torch import nn

from pixcycle.alone import only_one
from pixcycle.engine.inventory import inventory, on_disk_elsewhere
from pixcycle.errors import UserError
from pixcycle.runs import plan
from pixcycle.training import checkpoint
from pixcycle.training.attempts import note
from tests.edited import edited_json

L1 = "ucsd-facades-l1"


def entries(ledger, params=None, selection="all"):
    return inventory(params or ledger.params, selection, ledger.root)


def entry(ledger, params=None, stale=False):
    (found,) = [e for e in entries(ledger, params, L1) if bool(e.stale) == stale]
    return found


def why(ledger, params):
    return entry(ledger, params, stale=True).stale


def unfinished(ledger, rows=0):
    """The run of L1 as its training leaves it on the way, with so many epochs in its history."""
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


def test_before_anything_ran_all_runs_are_to_do(ledger, tmp_path_factory):
    found = inventory(ledger.params, "all", tmp_path_factory.mktemp("empty"))
    assert [e.run for e in found] == [f"{id}/0" for id in (L1, "ucsd-facades-cyc-l1", "kaist-horse2zebra")]
    assert {e.state for e in found} == {"to do"}


def test_a_finished_run_tells_its_time_its_rate_its_attempts_and_its_job(ledger):
    found = entry(ledger)
    assert (found.state, found.fingerprint, found.folder) == ("finished", ledger.run().fingerprint, ledger.run().folder)
    assert (found.seconds, found.images_per_second, found.epochs) == (60, 20.0, 12)
    assert (found.attempts, found.host, found.slurm_job_id) == (2, "laptop", None)
    assert found.stale == found.failure == found.collapse == ""


def test_translations_and_metrics_are_told_as_they_come(ledger):
    assert (entry(ledger).translated, entry(ledger).measured) == (True, True)
    (ledger.root / ledger.run().metrics).unlink()
    assert (entry(ledger).translated, entry(ledger).measured) == (True, False)
    shutil.rmtree(ledger.root / ledger.run().translated)
    assert (entry(ledger).translated, entry(ledger).measured) == (False, False)


def test_a_collapsed_run_says_how(ledger):
    with edited_json(ledger.root / ledger.run().folder / "run.json") as record:
        record |= {"status": "collapsed", "collapse": "d is at zero"}
    assert (entry(ledger).state, entry(ledger).collapse) == ("collapsed", "d is at zero")


def test_a_run_in_training_has_a_process_that_holds_it_and_the_epochs_of_its_history(ledger):
    work = unfinished(ledger, rows=3)
    with (work / "history.csv").open("a") as history:
        history.write("3,3,0.")  # a row that is just being written
    with only_one(work.with_suffix("")):
        note(work, from_epoch=0)
        found = entry(ledger)
    assert (found.state, found.epochs, found.attempts) == ("training", 3, 1)
    assert found.of == ledger.run().config.n_epochs
    assert 0 <= found.seconds < 60
    assert entry(ledger).state == "interrupted"


@pytest.mark.parametrize(("epoch", "step", "told"), [(2, 1, 2), (1, 1, 3), (3, 0, 3)])
def test_an_epoch_in_which_a_state_was_saved_is_not_taken_for_done(ledger, epoch, step, told):
    work = unfinished(ledger, rows=3)
    save_state(work, epoch, step)
    with only_one(work.with_suffix("")):
        assert entry(ledger).epochs == told


def test_an_interrupted_run_says_after_which_epoch_it_goes_on(ledger):
    work = unfinished(ledger, rows=9)
    assert (entry(ledger).state, entry(ledger).epochs) == ("interrupted", 0)
    save_state(work, 7)
    assert (entry(ledger).state, entry(ledger).epochs) == ("interrupted", 7)
    (work / "state/done.json").unlink()  # as older states lack it
    assert entry(ledger).epochs is None


@pytest.mark.parametrize(
    ("text", "told"),
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
def test_a_run_whose_log_ends_with_an_error_failed(ledger, text, told):
    unfinished(ledger)
    log(ledger, text)
    assert (entry(ledger).state, entry(ledger).failure) == ("failed", told)


@pytest.mark.parametrize(
    "text",
    ["", "epoch 3/150  g 0.5\n", "Traceback (most recent call last):\n  File\nKeyboardInterrupt\n"],
)
def test_a_run_that_was_killed_left_no_word_and_was_interrupted(ledger, text):
    unfinished(ledger)
    log(ledger, text)
    assert (entry(ledger).state, entry(ledger).failure) == ("interrupted", "")


def test_after_an_edit_the_old_run_is_stale_and_says_why_until_the_edit_is_reverted(ledger):
    edited = ledger.edited(lr=0.001, n_epochs=300, gpus=2, inference_dropout=True, label="another")
    assert why(ledger, edited) == "lr 0.0002 → 0.001; n_epochs 18 → 36"
    assert entry(ledger, edited, stale=True).fingerprint == ledger.run().fingerprint
    assert (entry(ledger, edited).state, entry(ledger, edited).of) == ("to do", 36)
    assert [e.stale for e in entries(ledger, ledger.edited(lr=0.0002), L1)] == [""]


def test_a_stale_run_tells_its_state_and_results_as_a_current_one_does(ledger):
    found = entry(ledger, ledger.edited(lr=0.001), stale=True)
    assert (found.state, found.seconds, found.translated, found.measured) == ("finished", 60, True, True)
    (ledger.root / ledger.run().metrics).unlink()
    unfinished(ledger, rows=2)
    found = entry(ledger, ledger.edited(lr=0.001), stale=True)
    assert (found.state, found.translated, found.measured) == ("interrupted", True, False)


def test_an_edit_of_inference_of_the_machine_or_of_words_makes_no_run_stale(ledger):
    edited = ledger.edited(inference_dropout=True, gpus=2, compile="default", label="another", assumes={"lr": "ours"})
    found = entry(ledger, edited)
    assert (found.state, found.stale, found.translated, found.measured) == ("finished", "", False, False)


def test_a_setting_that_is_a_list_or_was_not_given_is_told_as_params_would_have_it(ledger):
    edited = ledger.edited(sample_epochs=[5, 10], lr_discriminator=0.0001, skips=False)
    assert why(ledger, edited) == "skips true → false; lr_discriminator – → 0.0001; sample_epochs [] → [1]"


def test_a_field_that_an_old_config_lacks_had_its_default(ledger):
    with edited_json(ledger.root / ledger.run().folder / "config.json") as config:
        del config["config"]["beta1"], config["config"]["skips"]
    assert why(ledger, ledger.edited(skips=False)) == "skips true → false"


def test_other_prepared_data_are_told_unless_a_setting_already_says_so(ledger):
    scale = ledger.params.scales["small"].model_copy(update={"train_images": 7})
    fewer = ledger.params.model_copy(update={"scales": ledger.params.scales | {"small": scale}})
    now = plan(fewer, ledger.root).runs[f"{L1}/0"].data
    assert why(ledger, fewer) == f"data {ledger.run().data} → {now}"
    assert why(ledger, ledger.edited(resize="bilinear")) == "resize nearest → bilinear"


def test_files_of_one_s_own_that_are_not_there_are_named_as_the_reason(ledger):
    source = (
        ledger.params.datasets["facades"]
        .sources[0]
        .model_copy(update={"content": None, "locations": [str(ledger.root / "unmounted")]})
    )
    facades = ledger.params.datasets["facades"].model_copy(update={"sources": [source]})
    unmounted = ledger.params.model_copy(update={"datasets": ledger.params.datasets | {"facades": facades}})
    assert why(ledger, unmounted) == "the files of its dataset are not there"


def test_a_seed_an_experiment_and_a_part_of_a_scale_that_params_lost_are_named(ledger):
    assert why(ledger, ledger.params.model_copy(update={"seeds": [1]})) == "seed 0 is not in params.yaml"
    both = ledger.edited(lr=0.001).model_copy(update={"seeds": [1]})
    assert why(ledger, both) == "seed 0 is not in params.yaml; lr 0.0002 → 0.001"
    section = {name: e for name, e in ledger.params.experiments["ucsd"].items() if name != "facades-l1"}
    lost = ledger.params.model_copy(update={"experiments": ledger.params.experiments | {"ucsd": section}})
    small = ledger.params.scales["small"].model_copy(update={"experiments": ["ucsd-facades-cyc-l1"]})
    assert why(ledger, lost.model_copy(update={"scales": {"small": small}})) == f"{L1} is no longer in params.yaml"
    smaller = ledger.params.model_copy(update={"scales": {"small": small}})
    assert why(ledger, smaller) == f"{L1} is no longer part of scale small"


def test_an_older_recipe_is_told_by_the_record(ledger, monkeypatch):
    recipe = sys.modules["pixcycle.runs"].RECIPE
    now = recipe["train"]
    monkeypatch.setitem(recipe, "train", now + 1)
    assert why(ledger, ledger.params) == f"recipe {now} → {now + 1}"
    file = ledger.root / ledger.run().folder / "run.json"
    with edited_json(file) as record:
        del record["recipe"]
    assert "another recipe" in why(ledger, ledger.params)
    (file.parent / "config.json").unlink()
    assert why(ledger, ledger.params) == "it has no config.json to tell"


def test_what_snakemake_was_asked_for_with_config_is_not_stale(ledger):
    three = ledger.params.model_copy(update={"seeds": [0, 1]})
    ledger.finish(three)
    assert {e.run: e.stale for e in entries(ledger, selection=L1)}[f"{L1}/1"] == "seed 1 is not in params.yaml"
    asked = plan(three, ledger.root)
    plans = ledger.root / ".snakemake/plans"
    plans.mkdir(parents=True)
    (plans / "0123abcd.json").write_text(asked.model_dump_json())
    found = {e.run: (e.stale, e.asked, e.state) for e in entries(ledger, selection=L1)}
    assert found == {f"{L1}/0": ("", False, "finished"), f"{L1}/1": ("", True, "finished")}


def test_a_target_selects_an_experiment_a_group_or_a_chapter(ledger):
    def selected(target):
        return [e.run for e in entries(ledger, selection=target)]

    assert selected("ucsd-facades") == selected("ucsd") == [f"{L1}/0", "ucsd-facades-cyc-l1/0"]
    assert selected(L1) == [f"{L1}/0"]
    with pytest.raises(UserError, match=f"unknown target 'ucsd-facades-l3'; did you mean '{L1}'"):
        selected("ucsd-facades-l3")


def test_an_experiment_that_is_on_disk_alone_can_be_asked_for(ledger):
    section = {name: e for name, e in ledger.params.experiments["ucsd"].items() if name != "facades-l1"}
    small = ledger.params.scales["small"].model_copy(update={"experiments": ["ucsd-facades-cyc-l1"]})
    experiments = ledger.params.experiments | {"ucsd": section}
    lost = ledger.params.model_copy(update={"experiments": experiments, "scales": {"small": small}})
    for target in (L1, "ucsd", "all"):
        assert [e.run for e in entries(ledger, lost, target) if e.run == f"{L1}/0"] == [f"{L1}/0"]
    assert [e.run for e in entries(ledger, lost, "ucsd-facades-cyc-l1")] == ["ucsd-facades-cyc-l1/0"]


def test_runs_at_other_scales_are_counted(ledger):
    assert on_disk_elsewhere("full", ledger.root) == {"small": 3}
    assert on_disk_elsewhere("small", ledger.root) == {}


def test_nothing_of_this_needs_torch():
    code = "import sys, pixcycle.engine.runs_table, pixcycle.engine.gc_table; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
