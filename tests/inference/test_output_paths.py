import os

import numpy as np
import pytest
import torch
from PIL import Image

from pixcycle.models.foreign import GENERATORS, build_generator
from tests.conftest import tiny_experiment

COMMANDS = {
    "translate an image": ("made.png", "translate", "--run=run", "--input=0.png", "--output=made.png"),
    "translate a folder": ("made", "translate", "--run=run", "--input=images", "--output=made"),
    "export": ("made.pt", "export", "--run=run", "--format=torchscript", "--output=made.pt"),
    "import-weights": ("made.safetensors", "import-weights", "g.pth", "--generator=unet_128", "--out=made.safetensors"),
}


@pytest.fixture(autouse=True)
def folder(finished, tmp_path, monkeypatch):
    finished(tiny_experiment("pix2pix"), name="run")
    (tmp_path / "images").mkdir()
    for path in (tmp_path / "0.png", tmp_path / "images/0.png"):
        Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(path)
    torch.save(build_generator(**GENERATORS["unet_128"], filters=64).state_dict(), tmp_path / "g.pth")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("name", "command"), [(name, command) for name, *command in COMMANDS.values()], ids=COMMANDS)
def test_commands_leave_files_of_the_user_beside_their_output(name, command, folder, pixcycle):
    (folder / f"{name}.part").mkdir()
    (folder / f"{name}.part/mine").write_text("mine")
    os.mkfifo(folder / f"{name}.lock.part")
    before = set(folder.rglob("*"))
    assert pixcycle(*command)[0] == 0
    assert {path for path in folder.rglob("*") if path.relative_to(folder).parts[0] != name} == before


@pytest.mark.parametrize("kind", ["translate an image", "export", "import-weights"])
def test_commands_replace_an_existing_file_only_with_overwrite(kind, folder, pixcycle):
    name, *command = COMMANDS[kind]
    (folder / name).write_text("mine")
    code, _, err = pixcycle(*command)
    assert (code, err.count("\n")) == (2, 1) and name in err and "--overwrite" in err
    assert (folder / name).read_text() == "mine"
    assert pixcycle(*command, "--overwrite")[0] == 0
    assert (folder / name).read_bytes() != b"mine"


def test_translate_overwrites_no_folder(folder, pixcycle):
    (folder / "made").mkdir()
    (folder / "made/mine").write_text("mine")
    code, _, err = pixcycle(*COMMANDS["translate a folder"][1:], "--overwrite")
    assert code == 2 and "made exists already" in err and "--overwrite" not in err
    assert (folder / "made/mine").read_text() == "mine"
