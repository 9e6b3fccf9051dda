"""Whatever stands in a params file: a plan of it, or lines that each name the file and what is wrong."""

import copy
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from pixcycle import config, runs
from pixcycle.errors import UserError
from tests.corpus.examples import repeatable

ROOT = Path(__file__).parents[2]


@cache
def tree() -> dict[str, Any]:
    """Of the real params, all that is different: one experiment of each report, all datasets and scales."""
    whole = yaml.safe_load((ROOT / "params.yaml").read_text())
    firsts = {chapter: dict(list(section.items())[:1]) for chapter, section in whole["experiments"].items()}
    scales = {name: {k: v for k, v in scale.items() if k != "experiments"} for name, scale in whole["scales"].items()}
    return whole | {"experiments": firsts, "recipes": {}, "scales": scales}


@cache
def places() -> list[tuple]:
    """The path of each value."""

    def below(value: Any, path: tuple):
        yield path
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, each in inner:
            yield from below(each, (*path, key))

    return [path for path in below(tree(), ()) if path]


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, -1, 2**31, 2**63, 2**70, 10**18, 10**4000])
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["", "..", "../x", "$(reboot)", "1e400", "1e-3", "earth", "facades", "x" * 300, "\0", "\ud800", "~x/y"]
    )
    | st.dates(min_value=date(1, 1, 1))
    | st.binary(max_size=5)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(scalars.filter(lambda key: key == key), inner, max_size=3)
    ),
    max_leaves=5,
)
edits = st.lists(
    st.tuples(
        st.sampled_from(["replace", "delete", "insert", "move"]), st.deferred(lambda: st.sampled_from(places())), values
    ),
    min_size=1,
    max_size=4,
)


def edited(changes: list[tuple]) -> Any:
    params = copy.deepcopy(tree())
    for how, path, value in changes:
        place = params
        try:
            for key in path[:-1]:
                place = place[key]
            old = place[path[-1]]
        except (KeyError, IndexError, TypeError):  # gone by an earlier change
            continue
        if how == "delete":
            del place[path[-1]]
        elif how == "insert" and isinstance(old, dict):
            old[value if isinstance(value, str | int | float | None) else str(value)] = value
        elif how == "insert" and isinstance(old, list):
            old.append(value)
        elif how == "move":
            params[path[-1]] = old
        else:
            place[path[-1]] = value
    return params


def planned_or_refused(load, where: str) -> None:
    try:
        plan = runs.plan(load(), ROOT)
    except UserError as error:
        for line in str(error).split("\n"):
            assert line.isprintable() and (line.startswith((f"{where}: ", "params.yaml: ")) or line == config.MORE), (
                line
            )
    else:
        assert runs.Plan.model_validate_json(plan.model_dump_json()) == plan


@repeatable(150)
@given(edits)
def test_a_params_file_with_any_values_anywhere_is_planned_or_refused_in_lines_that_name_it(changes):
    planned_or_refused(lambda: config.check(edited(changes)), "params.yaml")


@repeatable(200)
@given(st.binary(max_size=60) | st.text("[]{}:,-&*!<>|?%@'\"\n\t #0159aeinox~.", max_size=60).map(str.encode))
def test_a_params_file_of_any_text_is_refused_in_lines_that_name_it(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "params.yaml"
    file.write_bytes(content)
    planned_or_refused(lambda: config.load(file), str(file))


@repeatable(25)
@given(st.integers(0, 20_000), st.integers(0, 400), st.binary(max_size=5))
def test_the_params_file_with_a_piece_of_other_bytes_is_planned_or_refused_in_lines_that_name_it(
    tmp_path_factory, start, length, piece
):
    whole = yaml.safe_dump(tree()).encode()
    start %= len(whole)
    file = tmp_path_factory.getbasetemp() / "params.yaml"
    file.write_bytes(whole[:start] + piece + whole[start + length :])
    planned_or_refused(lambda: config.load(file), str(file))
