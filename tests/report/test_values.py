"""How `Values` writes a number with what is known of its noise."""

import pytest

from tests.support.edited import edited_json
from tests.support.results import Results

L1 = "ucsd-facades-l1"


def resampled(results: Results, fids: list[float]) -> Results:
    for run in results.plan.runs.values():
        with edited_json(results.root / run.metrics) as measured:
            measured["resampled"] = {run.config.direction: {"fid": fids}}
    return results


def test_with_spread_has_the_interval_over_test_images_for_one_seed(tmp_path):
    values = resampled(Results(tmp_path, [L1]), [110.0, 112.0, 114.0]).values()
    assert values.with_spread(L1, "fid") == "100.00 [±3.92]"  # 1.96 times their standard deviation, 2
    assert values.with_spread(L1, "l1") == "0.2000"


def test_with_spread_has_the_standard_deviation_of_several_seeds(tmp_path):
    results = Results(tmp_path, [L1], lambda run: {"fid": 100.0 + run.seed}, seeds=(0, 2))
    values = resampled(results, [110.0, 112.0, 114.0]).values()
    assert values.with_spread(L1, "fid") == "101.00 ± 1.41"


@pytest.mark.parametrize(("fids", "explained"), [([110.0, 112.0], True), ([], False)])
def test_quality_table_explains_the_interval_if_it_shows_one(tmp_path, fids, explained):
    draft = resampled(Results(tmp_path, [L1]), fids).draft()
    table = draft.quality_table("t", "Caption.", [(L1, "b_to_a")], ("fid",))
    assert any("95% interval over test images" in note for note in table.notes) == explained
