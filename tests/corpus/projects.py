"""Projects with the user's own folders as data, one for each layout, and their commands."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from pixcycle.base.errors import UserError
from pixcycle.params.load import check_params
from pixcycle.params.schema import Params
from pixcycle.plan.make import make_plan
from pixcycle.plan.runs import Plan
from tests.support.answers import Answer, answer

SIDE = 16
"""Width and height of prepared images; images of this size are not resized."""
LAYOUTS = {
    "pairs": {"layout": "side_by_side"},
    "domains": {"layout": "domain_folders", "paired": False},
    "matched": {"layout": "domain_folders"},
    "cities": {"layout": "cityscapes"},
}


@cache
def _params(dataset: str) -> dict[str, Any]:
    described = {
        "title": dataset.title(),
        "sources": [{"locations": [f"data/own/{dataset}"]}],
        "splits": {"train": ["train"], "test": ["val"]},
        "licence": "free",
        **LAYOUTS[dataset],
    }
    method = {"method": "pix2pix"} if described.get("paired", True) else {"method": "cyclegan", "conditional": False}
    sizes = {"load_size": SIDE, "crop_size": SIDE, "resize": "nearest", "filters": 4, "patch": 16, "n_epochs": 1}
    return {
        "scale": "tiny",
        "seeds": [0],
        "extractor": "efficientnet-lite0",
        "neighbours": 3,
        "datasets": {dataset: described},
        "weights": {},
        "segmenter": {"backbone": "resnet18", "steps": 1, "batch_size": 1, "lr": 0.1, "min_accuracy": 0.5},
        "chapters": {"ucsd": {"title": "Tiny", "cite": "Nobody"}},
        "experiments": {"ucsd": {dataset: {"dataset": dataset, **method, **sizes}}},
        "scales": {"tiny": {"title": "Tiny"}},
    }


@cache
def _checked(dataset: str) -> Params:
    return check_params(_params(dataset))


def _plan(dataset: str, folder: Path) -> Plan:
    """Return the plan for the user's files in a folder, or for missing ones if they cannot be read, as jobs refuse."""
    try:
        return make_plan(_checked(dataset), folder)
    except UserError:
        return make_plan(_checked(dataset), Path("nowhere"))


@dataclass(frozen=True)
class Project:
    """A project in a folder, whose only dataset is called by its key in LAYOUTS."""

    folder: Path
    dataset: str

    @property
    def own(self) -> Path:
        return self.folder / "data/own" / self.dataset

    @property
    def prepared(self) -> Path:
        return self.folder / "prepared"

    def array(self, split: str, domain: str) -> np.ndarray:
        return np.load(self.prepared / f"{split}_{domain}.npy")

    def manifest(self) -> dict[str, Any]:
        return json.loads((self.prepared / "manifest.json").read_text())

    def plan_and_prepare(self) -> Answer:
        """Run `check`, which reads the user's own files like every command that computes a plan, and then `prepare`."""
        params = self.folder / "params.yaml"
        params.write_text(yaml.safe_dump(_params(self.dataset)))
        planned = answer("check", "--params", params, folder=self.folder)
        return planned if planned.exit_code else self.prepare()

    def prepare(self) -> Answer:
        """Run `fetch` and `prepare`, and return the answer of the first that fails, or else that of `prepare`."""
        plan, made = self.folder / "plan.json", _plan(self.dataset, self.folder)
        plan.write_text(made.model_dump_json())
        [key] = made.data
        fetched = answer("job", "fetch", self.dataset, "--plan", plan, "--out", "raw", folder=self.folder)
        if fetched.exit_code:
            return fetched
        return answer("job", "prepare", key, "--plan", plan, "--raw", "raw", "--out", "prepared", folder=self.folder)
