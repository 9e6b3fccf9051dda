import pytest

from pixcycle.report.evidence import comparison_sentence
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
