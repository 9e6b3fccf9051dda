"""The nodes that params, earlier calls of Snakemake and its locks refer to."""

import pytest

from pixcycle import paths
from pixcycle.ledger.referenced import absent, locked, names, needed, requested_plans
from pixcycle.plan.make import make_plan
from pixcycle.plan.names import weights_key

L1 = "ucsd-facades-l1"


@pytest.fixture
def remember(ledger):
    """Return a function that stores the plan of some params as a call of Snakemake does."""

    def store(params):
        plan = make_plan(params, ledger.root)
        file = ledger.root / paths.plan(plan.fingerprint)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(plan.model_dump_json())

    return store


def test_needed_has_the_outputs_and_inputs_of_every_run(ledger):
    plan = ledger.results.plan
    found = needed(plan, ledger.root)
    for run in plan.runs.values():
        assert {run.folder, run.translated, run.metrics, paths.prepared(run.data)} <= found
        assert paths.raw(plan.data[run.data].raw) in found
    kinds = [path.split("/")[1] for path in found if path.startswith("data/")]
    datasets = len({run.data for run in plan.runs.values()})
    assert {kind: kinds.count(kind) for kind in kinds} == dict.fromkeys(("raw", "prepared", "features"), datasets)


def test_needed_has_the_segmenter_and_weights_that_runs_read(ledger):
    experiments = ["ucsd-cityscapes-l1", "paris-maps-map2aerial-authors"]
    full = ledger.params.scales["full"].model_copy(update={"experiments": experiments})
    params = ledger.params.model_copy(update={"scale": "full", "scales": {"full": full}, "extractor": "inception-v3"})
    plan = make_plan(params, ledger.root)
    weights = sorted(path for path in needed(plan, ledger.root) if path.startswith("data/weights/"))
    names = [path.split("/")[2].rpartition("-")[0] for path in weights]
    assert names == ["inception-v3", "inception-v3-imagenet", "map2sat"]
    run = plan.runs["ucsd-cityscapes-l1/0"]
    assert paths.segmenter(run.segmenter) in needed(plan, ledger.root)
    run.metric_weights["sat2map"] = "a fingerprint"  # as if a metric needed them
    assert paths.weights(weights_key(params, "sat2map", ledger.root)) in needed(plan, ledger.root)


def test_needed_has_the_published_weights_of_both_generators(ledger):
    weights = {"published_weights": "sat2map", "published_weights_back": "map2sat"}
    horses = ledger.params.experiments["kaist"]["horse2zebra"].model_copy(update=weights)
    full = ledger.params.scales["full"].model_copy(update={"experiments": ["kaist-horse2zebra"]})
    experiments = {"kaist": {"horse2zebra": horses}}
    params = ledger.params.model_copy(update={"scale": "full", "scales": {"full": full}, "experiments": experiments})
    found = needed(make_plan(params, ledger.root), ledger.root)
    assert {paths.weights(weights_key(params, name, ledger.root)) for name in weights.values()} <= found


def test_requested_plans_take_seeds_from_earlier_calls_but_no_edited_settings(ledger, remember):
    remember(ledger.edited(lr=0.001).model_copy(update={"seeds": [7]}))
    [plan] = requested_plans(ledger.params, ledger.root)
    assert plan.params.seeds == [7]
    assert plan.runs[f"{L1}/7"].config.lr == ledger.run().config.lr


def test_requested_plans_ignore_scales_that_are_gone_and_repeated_calls(ledger, remember):
    remember(ledger.params)
    remember(ledger.edited(lr=0.001))  # the same settings that --config can set
    remember(ledger.params.model_copy(update={"scale": "full"}))
    small = ledger.params.model_copy(update={"scales": {"small": ledger.params.scales["small"]}})
    assert [plan.params.scale for plan in requested_plans(small, ledger.root)] == ["small"]
    assert sorted(plan.params.scale for plan in requested_plans(ledger.params, ledger.root)) == ["full", "small"]


def test_locked_reads_all_of_snakemakes_lock_files(ledger):
    assert locked(ledger.root) == set()
    folder = ledger.root / ".snakemake/locks"
    folder.mkdir(parents=True)
    (folder / "0.input.lock").write_text("a b\nc\n")
    (folder / "1.output.lock").write_text("d\n")
    assert locked(ledger.root) == {"a b", "c", "d"}


def test_absent_names_a_dataset_until_its_files_are_there(ledger):
    own = ledger.root / "unmounted"
    facades = ledger.params.datasets["facades"]
    source = facades.sources[0].model_copy(update={"content": None, "locations": [str(own)]})
    datasets = ledger.params.datasets | {"facades": facades.model_copy(update={"sources": [source]})}
    unmounted = ledger.params.model_copy(update={"datasets": datasets})
    others = absent(ledger.params, ledger.root)  # datasets that have to be brought
    assert "facades" not in others
    assert absent(unmounted, ledger.root) == {"facades"} | others
    own.mkdir()
    (own / "1.png").write_bytes(b"an image")
    assert absent(unmounted, ledger.root) == others


def test_names_collects_all_scales_requests_and_locks(ledger, remember):
    remember(ledger.params.model_copy(update={"seeds": [7]}))
    known = names(ledger.params, ledger.root)
    assert known.plans.keys() == ledger.params.scales.keys()
    assert ledger.run().folder in known.params and not any("/7-" in path for path in known.params)
    assert any(path.startswith("results/small/ucsd/facades-l1/7-") for path in known.requested)
    assert (known.locked, known.absent) == (set(), absent(ledger.params, ledger.root))
