"""Feature sets are compared only if they were computed alike, and only through the registry."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import pixcycle
from pixcycle.base.errors import UserError
from pixcycle.metrics.extractors import EXTRACTORS
from pixcycle.metrics.feature_sets import Features
from pixcycle.metrics.metric import Images
from pixcycle.metrics.registry import measure

GUARDED = {"fid", "kid", "precision_recall"}


def features(source: str, file_types=("png",)) -> Features:
    vectors = np.random.default_rng(len(source)).normal(size=(8, 4))
    return Features.of(vectors, source, EXTRACTORS["efficientnet-lite0"], file_types)


REAL, FAKE = features("real"), features("generated")


def compare_features(real, fake, mixed_file_types=False):
    return measure(Images(seed=0, neighbours=3, real_features=real, fake_features=fake), mixed_file_types)


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("extractor", "efficientnet-lite0", "inception-v3"),
        ("weights_sha256", EXTRACTORS["efficientnet-lite0"].weights_sha256, "0" * 64),
        ("resize", "bicubic, antialiased", "bilinear"),
        ("file_types", "png", "jpeg"),
    ],
)
def test_measure_refuses_features_computed_differently(field, one, other):
    changed = replace(FAKE, **{field: (other,) if field == "file_types" else other})
    with pytest.raises(UserError) as refusal:
        compare_features(REAL, changed)
    assert str(refusal.value).startswith(f"{field} of real: {one}, but of generated: {other};")


def test_measure_compares_jpeg_with_png_only_if_allowed():
    jpeg = features("generated", ["jpeg"])
    with pytest.raises(UserError, match="file_types of real: png, but of generated: jpeg"):
        compare_features(REAL, jpeg)
    with pytest.raises(UserError, match=r"file_types of real: png, but of generated: jpeg\+png"):
        compare_features(REAL, features("generated", ["png", "jpeg"]))
    with pytest.raises(UserError, match="file_types of real: none recorded, but of generated: jpeg"):
        compare_features(features("real", []), jpeg)
    assert compare_features(REAL, jpeg, mixed_file_types=True)["fid"] > 0


def test_metrics_of_two_feature_sets_are_imported_by_registry_and_ruler():
    """Metrics take plain arrays, as their oracles do; all other code must pass Features to the registry.

    A ruler makes the features of both sets itself, in one way.
    """
    package = Path(pixcycle.__file__).parent
    importing = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom | ast.Import)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
        + [alias.name for alias in node.names]
        if name.rpartition(".")[2] in GUARDED
    }
    assert importing == {"evaluation/ruler.py"}


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_features_that_are_not_finite_are_refused_by_source_and_image(broken):
    vectors = FAKE.vectors.copy()
    vectors[[2, 5], 1] = broken
    with pytest.raises(UserError) as refusal:
        replace(FAKE, vectors=vectors)
    message = str(refusal.value)
    assert message.startswith("generated: the features of 2 of 8 images") and "image 3;" in message
