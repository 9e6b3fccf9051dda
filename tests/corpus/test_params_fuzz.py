"""Any content of a params file gives a plan, or lines that each name the file and what is wrong."""

import copy
from datetime import date
from functools import cache
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from pixcycle.base.errors import UserError
from pixcycle.params.load import MORE, check_params, load_params
from pixcycle.plan.make import make_plan
from pixcycle.plan.runs import Plan
from tests.corpus.examples import repeatable
from tests.support import ROOT


@cache
def tree() -> dict[str, Any]:
    """Return a small part of the real params: one experiment of each chapter, all datasets and all scales."""
    whole = yaml.safe_load((ROOT / "params.yaml").read_text())
    firsts = {chapter: dict(list(section.items())[:1]) for chapter, section in whole["experiments"].items()}
    of_experiments = {"experiments", "coded", "most_epochs"}
    scales = {name: {k: scale[k] for k in scale.keys() - of_experiments} for name, scale in whole["scales"].items()}
    return whole | {"experiments": firsts, "recipes": {}, "scales": scales}


@cache
def places() -> list[tuple]:
    """Return the path of each value."""

    def below(value: Any, path: tuple):
        yield path
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, child in inner:
            yield from below(child, (*path, key))

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
        except (KeyError, IndexError, TypeError):  # removed by an earlier edit
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
        plan = make_plan(load(), ROOT)
    except UserError as error:
        for line in str(error).split("\n"):
            assert line.isprintable() and (line.startswith((f"{where}: ", "params.yaml: ")) or line == MORE), line
    else:
        assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_unedited_params_of_the_examples_are_valid():
    assert make_plan(check_params(tree()), ROOT).runs


@repeatable(150)
@given(edits)
def test_check_params_accepts_or_refuses_any_values_anywhere(changes):
    planned_or_refused(lambda: check_params(edited(changes)), "params.yaml")


@repeatable(200)
@given(st.binary(max_size=60) | st.text("[]{}:,-&*!<>|?%@'\"\n\t #0159aeinox~.", max_size=60).map(str.encode))
def test_load_params_refuses_any_text_in_lines_that_name_the_file(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "params.yaml"
    file.write_bytes(content)
    planned_or_refused(lambda: load_params(file), str(file))


@repeatable(25)
@given(st.integers(0, 20_000), st.integers(0, 400), st.binary(max_size=5))
def test_load_params_accepts_or_refuses_a_file_with_replaced_bytes(tmp_path_factory, start, length, piece):
    whole = yaml.safe_dump(tree()).encode()
    start %= len(whole)
    file = tmp_path_factory.getbasetemp() / "params.yaml"
    file.write_bytes(whole[:start] + piece + whole[start + length :])
    planned_or_refused(lambda: load_params(file), str(file))
