from math import sqrt

import pytest

from pixcycle.report.agreement import agreement, prediction_half_width
from tests.support.results import Results

L1 = "ucsd-facades-l1"


@pytest.mark.parametrize(("printed", "outcome"), [(110.0, "agrees"), (90.0, "agrees"), (110.1, "differs")])
def test_agreement_of_one_seed_allows_reruns_of_10_fid(tmp_path, printed, outcome):
    values = Results(tmp_path, [L1], scale="full").values()  # FID 100
    assert agreement(values, L1, "fid", printed) == outcome


def test_agreement_of_other_scores_is_relative(tmp_path):
    values = Results(tmp_path, [L1], scale="full").values()  # precision 0.5
    assert agreement(values, L1, "precision", 0.55) == "agrees"
    assert agreement(values, L1, "precision", 0.56) == "differs"


def test_agreement_widens_with_interval_over_test_images(tmp_path, monkeypatch):
    values = Results(tmp_path, [L1], scale="full").values()
    monkeypatch.setattr(values, "half_interval", lambda id, metric: 24.0)
    assert agreement(values, L1, "fid", 126.0) == "agrees"  # sqrt(10^2 + 24^2)
    assert agreement(values, L1, "fid", 126.1) == "differs"


def test_agreement_of_several_seeds_is_where_one_more_would_fall(tmp_path):
    values = Results(tmp_path, [L1], lambda run: {"fid": 90.0 + 10 * run.seed}, seeds=(0, 1, 2), scale="full").values()
    half = 4.302653 * 10 * sqrt(4 / 3)  # t of 2 degrees of freedom from a table, s = 10
    assert prediction_half_width(10.0, 3) == pytest.approx(half, rel=1e-6)
    assert agreement(values, L1, "fid", 100 + half - 0.01) == "agrees"
    assert agreement(values, L1, "fid", 100 + half + 0.01) == "differs"
