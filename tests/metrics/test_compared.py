"""The one door to metrics of two sets of features: what must be alike, and that there is no other."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import pixcycle
from pixcycle.errors import UserError
from pixcycle.metrics.compared import Features
from pixcycle.metrics.evaluate import compare_features
from pixcycle.metrics.extractors import EXTRACTORS

DOORS = {"fid", "kid", "precision_recall"}


def features(source: str, file_types=("png",)) -> Features:
    vectors = np.random.default_rng(len(source)).normal(size=(8, 4))
    return Features.of(vectors, source, EXTRACTORS["efficientnet-lite0"], file_types)


REAL, FAKE = features("real"), features("generated")


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("extractor", "efficientnet-lite0", "inception-v3"),
        ("weights_sha256", EXTRACTORS["efficientnet-lite0"].weights_sha256, "0" * 64),
        ("resize", "bicubic, antialiased", "bilinear"),
        ("file_types", "png", "jpeg"),
    ],
)
def test_features_that_differ_in_how_they_were_made_are_not_compared(field, one, other):
    changed = replace(FAKE, **{field: (other,) if field == "file_types" else other})
    with pytest.raises(UserError) as refusal:
        compare_features(REAL, changed, seed=0, k=3)
    told = f"{field} of real: {one}, but of generated: {other}; what differs in that is not compared"
    assert str(refusal.value) == told


def test_nobody_computes_fid_between_jpeg_and_png_without_a_word():
    jpeg = features("generated", ["jpeg"])
    with pytest.raises(UserError, match="file_types of real: png, but of generated: jpeg"):
        compare_features(REAL, jpeg, seed=0, k=3)
    with pytest.raises(UserError, match=r"file_types of real: png, but of generated: jpeg\+png"):
        compare_features(REAL, features("generated", ["png", "jpeg"]), seed=0, k=3)
    with pytest.raises(UserError, match="file_types of real: none recorded, but of generated: jpeg"):
        compare_features(features("real", []), jpeg, seed=0, k=3)
    assert compare_features(REAL, jpeg, seed=0, k=3, mixed_file_types=True)["fid"] > 0


def test_no_module_but_the_one_that_compares_reaches_for_the_metrics_of_two_sets():
    """Metrics are functions of plain arrays, as their oracles are; whoever would call them goes through Features."""
    package = Path(pixcycle.__file__).parent
    importing = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom | ast.Import)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
        + [each.name for each in node.names]
        if name.rpartition(".")[2] in DOORS
    }
    assert importing == {"metrics/evaluate.py"}


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_features_that_are_no_numbers_are_refused_with_their_source_and_image(broken):
    vectors = FAKE.vectors.copy()
    vectors[[2, 5], 1] = broken
    with pytest.raises(UserError) as refusal:
        replace(FAKE, vectors=vectors)
    assert str(refusal.value) == (
        "generated: the features of 2 of 8 images hold NaN or infinity, first those of image 3;"
        " no metric can be made of them"
    )
