from math import sqrt

import pytest

from pixcycle.report.agreement import agreement, prediction_half_width
from tests.support.results import Results, as_published

L1 = "ucsd-facades-l1"


def read(run) -> dict:
    """Return FID 100 and precision 0.5 beside published values, by the ruler of the report."""
    return {"beside_published": as_published(run, fid=90.0 + 10 * run.seed if run.seed else 100.0, precision=0.5)}


@pytest.mark.parametrize(("printed", "outcome"), [(110.0, "agrees"), (90.0, "agrees"), (110.1, "differs")])
def test_agreement_of_one_seed_allows_reruns_of_10_fid(tmp_path, printed, outcome):
    values = Results(tmp_path, [L1], read, scale="full").values()  # FID 100
    assert agreement(values, L1, "fid", printed) == outcome


def test_agreement_of_other_scores_is_relative(tmp_path):
    values = Results(tmp_path, [L1], read, scale="full").values()  # precision 0.5
    assert agreement(values, L1, "precision", 0.55) == "agrees"
    assert agreement(values, L1, "precision", 0.56) == "differs"


def test_agreement_widens_with_interval_over_test_images(tmp_path, monkeypatch):
    values = Results(tmp_path, [L1], read, scale="full").values()
    monkeypatch.setattr(values, "half_interval", lambda id, metric: 24.0)
    monkeypatch.setattr("pixcycle.report.agreement.is_ruled", lambda *about: False)
    assert agreement(values, L1, "fid", 126.0) == "agrees"  # sqrt(10^2 + 24^2)
    assert agreement(values, L1, "fid", 126.1) == "differs"


def test_agreement_of_several_seeds_is_where_one_more_would_fall(tmp_path):
    values = Results(tmp_path, [L1], read, seeds=(1, 2, 3), scale="full").values()
    half = 4.302653 * 10 * sqrt(4 / 3)  # t of 2 degrees of freedom from a table, s = 10
    assert prediction_half_width(10.0, 3) == pytest.approx(half, rel=1e-6)
    assert agreement(values, L1, "fid", 110 + half - 0.01) == "agrees"
    assert agreement(values, L1, "fid", 110 + half + 0.01) == "differs"
