"""Where the sentences of the reports went: docs/methods/*-sentences.md, each link of which is followed."""

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
import yaml

from pixcycle.params.load import load_params
from tests.support import ROOT

PAGES = sorted((ROOT / "docs/methods").glob("*-sentences.md"))
SECTIONS = ("recipes", "chapters", "datasets", "experiments", "neighbours")
NOT_REPRODUCED = "not reproduced: "
CODE, LINK = re.compile(r"`([^`]+)`"), re.compile(r"\[[^\]]+\]\([^)]+\)")


def rows(text: str) -> list[tuple[str, str, str]]:
    """Return (place, sentence, where) of each row of a page."""
    table = [line for line in text.splitlines() if line.startswith("| ")]
    return [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in table[1:]]


@cache
def tree() -> dict[str, Any]:
    """Return params.yaml; datasets and experiments have their defaults."""
    raw = yaml.safe_load((ROOT / "params.yaml").read_text())
    return raw | load_params(ROOT / "params.yaml").model_dump(mode="json", include={"datasets", "experiments"})


@cache
def merging() -> dict[str, list[tuple[str, str]]]:
    """Return the experiments, as (chapter, name), that merge each recipe."""
    root = children(yaml.compose((ROOT / "params.yaml").read_text()))
    users: dict[str, list[tuple[str, str]]] = {recipe: [] for recipe in children(root["recipes"])}
    for chapter, section in children(root["experiments"]).items():
        for name, experiment in children(section).items():
            merged = list(merged_into(experiment))
            for recipe, node in children(root["recipes"]).items():
                users[recipe] += [(chapter, name)] * any(node is other for other in merged)
    return users


def children(node: yaml.MappingNode) -> dict[str, yaml.Node]:
    return {key.value: child for key, child in node.value}


def merged_into(node: yaml.MappingNode) -> Iterator[yaml.Node]:
    """Yield the mappings that one merges, which are the very nodes of their anchors, and those that they merge."""
    if merge := children(node).get("<<"):
        for other in merge.value if isinstance(merge, yaml.SequenceNode) else [merge]:
            yield other
            yield from merged_into(other)


@cache
def ids() -> set[str]:
    """Return the ids of all claims, and of the tables and figures of the registry, which the rehearsal looks for."""
    registry = yaml.safe_load((ROOT / "tests/rehearsal/registry.yaml").read_text())
    claims = {f"{chapter}-claim-{letter}" for chapter in registry for letter in registry[chapter]["claims"]}
    return claims.union(*(registry[chapter][what] for chapter in registry for what in ("tables", "figures")))


def problem(link: str) -> str | None:
    """Return what is wrong with a link, a place in params.yaml or an id of the report; None if nothing is."""
    path, _, stated = link.partition(": ")
    section, *keys = path.split(".")
    if section not in SECTIONS:
        table = re.fullmatch(r"[a-z]+-table-\d+", link)  # which has a part for each dataset
        found = link in ids() or (table and any(id.startswith(f"{link}-") for id in ids()))
        return None if found else f"{link}: neither a place in params.yaml nor an id of the report"
    value: Any = tree()[section]
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return f"{link}: params.yaml has no {key}"
        value = value[key]
    if stated and not agrees(value, stated):
        return f"{link}: params.yaml has {value!r}"
    if stated and section == "recipes":
        recipe, field = keys
        taken = [tree()["experiments"][chapter][name][field] for chapter, name in merging()[recipe]]
        return None if any(agrees(value, stated) for value in taken) else f"{link}: all experiments override it"
    return None


def agrees(value: Any, stated: str) -> bool:
    """Return whether a value is the stated one; of texts and of lists of texts, a text with the stated words."""
    texts = value if isinstance(value, list) else [value]
    if any(isinstance(text, str) and stated in text for text in texts):
        return True
    return value == yaml.safe_load(stated)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_sentences_lead_to_params_and_blocks_of_the_report(page):
    problems = [p for *_, where in rows(page.read_text()) for link in CODE.findall(where) if (p := problem(link))]
    assert problems == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_sentences_have_a_place_and_a_link_or_a_reason(page):
    table = rows(page.read_text())
    assert len(table) > 10 and all(len(row) == 3 and all(row) for row in table)
    lost = [
        sentence
        for _, sentence, where in table
        if not (CODE.search(where) or LINK.search(where) or where.startswith(NOT_REPRODUCED))
    ]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_sentences_of_a_report_name_all_of_its_claims(page):
    chapter = page.stem.removesuffix("-sentences")
    claims = {id for id in ids() if id.startswith(f"{chapter}-claim-")}
    assert claims <= {link for *_, where in rows(page.read_text()) for link in CODE.findall(where)}


def test_sentences_exist_for_every_report():
    reports = yaml.safe_load((ROOT / "tests/rehearsal/registry.yaml").read_text())
    assert {page.stem.removesuffix("-sentences") for page in PAGES} == {*reports}


@pytest.mark.parametrize(
    "link",
    [
        "recipes.ucsd-paired.batch_size: 17",
        "recipes.ucsd-paired.batch",
        "recipes.ucsd.batch_size",
        "experiments.ucsd.facades-l1.flip: false",
        "chapters.ucsd.assumes.optimiser: SGD",
        "chapters.ucsd.inconsistencies: Table 7",
        "ucsd-claim-z",
        "ucsd-table-3",
        "ucsd",
    ],
)
def test_sentences_with_a_wrong_link_are_found(link):
    assert problem(link)


@pytest.mark.parametrize(
    "link", ["recipes.ucsd-paired.batch_size: 16", "ucsd-claim-a", "ucsd-table-1", "ucsd-table-1-maps", "neighbours: 3"]
)
def test_sentences_with_a_right_link_are_not(link):
    assert problem(link) is None


def test_sentences_of_a_recipe_that_all_experiments_override_are_found(monkeypatch):
    link = "recipes.wustl.batch_size: 4"
    assert problem(link) is None
    overridden = deepcopy(tree())
    for experiment in overridden["experiments"]["wustl"].values():
        experiment["batch_size"] = 5
    monkeypatch.setattr("tests.test_sentences.tree", lambda: overridden)
    assert problem(link) == f"{link}: all experiments override it"
