import copy
import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from pixcycle import config, runs
from pixcycle.data import earth
from pixcycle.errors import UserError
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.schema import Params

ROOT = Path(__file__).parents[1]


@pytest.fixture
def tree():
    return yaml.safe_load((ROOT / "params.yaml").read_text())


def refused(tree, **at):
    """The one line with which the params are refused."""
    with pytest.raises(UserError) as error:
        runs.plan(config.check(tree), ROOT)
    assert "\n" not in str(error.value)
    return str(error.value)


def facades_l1(tree):
    return tree["experiments"]["ucsd"]["facades-l1"]


def test_the_committed_params_are_valid_at_every_scale(tree):
    for scale in tree["scales"]:
        assert runs.plan(config.check(tree | {"scale": scale}), ROOT).runs


def test_an_unknown_field_is_named_with_the_field_that_was_meant(tree):
    facades_l1(tree)["batchsize"] = 4
    assert refused(tree) == (
        "params.yaml: experiments.ucsd.facades-l1.batchsize: unknown field; did you mean 'batch_size'?"
    )


def test_an_unknown_key_at_the_root_lists_what_is_known(tree):
    tree["zzz"] = 1
    assert refused(tree).startswith("params.yaml: zzz: unknown field; known: scale, seeds, ")


def test_a_misspelt_dataset_is_named_with_the_dataset_that_was_meant(tree):
    facades_l1(tree)["dataset"] = "fasades"
    assert refused(tree) == (
        "params.yaml: experiments.ucsd.facades-l1.dataset: unknown dataset 'fasades'; did you mean 'facades'?"
    )


def test_a_batch_of_zero_is_answered_with_what_would_be_right(tree):
    facades_l1(tree)["batch_size"] = 0
    assert refused(tree) == (
        "params.yaml: experiments.ucsd.facades-l1.batch_size: must be greater than or equal to 1 (is 0)"
    )


def test_a_crop_that_the_unet_cannot_halve_names_the_sizes_that_it_can(tree):
    facades_l1(tree)["crop_size"] = 200
    message = refused(tree)
    assert message.startswith("params.yaml: experiments.ucsd.facades-l1.crop_size: ")
    assert "128" in message and "256" in message


def test_a_crop_larger_than_what_it_is_cut_from_is_refused(tree):
    facades_l1(tree)["load_size"] = 200
    assert refused(tree) == (
        "params.yaml: experiments.ucsd.facades-l1.load_size: must be at least crop_size (256); is 200"
    )


def test_a_patch_larger_than_a_scale_allows_names_the_scale(tree):
    tree["scales"]["small"]["resolution"] = 0.25
    message = refused(tree)
    assert message.startswith("params.yaml: experiments.ucsd.cityscapes-patch286.patch at scale small: ")
    assert "96" in message


@pytest.mark.parametrize("locations", [[], ["https://example.org/c.zip", "package:cityscapes/c.zip", "ftp://c.zip"]])
def test_data_to_bring_without_a_path_to_put_it_at_is_refused(tree, locations):
    tree["datasets"]["cityscapes"]["sources"][0]["locations"] = locations
    assert refused(tree) == (
        "params.yaml: datasets.cityscapes.sources.0: says what to bring, but not where to put it; "
        "add a path to its locations"
    )


@pytest.mark.parametrize("path", ["c.zip", "~/c.zip", "/d/c.zip", "file:///d/c.zip"])
def test_data_to_bring_may_be_put_at_any_path(tree, path):
    source = {"locations": ["https://example.org/c.zip", path], "bring": "the pairs"}
    tree["datasets"]["cityscapes"]["sources"] = [source]
    assert config.check(tree).datasets["cityscapes"].sources[0].locations[1] == path


def test_a_source_without_a_location_is_refused(tree):
    advice = "has no locations; add an address, a path or package:MODULE/FILE"
    facades, inception = tree["datasets"]["facades"]["sources"], tree["weights"]["inception-v3"]
    locations = facades[0].pop("locations")
    assert refused(tree) == f"params.yaml: datasets.facades.sources.0: {advice}"
    facades[0]["locations"], inception["locations"] = locations, []
    assert refused(tree) == f"params.yaml: weights.inception-v3: {advice}"


def test_settings_that_a_method_does_not_have_are_refused_rather_than_ignored(tree):
    facades_l1(tree)["pool_size"] = 50
    assert "experiments.ucsd.facades-l1.pool_size: pix2pix" in refused(tree)


def test_a_learning_rate_that_yaml_readers_disagree_on_is_a_number_for_us(tree):
    facades_l1(tree)["lr"] = "1e-4"
    assert config.check(tree).experiments["ucsd"]["facades-l1"].lr == 1e-4


def test_a_file_that_is_not_yaml_is_answered_in_one_line(tmp_path):
    (tmp_path / "params.yaml").write_text("scale: [full\n")
    with pytest.raises(UserError, match=r"params\.yaml: not YAML: .*line 2"):
        config.load(tmp_path / "params.yaml")


def test_the_weights_to_fetch_are_those_that_the_extractor_accepts(tree):
    for name, source in config.check(tree).weights.items():
        spec = EXTRACTORS[name]
        assert (source.sha256, source.locations[0]) == (spec.weights_sha256, spec.weights_source)


def test_the_published_schema_is_the_code_s():
    published = json.loads((ROOT / "src/pixcycle/params.schema.json").read_text())
    assert published == Params.model_json_schema(), "run: pixcycle schema > src/pixcycle/params.schema.json"


def test_the_schema_accepts_the_committed_params_and_refuses_a_misspelt_field(tree):
    schema = Params.model_json_schema()
    jsonschema.validate(tree, schema)
    broken = copy.deepcopy(tree)
    facades_l1(broken)["batchsize"] = 4
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


def test_published_weights_do_not_fit_a_smaller_network(tree):
    tree["scales"]["small"]["published_weights"] = True
    message = refused(tree)
    assert message.startswith(
        "params.yaml: experiments.paris.maps-aerial2map-authors.published_weights at scale small: "
    )


def test_a_sample_after_the_last_epoch_is_refused(tree):
    tree["experiments"]["kth"]["horse2zebra"]["sample_epochs"] = [1, 101]
    assert "sample_epochs: there is no epoch 101; the last is 100" in refused(tree)


def test_the_classes_of_the_embedded_labels_are_those_that_are_drawn(tree):
    classes = tree["datasets"]["earth-labels"]["classes"]
    assert [(name, tuple(colour)) for name, colour in classes.items()] == list(earth.CLASSES.items())
