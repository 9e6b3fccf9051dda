import json
import shutil

import pytest
import typer

from pixcycle.base.errors import UserError
from pixcycle.base.file_lock import kept as kept_open
from pixcycle.base.file_lock import only_one
from pixcycle.cli import app as cli
from pixcycle.ledger.gc import remove, unnamed
from pixcycle.plan.make import make_plan

INPUTS = ["data/features", "data/segmenters", "data/weights", "data/raw"]


def removable(ledger, params=None):
    return {entry.node.on_disk: entry for entry in unnamed(params or ledger.params, ledger.root) if not entry.kept}


def kept(ledger, params):
    return {entry.node.on_disk: entry.kept for entry in unnamed(params, ledger.root) if entry.kept}


def made_by(run):
    return {run.folder, run.translated, run.metrics}


def make(path):
    """Make a node with nothing but the record by which it is recognised."""
    records = {"raw": "fetched.json", "prepared": "manifest.json", "features": "features.json"}
    records["segmenters"] = "segmenter.json"
    if path.suffix == ".pth":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    else:
        path.mkdir(parents=True)
        (path / records.get(path.parent.name, "config.json")).write_text("{}")


def remember(ledger, params):
    """Store a plan for these params as a call of Snakemake does."""
    plans = ledger.root / ".snakemake/plans"
    plans.mkdir(parents=True, exist_ok=True)
    plan = make_plan(params, ledger.root)
    (plans / f"{plan.fingerprint}.json").write_text(plan.model_dump_json())


def test_unnamed_lists_nothing_that_params_name_at_any_scale(ledger):
    assert removable(ledger) == {}
    assert removable(ledger, ledger.params.model_copy(update={"scale": "full"})) == {}


def test_unnamed_lists_the_old_run_after_an_edit_and_says_why(ledger):
    entries = removable(ledger, ledger.edited(lr=0.001))
    run = ledger.run()
    assert entries.keys() == made_by(run)
    name = run.folder.rpartition("/")[2]
    assert entries[run.folder].why == "lr 0.0002 → 0.001"
    assert entries[run.translated].why == entries[run.metrics].why == f"of {name}"
    assert entries[run.metrics].size == (ledger.root / run.metrics).stat().st_size
    size = sum(path.stat().st_size for path in (ledger.root / run.translated).rglob("*.png"))
    assert entries[run.translated].size == size > 0


def test_remove_leaves_everything_else_unchanged(ledger):
    edited = ledger.edited(lr=0.001)
    ledger.finish(edited)
    before, run = ledger.files(), make_plan(ledger.params, ledger.root).runs["ucsd-facades-l1/0"]
    for entry in removable(ledger, edited).values():
        remove(entry.node, ledger.root)
    gone = {path for path in before if any(path == node or path.startswith(f"{node}/") for node in made_by(run))}
    assert ledger.files() == before - gone
    assert removable(ledger, edited) == {}


def test_unnamed_lists_other_translations_of_a_current_run(ledger):
    edited = ledger.edited(inference_dropout=True)
    entries = removable(ledger, edited)
    run = ledger.run()
    assert entries.keys() == {run.translated, run.metrics}
    name = run.folder.rpartition("/")[2]
    for path, done in ((run.translated, "translated"), (run.metrics, "measured")):
        assert entries[path].why.startswith(f"of {name}, ") and f" {done} with other settings" in entries[path].why


def test_unnamed_assigns_translations_to_a_run_without_metrics(ledger):
    run = ledger.run()
    (ledger.root / run.metrics).unlink()
    assert removable(ledger, ledger.edited(lr=0.001))[run.translated].why == f"of 0-{run.fingerprint}"


def test_unnamed_assigns_translations_to_a_run_by_their_metrics(ledger):
    first = ledger.run()
    ledger.finish(ledger.edited(inference_dropout=True))
    second = ledger.run()
    (ledger.root / first.folder / "config.json").write_text(first.model_dump_json())  # as written by the training
    entries = removable(ledger, ledger.edited(inference_dropout=True, lr=0.001))
    assert entries[second.translated].why == entries[second.metrics].why == f"of 0-{first.fingerprint}"
    (ledger.root / second.metrics).unlink()
    assert removable(ledger, ledger.edited(lr=0.001))[second.translated].why == "its run is gone"


def test_unnamed_lists_unread_inputs_and_nothing_else_below_data(ledger):
    run = ledger.run()
    stale = [f"{folder}/facades-01234567" for folder in INPUTS[3:]]
    stale += ["data/prepared/facades-01234567.part", "data/segmenters/facades-01234567-89abcdef"]
    stale += ["data/features/facades-01234567-inception-v3-89abcdef", "data/weights/inception-v3-01234567.pth"]
    others = ["data/own/facades-01234567", "data/bring/x-01234567", "data/mirror/x-01234567", "data/prepared/mine"]
    others += ["reports/small/x-01234567", "results/small/ucsd/facades-l1/0-0123abcd-notes", "results/0-0123abcd"]
    for path in [*stale, *others]:
        make(ledger.root / path)
    for entry in removable(ledger).values():
        assert entry.why == "no run of params.yaml reads it"
    assert removable(ledger).keys() == set(stale)
    assert run.data not in " ".join(removable(ledger))
    resized = {id: f"data/prepared/{data}" for id, data in [(run.id, run.data)]}
    # Other experiments still read it.
    assert resized[run.id] not in removable(ledger, ledger.edited(resize="bilinear"))


def test_unnamed_lists_prepared_data_that_no_scale_reads(ledger):
    horses = ledger.run("kaist-horse2zebra/0")
    edited = ledger.edited("kaist-horse2zebra", resize="nearest")
    entries = removable(ledger, edited)
    assert f"data/prepared/{horses.data}" in entries
    assert made_by(horses) < entries.keys()


def test_unnamed_keeps_a_reading_requested_with_snakemake_config(ledger):
    written, both = (ledger.params.model_copy(update={"readings": r}) for r in (["written"], ["written", "coded"]))
    ledger.finish(both)
    coded = ledger.results.plan.runs["ucsd-facades-l1@coded/0"]
    assert made_by(coded) < removable(ledger, written).keys()
    remember(ledger, both)
    assert not made_by(coded) & removable(ledger, written).keys()


def test_unnamed_keeps_runs_requested_with_snakemake_config(ledger):
    two_seeds = ledger.params.model_copy(update={"seeds": [0, 1]})
    ledger.finish(two_seeds)
    requested = ledger.results.plan.runs["ucsd-facades-l1/1"]
    assert made_by(requested) < removable(ledger).keys()
    remember(ledger, two_seeds)
    assert removable(ledger) == {}
    assert set(kept(ledger, ledger.params).values()) == {"requested"}
    assert made_by(requested) < kept(ledger, ledger.params).keys()
    assert made_by(requested) < removable(ledger, ledger.edited(lr=0.001)).keys()


def test_unnamed_keeps_what_a_running_snakemake_has_locked(ledger):
    edited, run = ledger.edited(lr=0.001), ledger.run()
    locks = ledger.root / ".snakemake/locks"
    locks.mkdir(parents=True)
    (locks / "0.input.lock").write_text(f"{run.folder}\n{run.translated}\n")
    (locks / "0.output.lock").write_text(f"{run.metrics}\n")
    assert kept(ledger, edited) == dict.fromkeys(made_by(run), "locked")
    assert removable(ledger, edited) == {}
    (locks / "0.output.lock").unlink()
    assert removable(ledger, edited).keys() == {run.metrics}


def test_unnamed_keeps_a_run_in_training_but_not_an_abandoned_one(ledger):
    edited, run = ledger.edited(lr=0.001), ledger.run()
    work = ledger.root / f"{run.folder}.part"
    shutil.move(ledger.root / run.folder, work)
    with only_one(ledger.root / run.folder):
        assert kept(ledger, edited) == {f"{run.folder}.part": "in use"}
    assert f"{run.folder}.part" in removable(ledger, edited)
    assert f"{run.folder}.part" not in removable(ledger)  # named by params, so it will be resumed


def test_unnamed_keeps_images_that_a_study_shows(ledger):
    edited, run = ledger.edited(lr=0.001), ledger.run()
    with kept_open(ledger.root / run.translated):
        assert kept(ledger, edited) == {run.translated: "in use"}
    assert run.translated in removable(ledger, edited)


def test_remove_leaves_a_run_whose_training_has_begun(ledger):
    run = ledger.run()
    work = ledger.root / f"{run.folder}.part"
    shutil.move(ledger.root / run.folder, work)
    entry = removable(ledger, ledger.edited(lr=0.001))[f"{run.folder}.part"]
    before = ledger.files()
    with only_one(ledger.root / run.folder), pytest.raises(UserError, match="is already being made"):
        remove(entry.node, ledger.root)
    assert before <= ledger.files()


def test_remove_leaves_a_run_that_was_finished_meanwhile(ledger):
    run = ledger.run()
    work = ledger.root / f"{run.folder}.part"
    shutil.move(ledger.root / run.folder, work)
    entry = removable(ledger, ledger.edited(lr=0.001))[f"{run.folder}.part"]
    shutil.move(work, ledger.root / run.folder)
    before = ledger.files()
    remove(entry.node, ledger.root)
    assert ledger.files() == before


def test_unnamed_keeps_what_was_made_from_files_now_missing(ledger):
    own = ledger.root / "unmounted"
    facades = ledger.params.datasets["facades"]
    source = facades.sources[0].model_copy(update={"content": None, "locations": [str(own)]})
    datasets = ledger.params.datasets | {"facades": facades.model_copy(update={"sources": [source]})}
    unmounted = ledger.params.model_copy(update={"datasets": datasets})
    run = ledger.run()
    assert kept(ledger, unmounted).keys() > {*made_by(run), f"data/prepared/{run.data}"}
    assert set(kept(ledger, unmounted).values()) == {"absent"}
    assert removable(ledger, unmounted) == {}
    ledger.finish(unmounted)  # runs whose data were named before the files were provided
    experiments = ledger.edited(lr=0.001).experiments
    edited = unmounted.model_copy(update={"experiments": experiments})
    assert removable(ledger, edited).keys() == made_by(ledger.run())
    own.mkdir()
    (own / "1.png").write_bytes(b"another")
    assert removable(ledger, unmounted).keys() > {*made_by(run), f"data/prepared/{run.data}"}


def test_unnamed_lists_runs_of_a_removed_scale(ledger):
    scales = {name: scale for name, scale in ledger.params.scales.items() if name != "small"}
    entries = removable(ledger, ledger.params.model_copy(update={"scale": "full", "scales": scales}))
    assert entries[ledger.run().folder].why == "scale small is no longer in params.yaml"
    assert entries[ledger.run().metrics].why == f"of 0-{ledger.run().fingerprint}"


def test_interrupted_remove_leaves_no_node_and_can_be_resumed(ledger, monkeypatch):
    edited, run = ledger.edited(lr=0.001), ledger.run()
    node = removable(ledger, edited)[run.folder].node

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
        assert removable(ledger, params)[left].why == "left by a removal that was interrupted"
    remove(removable(ledger, edited)[left].node, ledger.root)
    assert not (ledger.root / left).exists()


@pytest.fixture
def gc(ledger, monkeypatch, capsys):
    """Call `pixcycle gc` in a project whose edited params.yaml names another run, and return what it prints."""
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


def test_gc_without_a_terminal_removes_nothing(gc, ledger):
    printed = gc()
    run = ledger.run()
    assert f"0-{run.fingerprint}" in printed and "lr 0.0002 → 0.001" in printed
    assert "Total: 1 run, 1 translation, 1 metrics file" in printed
    assert "Nothing was removed" in printed
    assert exists(ledger) == made_by(run)


def test_gc_with_yes_removes_what_it_lists_and_prints_the_size(gc, ledger):
    (ledger.root / "dvc.lock").touch()
    printed = gc("--yes")
    assert "Freed" in printed and "`dvc gc -w`" in printed
    assert exists(ledger) == set()
    assert "Nothing to free" in gc("--yes")


@pytest.mark.parametrize(("answer", "left"), [(True, 0), (False, 3)])
def test_gc_asks_on_a_terminal(gc, ledger, monkeypatch, answer, left):
    monkeypatch.setattr(typer, "confirm", lambda _: answer)
    gc(terminal=True)
    assert len(exists(ledger)) == left


def test_gc_keeps_what_params_name_again_while_it_asks(gc, ledger, monkeypatch):
    def revert_the_edit(_):
        reverted = ledger.params.model_dump(mode="json")
        (ledger.root / "params.yaml").write_text(json.dumps(reverted))
        return True

    monkeypatch.setattr(typer, "confirm", revert_the_edit)
    gc(terminal=True)
    assert exists(ledger) == made_by(ledger.run())


@pytest.mark.parametrize("kind", ["raw", "prepared"])
def test_unnamed_keeps_data_that_a_process_is_making(ledger, kind):
    out = f"data/{kind}/old-1234abcd"
    (ledger.root / f"{out}.part").mkdir(parents=True)
    with only_one(ledger.root / out):
        assert kept(ledger, ledger.params) == {f"{out}.part": "in use"}
    assert set(removable(ledger)) == {f"{out}.part"}


@pytest.mark.parametrize("suffix", ["", ".part"])
@pytest.mark.parametrize("kind", ["raw", "prepared", "features", "segmenters", "weights", "run"])
def test_gc_leaves_folders_of_the_user_that_are_named_like_nodes(gc, ledger, kind, suffix):
    name = {
        "features": "data/features/photos-20240101-mine-20240102",
        "segmenters": "data/segmenters/photos-20240101-20240102",
        "weights": "data/weights/photos-20240101.pth",
        "run": "results/small/ucsd/facades-l1/1-20240101",
    }.get(kind, f"data/{kind}/photos-20240101")
    file = ledger.root / f"{name}{suffix}/album/photo.jpg"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"mine")
    gc("--yes")
    assert file.read_bytes() == b"mine"
    assert exists(ledger) == set()


@pytest.mark.parametrize("location", ["{}", "{}/files-0", "data/raw", "link", "file://{root}/{}", "{root}/{}"])
@pytest.mark.parametrize("of", ["dataset", "weights"])
def test_gc_keeps_what_params_name_as_a_location(gc, ledger, location, of):
    raw = "data/raw/photos-20240101"
    make(ledger.root / raw)
    (ledger.root / raw / "files-0").mkdir()
    (ledger.root / raw / "files-0/1.png").write_bytes(b"mine")
    (ledger.root / "link").symlink_to(raw)
    tree = json.loads((ledger.root / "params.yaml").read_text())
    named = location.format(raw, root=ledger.root)
    if of == "weights":
        tree["weights"]["inception-v3"]["locations"].append(named)
    else:  # of a dataset that no scale uses
        source = {"locations": [named], "sha256": "1" * 64}
        tree["datasets"]["mine"] = tree["datasets"]["facades"] | {"sources": [source]}
    (ledger.root / "params.yaml").write_text(json.dumps(tree))
    printed = gc("--yes")
    assert "1 raw dataset" in printed and "location" in printed
    assert (ledger.root / raw / "files-0/1.png").read_bytes() == b"mine"
    assert exists(ledger) == set()
