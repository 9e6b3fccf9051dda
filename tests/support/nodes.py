"""A project with one run on a few tiny images, and the command of each kind of node."""

import hashlib
import shutil
from pathlib import Path

from pixcycle.params.load import check_params
from pixcycle.plan.make import make_plan
from pixcycle.plan.names import features_key, weights_key
from pixcycle.report.fingerprint import report_fingerprints
from tests.support.answers import answer
from tests.workflow.conftest import ROOT, make_pairs, tiny_params

RUN, EXTRACTOR, WEIGHTS = "ucsd-facades-l1/0", "efficientnet-lite0", "inception-v3"
NODES = ("fetch", "fetch-weights", "prepare", "features", "train", "train-segmenter", "translate", "evaluate", "report")
TIMED = {"run.json", "segmenter.json", "fetched.json"}


class Nodes:
    """A project whose folder `made` contains the outputs of all NODES, made in this order."""

    def __init__(self, made: Path, address: str, served: Path):
        self.made = made
        make_pairs(made / "pairs", seed=0)
        archive = Path(shutil.make_archive(str(served / "pairs"), "zip", made / "pairs"))
        weights = served / "weights.pth"
        weights.write_bytes(bytes(range(256)) * 400)
        tree = tiny_params()
        tiny = tree["datasets"]["tiny"]
        tiny["sources"] = [{"locations": [f"{address}/{archive.name}"], "sha256": _sha256(archive)}]
        tiny["classes"] = {"dark": [0, 0, 0], "light": [255, 255, 255]}
        tree["weights"][WEIGHTS] = {"locations": [f"{address}/{weights.name}"], "sha256": _sha256(weights)}
        tree["scales"]["tiny"]["experiments"] = [RUN.partition("/")[0]]
        tree["scales"]["tiny"]["segmenter"] = {"backbone": "resnet18", "steps": 2, "batch_size": 2, "lr": 0.01}
        tree["scales"]["tiny"]["segmenter"]["min_accuracy"] = 0
        self.tree = tree
        self.plan = make_plan(check_params(tree), made)
        self.run = self.plan.runs[RUN]
        (made / "plan.json").write_text(self.plan.model_dump_json())
        (made / "reports").mkdir()
        shutil.copytree(ROOT / "reports/published", made / "reports/published")
        data = self.run.data
        self.outs = {
            "fetch": f"data/raw/{self.plan.data[data].raw}",
            "fetch-weights": f"data/weights/{weights_key(self.plan.params, WEIGHTS)}.pth",
            "prepare": f"data/prepared/{data}",
            "features": f"data/features/{features_key(data, EXTRACTOR)}",
            "train": self.run.folder,
            "train-segmenter": f"data/segmenters/{self.run.segmenter}",
            "translate": self.run.translated,
            "evaluate": self.run.metrics,
            "report": "reports/tiny",
        }
        for node in NODES:
            result = answer(*self.command(node), folder=made)
            assert result.exit_code == 0, result.text

    def command(self, node: str, out: Path | None = None) -> list[str]:
        """Return the arguments that make a node at `out` from the other nodes of the project."""
        o = self.outs
        prepared = ["--prepared", o["prepare"]]
        arguments = {
            "fetch": [self.plan.data[self.run.data].dataset],
            "fetch-weights": [WEIGHTS],
            "prepare": [self.run.data, "--raw", o["fetch"], "--threads", "2"],
            "features": [EXTRACTOR, *prepared],
            "train": [RUN, *prepared],
            "train-segmenter": [self.run.data, *prepared],
            "translate": [RUN, *prepared, "--trained", o["train"]],
            "evaluate": [RUN, *prepared, "--trained", o["train"], "--translated", o["translate"]],
            "report": ["all", "--fingerprint", report_fingerprints(self.plan, self.made)["all"]],
        }[node]
        if node == "evaluate":
            arguments += ["--real", o["features"], "--segmenter", o["train-segmenter"]]
        plan = [] if node == "features" else ["--plan", "plan.json"]
        return ["job", node, *arguments, *plan, "--out", str(out or o[node])]


def content(path: Path) -> dict[str, bytes]:
    """Return the content of a file, or of all files below a folder except TIMED, by name."""
    if path.is_file():
        return {path.name: path.read_bytes()}
    files = (file for file in path.rglob("*") if file.is_file() and file.name not in TIMED)
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
