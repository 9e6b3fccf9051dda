import pytest

from pixcycle.report.evidence import comparison_sentence, conclusion, doubt, extents
from pixcycle.report.values import Values
from tests.support.results import Results

L1, L2, SKIP, CYCLE = (f"ucsd-facades-{name}" for name in ("l1", "l2", "noskip", "cyc-l1"))


@pytest.fixture(scope="module")
def values(tmp_path_factory) -> Values:
    fids = {L1: 100.0, L2: 90.0, SKIP: 300.0, CYCLE: 150.0}
    experiments = Results(tmp_path_factory.mktemp("four"), list(fids), lambda run: {"fid": fids[run.id]})
    return experiments.values()


def test_comparison_sentence_gathers_rivals_of_one_experiment(values):
    compared = [(L1, L2, "worse"), (L1, SKIP, "better"), (L1, CYCLE, "unclear")]
    assert comparison_sentence(values, "facades", compared, "fid") == (
        "On facades, L1 Loss (100.00) has a better FID than Skip; it has a worse FID than L2 loss; it cannot be told "
        "from L1 Cyclic Loss."
    )


def test_comparison_sentence_turns_around_if_all_have_one_rival(values):
    compared = [(L1, SKIP, "better"), (L2, SKIP, "better")]
    assert comparison_sentence(values, "facades", compared, "fid") == (
        "On facades, Skip (300.00) has a worse FID than L1 Loss and L2 loss."
    )


def test_comparison_sentence_names_pairs_without_common_experiment(values):
    compared = [(L1, CYCLE, "better"), (L2, SKIP, "unclear")]
    assert comparison_sentence(values, "facades", compared, "fid") == (
        "On facades: L1 Loss (100.00) has a better FID than L1 Cyclic Loss; L2 loss (90.00) cannot be told from Skip."
    )


def test_comparison_sentence_takes_names_in_place_of_labels(values):
    compared = [(L1, L2, "unclear")]
    assert comparison_sentence(values, "facades", compared, "l1", "b_to_a", {L1: "ours", L2: "theirs"}) == (
        "On facades, ours (0.2000) cannot be told from theirs."
    )
    assert "has a better pixel L1 than" in comparison_sentence(values, "facades", [(L1, L2, "better")], "l1")


def told(*orders):
    statements = [(f"{name} holds", f"{name} fails", order) for name, order in zip("abc", orders, strict=False)]
    return " ".join(conclusion(statements, "they differ"))


@pytest.mark.parametrize(
    ("orders", "sentences"),
    [
        (("better", "better"), "So a holds and b holds."),
        (("worse", "better"), "So a fails, but b holds."),
        (("better", "worse", "better"), "So a holds and c holds, but b fails."),
        (("better", "unclear"), "So a holds. Whether b holds cannot be told, as they differ."),
        (("unclear", "unclear"), "Whether a holds and whether b holds cannot be told, as they differ."),
        ((), ""),
    ],
)
def test_conclusion_follows_the_orders(orders, sentences):
    assert told(*orders) == sentences


def test_doubt_blames_seeds_only_if_there_are_several():
    assert [doubt(seeds) for seeds in (1, 2)] == ["it is too close to call", "the seeds differ too much"]


WORDS = {"better": "It fades", "worse": "It stays", "unclear": "Nobody knows whether it fades"}


@pytest.mark.parametrize(
    ("orders", "sentences"),
    [
        ("bbbb", "It fades in all 4 tasks."),
        ("ww", "It stays in both tasks."),
        ("bwu", "It fades in 0. It stays in 1. Nobody knows whether it fades in 2."),
        ("bbbbw", "It fades in 4 of the 5 tasks. It stays in 4."),
        ("wwwwb", "It fades in 4. It stays in 4 of the 5 tasks."),
        ("bbbbwwww", "It fades in 4 of the 8 tasks. It stays in 4, 5, 6 and 7."),
        ("u", "Nobody knows whether it fades in 0."),
    ],
)
def test_extents_name_all_places_but_the_largest_group(orders, sentences):
    named = {"b": "better", "w": "worse", "u": "unclear"}
    judged = [(str(place), named[letter]) for place, letter in enumerate(orders)]
    assert " ".join(extents(WORDS, judged, "tasks")) == sentences
