import copy
import json
import re

import jsonschema
import pytest
import yaml

from pixcycle.base.errors import UserError
from pixcycle.data.layouts import earth
from pixcycle.evaluation.imagenet_inception import FILES
from pixcycle.metrics.extractors import EXTRACTORS, IMAGENET
from pixcycle.params.fields import PATTERNS
from pixcycle.params.load import check_params, load_params
from pixcycle.params.schema import Params
from pixcycle.plan.make import make_plan
from tests.support import ROOT

FACADES_L1 = "ucsd-facades-l1"


@pytest.fixture
def tree():
    return yaml.safe_load((ROOT / "params.yaml").read_text())


def refused(tree, **at):
    """Return the single line of the error that refuses the params."""
    with pytest.raises(UserError) as error:
        make_plan(check_params(tree), ROOT)
    assert "\n" not in str(error.value)
    return str(error.value)


def facades_l1(tree):
    return tree["experiments"]["ucsd"]["facades-l1"]


def test_committed_params_are_valid_at_every_scale(tree):
    for scale in tree["scales"]:
        assert make_plan(check_params(tree | {"scale": scale}), ROOT).runs


def test_check_params_suggests_the_field_for_a_misspelt_one(tree):
    facades_l1(tree)["batchsize"] = 4
    assert refused(tree) == (
        "params.yaml: experiments.ucsd.facades-l1.batchsize: unknown field; did you mean 'batch_size'?"
    )


def test_check_params_lists_known_keys_for_an_unknown_root_key(tree):
    tree["zzz"] = 1
    assert refused(tree).startswith("params.yaml: zzz: unknown field; known: scale, seeds, ")


def test_check_params_suggests_the_dataset_for_a_misspelt_one(tree):
    facades_l1(tree)["dataset"] = "fasades"
    assert refused(tree) == (
        "params.yaml: experiments.ucsd.facades-l1.dataset: unknown dataset 'fasades'; did you mean 'facades'?"
    )


def test_check_params_refuses_held_out_of_a_layout_with_splits(tree):
    tree["datasets"]["facades"]["held_out"] = 5
    assert refused(tree).startswith("params.yaml: datasets.facades: held_out: ")


def test_check_params_refuses_batch_size_zero_and_names_the_minimum(tree):
    facades_l1(tree)["batch_size"] = 0
    assert refused(tree) == (
        "params.yaml: experiments.ucsd.facades-l1.batch_size: must be greater than or equal to 1 (is 0)"
    )


def test_check_params_names_crop_sizes_that_a_unet_accepts(tree):
    facades_l1(tree)["crop_size"] = 200
    message = refused(tree)
    assert message.startswith("params.yaml: experiments.ucsd.facades-l1.crop_size: ")
    assert "128" in message and "256" in message


def test_check_params_refuses_crop_size_above_load_size(tree):
    facades_l1(tree)["load_size"] = 200
    assert refused(tree) == (
        "params.yaml: experiments.ucsd.facades-l1.load_size: must be at least crop_size (256); is 200"
    )


def test_make_plan_names_the_scale_at_which_a_patch_is_too_large(tree):
    tree["scales"]["small"]["resolution"] = 0.25
    tree["scale"] = "small"
    message = refused(tree)
    assert message.startswith("params.yaml: experiments.ucsd.cityscapes-patch286.patch at scale small: ")
    assert "96" in message


@pytest.mark.parametrize("locations", [[], ["https://example.org/c.zip", "package:cityscapes/c.zip", "ftp://c.zip"]])
def test_check_params_refuses_bring_without_a_local_path(tree, locations):
    tree["datasets"]["cityscapes"]["sources"][0]["locations"] = locations
    assert refused(tree) == (
        "params.yaml: datasets.cityscapes.sources.0: bring needs a path to put the data at; add one to its locations"
    )


@pytest.mark.parametrize("path", ["c.zip", "~/c.zip", "/d/c.zip", "file:///d/c.zip"])
def test_check_params_accepts_bring_with_any_local_path(tree, path):
    source = {"locations": ["https://example.org/c.zip", path], "bring": "the pairs"}
    tree["datasets"]["cityscapes"]["sources"] = [source]
    assert check_params(tree).datasets["cityscapes"].sources[0].locations[1] == path


def test_check_params_refuses_a_source_without_locations(tree):
    advice = "has no locations; add an address, a path or package:MODULE/FILE"
    facades, inception = tree["datasets"]["facades"]["sources"], tree["weights"]["inception-v3"]
    locations = facades[0].pop("locations")
    assert refused(tree) == f"params.yaml: datasets.facades.sources.0: {advice}"
    facades[0]["locations"], inception["locations"] = locations, []
    assert refused(tree) == f"params.yaml: weights.inception-v3: {advice}"


def test_make_plan_refuses_settings_that_the_method_lacks(tree):
    facades_l1(tree)["pool_size"] = 50
    assert "experiments.ucsd.facades-l1.pool_size: not supported by pix2pix" in refused(tree)


def test_check_params_reads_1e_4_as_a_number(tree):
    facades_l1(tree)["lr"] = "1e-4"
    assert check_params(tree).experiments["ucsd"]["facades-l1"].lr == 1e-4


def test_load_params_reports_invalid_yaml_in_one_line(tmp_path):
    (tmp_path / "params.yaml").write_text("scale: [full\n")
    with pytest.raises(UserError, match=r"params\.yaml: not YAML: .*line 2"):
        load_params(tmp_path / "params.yaml")


def test_committed_weights_match_the_extractors(tree):
    specs, weights = EXTRACTORS | {IMAGENET.name: IMAGENET}, check_params(tree).weights
    for name in specs.keys() & weights.keys():
        spec, source = specs[name], weights[name]
        assert source.locations[0] == spec.weights_source
        accepted = {(file.name, file.digest) for file in FILES} | {(spec.weights_file, spec.weights_sha256)}
        assert (spec.weights_file, source.sha256 or source.md5) in accepted


@pytest.mark.parametrize(
    ("field", "ids", "told"),
    [
        ("coded", [f"{FACADES_L1}@coded"], f"{FACADES_L1}@coded: write {FACADES_L1}, which is for both readings"),
        ("experiments", [f"{FACADES_L1}@coded"], f"{FACADES_L1}@coded: write {FACADES_L1}, which is for both readings"),
        (
            "most_epochs",
            {f"{FACADES_L1}@coded": 8},
            f"{FACADES_L1}@coded: write {FACADES_L1}, which is for both readings",
        ),
        ("coded", ["paris-face2comics"], "paris-face2comics: its code is not known to do otherwise; remove it"),
        ("coded", ["kth-apple2orange"], "kth-apple2orange: not among scales.demo.experiments; add it there, or"),
        ("coded", [FACADES_L1, FACADES_L1], f"must differ from each other; more than once: {FACADES_L1}"),
        ("experiments", [FACADES_L1, FACADES_L1], f"must differ from each other; more than once: {FACADES_L1}"),
        ("most_epochs", {"ucs": 8}, "unknown chapter or experiment 'ucs'; did you mean 'ucsd'?"),
    ],
)
def test_check_params_refuses_ids_that_a_scale_would_ignore(tree, field, ids, told):
    tree["scales"]["demo"] |= {"coded": []} | {field: ids}
    assert refused(tree).startswith(f"params.yaml: scales.demo.{field}: {told}")


def test_patterns_of_all_strings_are_told_in_words():
    assert set(re.findall(r'"(\^[^"]*\$)"', json.dumps(Params.model_json_schema()))) == PATTERNS.keys()


def test_check_params_refuses_a_calibration_without_ruler(tree):
    del tree["chapters"]["ucsd"]["ruler"]
    with pytest.raises(UserError, match=r"chapters\.ucsd: calibration: tries the chapter's ruler; add `ruler`"):
        check_params(tree)


def test_params_schema_json_is_up_to_date():
    committed = json.loads((ROOT / "src/pixcycle/params/params.schema.json").read_text())
    assert committed == Params.model_json_schema(), "run: pixcycle schema > src/pixcycle/params/params.schema.json"


def test_json_schema_accepts_params_and_refuses_a_misspelt_field(tree):
    schema = Params.model_json_schema()
    jsonschema.validate(tree, schema)
    misspelt = copy.deepcopy(tree)
    facades_l1(misspelt)["batchsize"] = 4
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(misspelt, schema)


def test_make_plan_refuses_published_weights_for_a_smaller_network(tree):
    tree["scales"]["small"]["published_weights"] = True
    tree["scale"] = "small"
    message = refused(tree)
    assert message.startswith(
        "params.yaml: experiments.paris.maps-aerial2map-authors.published_weights at scale small: "
    )


def test_make_plan_accepts_published_weights_of_resnets_and_cyclegan(tree):
    tree["published_weights"] |= {name: {"locations": [f"data/bring/{name}.pth"]} for name in ("there", "back")}
    weights = {"published_weights": "there", "published_weights_back": "back", "n_epochs": 0, "n_epochs_decay": 0}
    kaist = tree["experiments"]["kaist"]
    kaist["both"] = kaist["horse2zebra"] | weights
    kaist["one"] = kaist["both"] | {"method": "pix2pix", "dataset": "maps", "pool_size": 0}
    del kaist["one"]["published_weights_back"]
    tree["scale"] = "full"
    runs = make_plan(check_params(tree), ROOT).runs
    assert runs["kaist-both/0"].config.published == ["there", "back"]
    assert runs["kaist-one/0"].config.published == ["there"]
    assert len({runs[f"kaist-{name}/0"].fingerprint for name in ("both", "one", "horse2zebra")}) == 3


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"published_weights_back": None},
            "published_weights_back: cyclegan has 2 generator(s); name those of the second",
        ),
        (
            {"method": "pix2pix", "dataset": "maps", "pool_size": 0},
            "published_weights_back: pix2pix has 1 generator(s); leave it out",
        ),
        ({"published_weights": None}, "published_weights_back: are those of the second generator"),
        ({"norm": "batch"}, "published_weights: only fit generators of 64 filters"),
        ({"generator": "resnet6_short"}, "published_weights: only fit generators of 64 filters"),
        ({"published_weights_back": "nowhere"}, "published_weights_back: unknown weights 'nowhere'"),
    ],
)
def test_make_plan_refuses_published_weights_that_fit_no_generator(tree, changes, told):
    names = {"published_weights": "sat2map", "published_weights_back": "map2sat"}
    tree["experiments"]["kaist"]["horse2zebra"] |= names | changes
    assert f"experiments.kaist.horse2zebra.{told}" in refused(tree)


@pytest.mark.parametrize("id", ["paris.maps-aerial2map-authors", "kth.horse2zebra"])
def test_make_plan_refuses_a_first_dropout_block_that_the_network_lacks(tree, id):
    chapter, name = id.split(".")
    tree["experiments"][chapter][name]["first_dropout_block"] = 1
    assert refused(tree).startswith(f"params.yaml: experiments.{id}.first_dropout_block: ")


def test_make_plan_refuses_sample_epochs_after_the_last_epoch(tree):
    tree["experiments"]["kth"]["horse2zebra"]["sample_epochs"] = [1, 101]
    assert "sample_epochs: there is no epoch 101; the last is 100" in refused(tree)


def test_classes_of_earth_labels_are_those_that_earth_draws(tree):
    classes = tree["datasets"]["earth-labels"]["classes"]
    assert [(name, tuple(colour)) for name, colour in classes.items()] == list(earth.CLASSES.items())
