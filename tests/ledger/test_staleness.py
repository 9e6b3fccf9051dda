"""Why params do not name a run on disk."""

from pixcycle.ledger.staleness import changes, why_stale
from pixcycle.params.experiment import Experiment
from pixcycle.paths import result
from pixcycle.plan.make import make_plan
from pixcycle.plan.names import RECIPE
from pixcycle.records.run import RunConfig, RunRecord, config_file, run_file
from tests.conftest import tiny_experiment
from tests.support.edited import edited_json

L1 = "ucsd-facades-l1"


def why(ledger, params, absent=()):
    """Return why other params do not name the finished run of L1."""
    folder = ledger.run().folder
    path = ledger.root / folder
    config, record = RunConfig.find(config_file(path)), RunRecord.find(run_file(path))
    plan = make_plan(params, ledger.root) if params.scale in params.scales else None
    return why_stale(result(folder), config, record, plan, set(absent))


def test_why_stale_of_a_scale_that_is_gone_names_it(ledger):
    gone = ledger.params.model_copy(update={"scales": {"full": ledger.params.scales["full"]}})
    assert why(ledger, gone) == "scale small is no longer in params.yaml"


def test_changes_takes_defaults_for_missing_settings_and_ignores_labels():
    settings = tiny_experiment().model_dump(mode="json")
    default = Experiment.model_fields["beta1"].default
    other = {name: value for name, value in settings.items() if name != "beta1"} | {"label": "another", "skips": False}
    assert changes(settings, other) == {"skips": ("true", "false")}
    assert changes(settings | {"beta1": 0.9}, other)["beta1"] == ("0.9", f"{default:g}")


def test_why_stale_writes_lists_and_missing_values_as_params_do(ledger):
    edited = ledger.edited(sample_epochs=[5, 10], lr_discriminator=0.0001, skips=False)
    assert why(ledger, edited) == "skips true → false; lr_discriminator – → 0.0001; sample_epochs [] → [1]"


def test_why_stale_assumes_defaults_for_fields_missing_in_old_config(ledger):
    with edited_json(ledger.root / ledger.run().folder / "config.json") as config:
        del config["config"]["beta1"], config["config"]["skips"]
    assert why(ledger, ledger.edited(skips=False)) == "skips true → false"


def test_why_stale_names_changed_data_unless_a_setting_explains_it(ledger):
    scale = ledger.params.scales["small"].model_copy(update={"train_images": 7})
    fewer = ledger.params.model_copy(update={"scales": ledger.params.scales | {"small": scale}})
    data = make_plan(fewer, ledger.root).runs[f"{L1}/0"].data
    assert why(ledger, fewer) == f"data {ledger.run().data} → {data}"
    assert why(ledger, ledger.edited(resize="bilinear")) == "resize nearest → bilinear"
    assert why(ledger, ledger.edited(first_size=128)) == "first_size – → 64"
    assert why(ledger, ledger.edited(intensities="stretched")) == "intensities fixed → stretched"


def test_why_stale_names_missing_own_files(ledger):
    source = (
        ledger.params.datasets["facades"]
        .sources[0]
        .model_copy(update={"content": None, "locations": [str(ledger.root / "unmounted")]})
    )
    facades = ledger.params.datasets["facades"].model_copy(update={"sources": [source]})
    unmounted = ledger.params.model_copy(update={"datasets": ledger.params.datasets | {"facades": facades}})
    assert why(ledger, unmounted, absent=["facades"]) == "the files of its dataset are missing"


def test_why_stale_names_what_was_removed_from_params(ledger):
    assert why(ledger, ledger.params.model_copy(update={"seeds": [1]})) == "seed 0 is not in params.yaml"
    both = ledger.edited(lr=0.001).model_copy(update={"seeds": [1]})
    assert why(ledger, both) == "seed 0 is not in params.yaml; lr 0.0002 → 0.001"
    section = {name: e for name, e in ledger.params.experiments["ucsd"].items() if name != "facades-l1"}
    lost = ledger.params.model_copy(update={"experiments": ledger.params.experiments | {"ucsd": section}})
    small = ledger.params.scales["small"].model_copy(update={"experiments": ["ucsd-facades-cyc-l1"]})
    assert why(ledger, lost.model_copy(update={"scales": {"small": small}})) == f"{L1} is no longer in params.yaml"
    smaller = ledger.params.model_copy(update={"scales": {"small": small}})
    assert why(ledger, smaller) == f"{L1} is no longer part of scale small"


def test_why_stale_names_an_older_recipe_in_the_record(ledger, monkeypatch):
    recipe = RECIPE
    version = recipe["train"]
    monkeypatch.setitem(recipe, "train", version + 1)
    assert why(ledger, ledger.params) == f"recipe {version} → {version + 1}"
    file = ledger.root / ledger.run().folder / "run.json"
    with edited_json(file) as record:
        del record["recipe"]
    assert "another recipe" in why(ledger, ledger.params)
    (file.parent / "config.json").unlink()
    assert why(ledger, ledger.params) == "unknown: it has no config.json"
