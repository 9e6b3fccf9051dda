"""Run `pixcycle job fetch` on a dataset, with a plan such as Snakemake writes."""

from functools import cache
from pathlib import Path

import yaml

from pixcycle.params.dataset import Dataset, Source
from pixcycle.params.load import check_params
from pixcycle.params.schema import Params
from pixcycle.plan.runs import Plan
from tests.support import ROOT
from tests.support.answers import Answer, answer


def fetched(folder: Path, *locations: str | Path, **declared) -> Answer:
    """Fetch a dataset `tiny` with these locations into RAW, and return the answer."""
    source = Source(locations=[str(location) for location in locations], **declared)
    tiny = Dataset(title="Tiny", layout="side_by_side", sources=[source], splits={"train": ["train"]}, licence="none")
    params = _params().model_copy(update={"datasets": {"tiny": tiny}})
    (folder / "plan.json").write_text(Plan(params=params, data={}, runs={}).model_dump_json())
    return answer("job", "fetch", "tiny", "--plan", "plan.json", "--out", RAW, folder=folder)


RAW = Path("data/raw/tiny")


@cache
def _params() -> Params:
    tree = yaml.safe_load((ROOT / "params.yaml").read_text())
    return check_params(tree | {"experiments": {}, "scales": {"full": {"title": "as published"}}})
