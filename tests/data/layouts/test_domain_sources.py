"""Pairs in two archives without splits, such as face2comics: fetched, matched by name, and divided."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixcycle.base.errors import UserError
from pixcycle.data.fetch.locations import fetch
from pixcycle.data.layouts.images import images
from pixcycle.data.prepare import prepare
from pixcycle.params.dataset import Dataset, Source
from pixcycle.params.load import load_params
from pixcycle.plan.make import make_plan
from tests.support import ROOT
from tests.support.tiny_archives import dataset, record, spec

NAMES = [str(number) for number in range(12)]
SPLITS = {"train": ["train"], "test": ["test"]}
ANY = {"locations": ["any"]}


def comics(held_out: int = 3) -> Dataset:
    return dataset(
        layout="domain_sources", splits=SPLITS, held_out=held_out, published={"trainA": 9}, sources=2 * [ANY]
    )


def tar_of(folder: str, names: list[str], brightness: int) -> bytes:
    """Return a tar of one image of 4 × 4 pixels for each name, whose grey level is its number plus `brightness`."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name in names:
            image = io.BytesIO()
            Image.fromarray(np.full((4, 4, 3), int(name) + brightness, np.uint8)).save(image, "PNG")
            member = tarfile.TarInfo(f"{folder}{name}.png")
            member.size = image.tell()
            image.seek(0)
            tar.addfile(member, image)
    return archive.getvalue()


def fetched(server, tmp_path: Path, *tars: bytes) -> Path:
    addresses = [server.put(f"/{place}.tar", tar) for place, tar in enumerate(tars)]
    sources = [Source(locations=[address]) for address in addresses]
    fetch("tiny", sources, tmp_path / "raw", mirror=None, recorded=tmp_path / "recorded.json", progress=False)
    return tmp_path / "raw"


@pytest.mark.parametrize("folder", ["", "faces/", "v2/v2/faces/"])
def test_domain_sources_pair_two_downloaded_tars_by_name(server, tmp_path, folder):
    raw = fetched(server, tmp_path, tar_of(folder, NAMES, 0), tar_of("comics/", NAMES[::-1], 100))
    prepare("tiny", comics(), raw, tmp_path / "out", spec(4, 4))
    levels = {path.stem: np.load(path)[:, 0, 0, 0].tolist() for path in (tmp_path / "out").glob("*.npy")}
    assert levels == {
        "train_A": [*range(9)],
        "train_B": [*range(100, 109)],
        "test_A": [9, 10, 11],
        "test_B": [109, 110, 111],
    }
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["splits"]["test"]["B"]["names"] == ["test/9", "test/10", "test/11"]
    assert manifest["card"]["counts"]["trainA"] == {"found": 9, "published": 9, "difference": 0}
    assert len(json.loads((tmp_path / "recorded.json").read_text())) == 2


def test_domain_sources_name_images_without_partner(server, tmp_path):
    raw = fetched(server, tmp_path, tar_of("faces/", NAMES, 0), tar_of("comics/", NAMES[1:], 100))
    with pytest.raises(UserError, match=r"tiny: .*1 have no partner: 0$"):
        images(comics(), raw, "train")


@pytest.mark.parametrize("held_out", [0, 12])
def test_domain_sources_refuse_held_out_that_leaves_a_split_empty(server, tmp_path, held_out):
    raw = fetched(server, tmp_path, tar_of("", NAMES, 0), tar_of("", NAMES, 100))
    with pytest.raises(UserError, match=rf"datasets\.tiny\.held_out.* 1 to 11.* {held_out}"):
        images(comics(held_out), raw, "train")


def test_domain_sources_refuse_other_splits_and_numbers_of_sources(tmp_path):
    with pytest.raises(UserError, match=r"datasets\.tiny\.sources.* two"):
        images(comics(), record(tmp_path / "raw", tmp_path), "train")
    other = comics().model_copy(update={"splits": {"train": ["val"]}})
    with pytest.raises(UserError, match=r"datasets\.tiny\.splits.*train, test.*'val'"):
        images(other, record(tmp_path / "raw", tmp_path, tmp_path), "train")


@pytest.mark.parametrize("places", [[], ["a", "b"]])
def test_domain_sources_refuse_a_source_without_one_folder_of_images(tmp_path, places):
    for place in places:
        (tmp_path / "faces" / place).mkdir(parents=True)
        Image.new("RGB", (4, 4)).save(tmp_path / "faces" / place / "0.png")
    with pytest.raises(UserError, match=r"tiny: .*faces.*one folder"):
        images(comics(), record(tmp_path / "raw", tmp_path / "faces", tmp_path / "faces"), "train")


def test_face2comics_is_version_2_fetched_and_divided_9500_to_500():
    described = load_params(ROOT / "params.yaml").datasets["face2comics"]
    assert (described.layout, described.held_out, described.domains) == ("domain_sources", 500, ("face", "comic"))
    release = "https://github.com/Sxela/face2comics/releases/download/v2.0.0/face2comics_v2.0.0_by_Sxela"
    assert [s.locations[0] for s in described.sources] == [f"{release}_faces.tar", f"{release}_comics.tar"]
    assert not any(source.bring for source in described.sources)


def test_held_out_renames_the_data_of_its_dataset(tmp_path):
    params = load_params(ROOT / "params.yaml")
    before = make_plan(params, ROOT).runs["paris-face2comics/0"].data
    params.datasets["face2comics"] = params.datasets["face2comics"].model_copy(update={"held_out": 400})
    assert make_plan(params, ROOT).runs["paris-face2comics/0"].data != before
