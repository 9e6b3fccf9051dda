"""The folder with features of the real test images, also after people or disks changed its files."""

import json

import numpy as np
import pytest

from pixcycle.base.errors import UserError
from pixcycle.evaluation.feature_files import read_features, write_features
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.metrics.feature_sets import Features
from tests.support.edited import edited_json

SPEC = EXTRACTORS["efficientnet-lite0"]
VECTORS = {domain: np.random.default_rng(ord(domain)).normal(size=(6, SPEC.dimension)) for domain in "AB"}


@pytest.fixture
def folder(prepared, tmp_path):
    """A folder with the features of 6 test images of each domain."""
    with edited_json(prepared / "manifest.json") as manifest:
        for domain in "AB":
            manifest["splits"]["test"][domain]["sha256"] = domain * 64
    of_domains = {domain: Features.of(vectors, "", SPEC, ["png", "jpeg"]) for domain, vectors in VECTORS.items()}
    write_features(tmp_path / "features", prepared, of_domains)
    return tmp_path / "features"


def test_read_features_returns_what_write_features_wrote(folder, prepared):
    for domain, vectors in VECTORS.items():
        features = read_features(folder, domain, prepared)
        assert np.array_equal(features.vectors, vectors)
        assert (features.extractor, features.weights_sha256, features.resize, features.file_types) == (
            SPEC.name,
            SPEC.weights_sha256,
            SPEC.resize,
            ("jpeg", "png"),
        )
        assert features.source == f"{folder}/{domain}.npy"


def test_write_features_records_the_images_that_they_are_of(folder):
    record = json.loads((folder / "features.json").read_text())
    assert [(record[domain]["images"], record[domain]["images_sha256"]) for domain in "AB"] == [
        (6, "A" * 64),
        (6, "B" * 64),
    ]


@pytest.mark.parametrize(("field", "value"), [("n", 5), ("sha256", "b" * 64)])
def test_read_features_refuses_features_of_other_images(folder, prepared, field, value):
    with edited_json(prepared / "manifest.json") as manifest:
        was = manifest["splits"]["test"]["A"][field]
        manifest["splits"]["test"]["A"][field] = value
    with pytest.raises(UserError) as refused:
        read_features(folder, "A", prepared)
    recorded = {"n": "images", "sha256": "images_sha256"}[field]
    for part in (f"{folder}/A.npy", f" {recorded} ", f" {value}", f" {was} ", f"{folder}/features.json"):
        assert part in str(refused.value)
    assert len(read_features(folder, "B", prepared)) == 6


def a_bit_of_the_vectors(folder):
    content = bytearray((folder / "A.npy").read_bytes())
    content[-1] ^= 64
    (folder / "A.npy").write_bytes(bytes(content))


def half_of_the_vectors(folder):
    (folder / "A.npy").write_bytes((folder / "A.npy").read_bytes()[:5000])


def no_vectors(folder):
    (folder / "A.npy").unlink()


def no_record(folder):
    (folder / "features.json").unlink()


def half_a_record(folder):
    (folder / "features.json").write_text('{"A": {"extr')


@pytest.mark.parametrize("damage", [a_bit_of_the_vectors, half_of_the_vectors, no_vectors, no_record, half_a_record])
def test_read_features_says_how_to_rebuild_damaged_features(folder, prepared, damage):
    damage(folder)
    with pytest.raises(UserError) as refused:
        read_features(folder, "A", prepared)
    assert str(refused.value).startswith(f"{folder}")
    assert f"remove {folder}" in str(refused.value)
