import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

from pixcycle.data.draws import Sampling
from pixcycle.models.build import build_generator
from tests.support import ROOT


@pytest.fixture(autouse=True)
def in_project_folder(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_show_prints_settings_at_a_scale_and_assumptions(pixcycle):
    code, out, _ = pixcycle("show", "ucsd-facades-cyc-l1", "--scale", "small")
    settings, assumed = (yaml.safe_load(part) for part in out.split("\n\n"))
    assert code == 0
    assert (settings["crop_size"], settings["method"], settings["lambda_reconstruction"]) == (128, "cyclegan", 100)
    assert "similar training settings" in assumed["lambda_reconstruction"]
    assert "inference" in assumed


def test_show_as_coded_assumes_only_what_neither_text_nor_code_has(pixcycle):
    _, paired, _ = pixcycle("show", "wustl-facades-label2photo-paired@coded")
    origins = dict(line.split("#") for line in paired.splitlines() if ": " in line and not line.startswith("#"))
    assert origins[f"{'lambda_reconstruction: 10':40} "] == origins[f"{'conditional: false':40} "] == " from code"
    assert origins[f"{'weight_decay: 0':40} "] == " assumed"
    assert "Assumed, where" not in paired  # its chapter's assumptions are of the text
    _, unpaired, _ = pixcycle("show", "ucsd-facades-cyc-l1@coded")
    assert yaml.safe_load(unpaired.split("\n\n")[1]).keys() == {"direction"}


def test_show_as_coded_says_which_side_of_the_pairs_is_mirrored(pixcycle):
    _, out, _ = pixcycle("show", "ucsd-facades-l1@coded")
    sampling = Sampling(0, 256, True, True, "independent", flip_draw="whole_training")
    assert (sampling.coin(0), sampling.coin(1)) == (False, False)
    assert "# Flips of the whole training with seed 0: neither photo nor label mirrored\n" in out
    assert "Flips of the whole training" not in pixcycle("show", "ucsd-facades-l1")[1]


def test_show_prints_assumptions_and_used_fields_of_cogan_itself(pixcycle):
    _, out, _ = pixcycle("show", "kaist-maps-cogan", "--scale", "small")
    settings, assumed = (yaml.safe_load(part) for part in out.split("\n\n"))
    assert assumed["dropout"].startswith("In the discriminators alone")  # the chapter says None
    assert "decay" in assumed["settings"]
    assert not {"generator", "norm", "patch", "discriminators", "dropout", "lambda_reconstruction"} & settings.keys()
    assert settings["inversion_steps"] == 200


def test_show_of_unknown_experiment_is_one_line_and_exit_code_2(pixcycle):
    code, out, err = pixcycle("show", "ucsd-facade-l1")
    assert (code, out) == (2, "")
    assert "'ucsd-facade-l1'" in err and "'ucsd-facades-l1'" in err and err.count("\n") == 1


def test_show_of_experiment_outside_scale_lists_those_of_the_scale(pixcycle):
    code, _, err = pixcycle("show", "ucsd-maps-l1", "--scale", "demo")
    assert code == 2
    assert "ucsd-maps-l1 " in err and "scale demo" in err and "ucsd-facades-l1" in err


def test_show_of_experiment_outside_a_large_scale_names_three_of_it(pixcycle, tmp_path):
    tree = yaml.safe_load((ROOT / "params.yaml").read_text())
    ids = [f"{chapter}-{name}" for chapter, names in tree["experiments"].items() for name in names]
    tree["scales"]["demo"] |= {"experiments": [id for id in ids if id != "ucsd-maps-l1"], "coded": []}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tree))
    code, _, err = pixcycle("show", "ucsd-maps-l1", "--scale", "demo", "--params", tmp_path / "params.yaml")
    assert code == 2 and err.count("\n") == 1
    listed = err.partition("the nearest of ")[2]
    assert listed.startswith(f"{len(ids) - 1} are ") and listed.count(", ") == 2


def test_check_counts_the_runs(pixcycle):
    code, out, _ = pixcycle("check")
    assert code == 0
    assert "runs at scale full, all settings are valid" in out


def test_check_names_own_folders_that_dvc_does_not_watch(pixcycle, tmp_path):
    tree = yaml.safe_load((ROOT / "params.yaml").read_text())
    tree["datasets"]["facades"]["sources"] = [{"locations": [str(tmp_path / "pairs")]}]
    (tmp_path / "pairs").mkdir()
    (tmp_path / "pairs/1.png").write_bytes(b"an image")
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tree))
    _, out, _ = pixcycle("check", "--params", tmp_path / "params.yaml")
    assert f" {tmp_path / 'pairs'} " in out and "data/own/" in out
    assert "DVC" not in pixcycle("check")[1]


def test_import_weights_keeps_every_value_of_the_authors_checkpoint(pixcycle, tmp_path):
    published = build_generator("unet", crop_size=256, filters=64, norm="batch", dropout=True).state_dict()
    torch.save(published, tmp_path / "latest_net_G.pth")
    code, out, _ = pixcycle(
        "import-weights", tmp_path / "latest_net_G.pth", "--generator", "unet_256", "--out", tmp_path / "g.safetensors"
    )
    assert code == 0 and "54.414 million parameters" in out
    imported = load_file(tmp_path / "g.safetensors")
    assert imported.keys() == published.keys()
    assert all(torch.equal(imported[key], published[key]) for key in published)


def test_import_weights_of_wrong_generator_names_the_one_that_fits(pixcycle, tmp_path):
    torch.save(
        build_generator("unet", crop_size=128, filters=64, norm="batch", dropout=True).state_dict(),
        tmp_path / "latest_net_G.pth",
    )
    code, _, err = pixcycle("import-weights", tmp_path / "latest_net_G.pth", "--generator", "unet_256")
    assert code == 2
    assert "unet_128" in err


def test_digest_of_missing_path_is_a_one_line_error(pixcycle, tmp_path):
    assert pixcycle("digest", tmp_path / "no") == (2, "", f"pixcycle: {tmp_path / 'no'}: no such file or folder\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_schema_printed_to_a_full_disk_is_a_one_line_error(tmp_path):
    schema = [sys.executable, "-c", "from pixcycle.cli.app import main; main()", "schema"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(schema, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith(f"pixcycle: {tmp_path}: the disk is full")
