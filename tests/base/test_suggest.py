import pytest

from pixcycle.base.errors import UserError
from pixcycle.base.suggest import all_or_nearest, known

MANY = [f"ucsd-{dataset}-{loss}" for dataset in ("facades", "maps", "horses") for loss in map(chr, range(97, 117))]


def message(name, names):
    with pytest.raises(UserError) as error:
        known(name, names, "experiment")
    return str(error.value)


def test_known_suggests_the_nearest_name():
    assert message("ucsd-facade-a", MANY) == "unknown experiment 'ucsd-facade-a'; did you mean 'ucsd-facades-a'?"


def test_known_lists_few_names():
    assert message("zzz", ["one", "two"]) == "unknown experiment 'zzz'; known: one, two"


def test_known_shows_three_of_many_names_and_where_all_are():
    told = message("nonsense", MANY)
    assert told.count("ucsd-") == 3 and "of 60" in told and told.endswith("all are in params.yaml")


def test_all_or_nearest_lists_three_of_many_names_even_if_one_is_close():
    told = all_or_nearest("ucsd-facade-a", MANY)
    assert told.startswith("the nearest of 60 are ucsd-facades-a, ") and told.endswith("all are in params.yaml")
