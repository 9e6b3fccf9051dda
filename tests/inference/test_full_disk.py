"""Commands that write with a trained generator, on a full disk."""

import numpy as np
import pytest
from PIL import Image

from tests.conftest import tiny_experiment
from tests.support.answers import answer
from tests.support.disks import disk

COMMANDS = {
    "an image": ("made.png", "translate", "--input", "images/0.png"),
    "a folder": ("made", "translate", "--input", "images"),
    "a network": ("made.pt", "export", "--format", "torchscript"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_translate_and_export_name_full_disk_and_succeed_after_resize(command, finished, tmp_path):
    name, *words = command
    words += ["--run", finished(tiny_experiment("pix2pix"))]
    (tmp_path / "images").mkdir()
    for number in range(3):
        noise = np.random.default_rng(number).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / f"images/{number}.png")
    with disk(tmp_path / "small") as small:
        out, refused = small.folder / name, 0
        while (printed := answer(*words, "--output", out, folder=tmp_path)).exit_code:
            file, megabytes = printed.full_disk
            assert file.is_relative_to(small.folder) and list(small.folder.iterdir()) == []
            small.resize(small.size + megabytes * 1e6)
            refused += 1
        assert refused and [path.name for path in small.folder.iterdir()] == [name]
        assert answer(*words, "--output", tmp_path / name, folder=tmp_path).exit_code == 0
        written, expected = (sorted(p for p in [f, *f.rglob("*")] if p.is_file()) for f in (out, tmp_path / name))
        assert [path.read_bytes() for path in written] == [path.read_bytes() for path in expected] != []
