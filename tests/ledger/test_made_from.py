"""Which run translations and metrics on disk were made from."""

from pixcycle.ledger.made_from import made_by, runs_behind
from pixcycle.paths import metrics, result, results, translated
from pixcycle.records.run import RunConfig


def nodes(ledger):
    return [node for node in results(ledger.root, "small") if node.id == ledger.run().id]


def test_runs_behind_maps_run_translations_and_metrics_to_their_run(ledger):
    run = ledger.run()
    paths = {path: node.fingerprint for path, node in runs_behind(nodes(ledger), ledger.root).items()}
    assert paths == dict.fromkeys([run.folder, run.translated, run.metrics], run.fingerprint)
    (ledger.root / run.metrics).unlink()
    assert runs_behind(nodes(ledger), ledger.root)[run.translated].fingerprint == run.fingerprint


def test_runs_behind_follows_metrics_to_translations_of_other_settings(ledger):
    first = ledger.run()
    ledger.finish(ledger.edited(inference_dropout=True))
    second = ledger.run()
    (ledger.root / first.folder / "config.json").write_text(first.model_dump_json())  # as written by the training
    run_of = runs_behind(nodes(ledger), ledger.root)
    assert run_of[second.translated] == run_of[second.metrics] == result(first.folder)
    (ledger.root / second.metrics).unlink()
    assert second.translated not in runs_behind(nodes(ledger), ledger.root)


def test_runs_behind_maps_nothing_to_a_run_that_is_gone(ledger):
    run = ledger.run()
    without = [node for node in nodes(ledger) if node.kind != "run"]
    assert len(without) == 2 and runs_behind(without, ledger.root) == {}
    ledger.finish(ledger.edited(lr=0.001))
    assert runs_behind(nodes(ledger), ledger.root)[run.metrics].fingerprint == run.fingerprint


def test_made_by_returns_the_paths_named_in_the_config(ledger):
    run, node = ledger.run(), result(ledger.run().folder)
    config = RunConfig(config={}, translated_fingerprint="1" * 8, metrics_fingerprint="2" * 8)
    named = (translated(node.experiment, 0, "1" * 8), metrics(node.experiment, 0, "2" * 8))
    assert made_by(node, config) == named
    assert made_by(node, RunConfig.model_validate(run.model_dump(mode="json"))) == (run.translated, run.metrics)
