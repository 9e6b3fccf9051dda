"""What `pixcycle fetch` makes of one location, by the plan that Snakemake would have written."""

from functools import cache
from pathlib import Path

import yaml

from pixcycle import config
from pixcycle.runs import Plan
from pixcycle.schema import Dataset, Params, Source
from tests.answers import Answer, answer

ROOT = Path(__file__).parents[2]


def fetched(folder: Path, *locations: str | Path, **declared) -> Answer:
    """The answer, for a dataset `tiny` of which params.yaml says that it lies there. Its folder is RAW."""
    source = Source(locations=[str(location) for location in locations], **declared)
    tiny = Dataset(title="Tiny", layout="side_by_side", sources=[source], splits={"train": ["train"]}, licence="none")
    params = _params().model_copy(update={"datasets": {"tiny": tiny}})
    (folder / "plan.json").write_text(Plan(params=params, data={}, runs={}).model_dump_json())
    return answer("job", "fetch", "tiny", "--plan", "plan.json", "--out", RAW, folder=folder)


RAW = Path("data/raw/tiny")


@cache
def _params() -> Params:
    tree = yaml.safe_load((ROOT / "params.yaml").read_text())
    return config.check(tree | {"experiments": {}, "scales": {"full": {"title": "as published"}}})
