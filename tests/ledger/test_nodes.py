from pathlib import Path

import pytest

from pixcycle.paths import inputs, results


def make_folders(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).mkdir(parents=True)


@pytest.mark.parametrize(
    ("name", "kind", "seed", "suffix"),
    [
        ("0-0123abcd", "run", 0, ""),
        ("12-0123abcd.part", "run", 12, ".part"),
        ("3-0123abcd.gone.part", "run", 3, ".gone.part"),
        ("translated-7-0123abcd", "translated", 7, ""),
        ("metrics-7-0123abcd.json", "metrics", 7, ""),
        ("metrics-7-0123abcd.json.part", "metrics", 7, ".part"),
    ],
)
def test_results_parses_the_names_of_nodes(tmp_path, name, kind, seed, suffix):
    make_folders(tmp_path, f"results/small/ucsd/facades-l1/{name}")
    (node,) = results(tmp_path)
    assert (node.kind, node.seed, node.suffix, node.fingerprint) == (kind, seed, suffix, "0123abcd")
    assert (node.scale, node.id) == ("small", "ucsd-facades-l1")
    assert node.on_disk == node.path + suffix == f"results/small/ucsd/facades-l1/{name}"


@pytest.mark.parametrize(
    "name",
    [
        "0-0123abcg",
        "0-0123abc",
        "0-0123abcd0",
        "0-0123ABCD",
        "x-0123abcd",
        "0-0123abcd.json",
        "0-0123abcd copy",
        "metrics-0-0123abcd",
        "translated-0-0123abcd.json",
        "translated-0123abcd",
        "0-0123abcd.part.part",
        "notes",
    ],
)
def test_results_ignores_folders_named_by_people(tmp_path, name):
    make_folders(tmp_path, f"results/small/ucsd/facades-l1/{name}", f"results/small/ucsd/{name}/deeper/0-0123abcd")
    assert list(results(tmp_path)) == []


def test_results_can_be_limited_to_one_scale(tmp_path):
    make_folders(tmp_path, "results/small/ucsd/a/0-00000001", "results/full/ucsd/a/0-00000002")
    assert [node.fingerprint for node in results(tmp_path, "full")] == ["00000002"]
    assert {node.fingerprint for node in results(tmp_path)} == {"00000001", "00000002"}


def test_results_are_ordered_by_seed(tmp_path):
    make_folders(tmp_path, *(f"results/small/ucsd/a/{seed}-0123abcd" for seed in (10, 9, 0)))
    assert [node.seed for node in results(tmp_path)] == [0, 9, 10]


def test_inputs_parses_kind_and_dataset_from_paths(tmp_path):
    make_folders(
        tmp_path,
        "data/raw/facades-unpaired-01234567.part",
        "data/prepared/facades-01234567",
        "data/features/facades-01234567-efficientnet-lite0-89abcdef",
        "data/segmenters/facades-01234567-89abcdef",
        "data/weights/inception-v3-01234567.pth",
        "data/own/mine-01234567",
        "data/bring/mine-01234567",
        "data/mirror/mine-01234567",
        "data/prepared/mine",
        "data/features/facades-01234567",
        "data/weights/own.pth",
        "data/raw-01234567",
    )
    assert [(node.kind, node.dataset, node.suffix) for node in inputs(tmp_path)] == [
        ("raw", "facades-unpaired", ".part"),
        ("prepared", "facades", ""),
        ("features", "facades", ""),
        ("segmenters", "facades", ""),
        ("weights", "inception-v3", ""),
    ]


def test_inputs_and_results_of_a_new_project_are_empty(tmp_path):
    assert [*inputs(tmp_path), *results(tmp_path)] == []
