"""A plan: the runs of one invocation, the names of their results, and the targets that select them."""

from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from pixcycle import paths
from pixcycle.base.errors import UserError
from pixcycle.base.suggest import known
from pixcycle.data.fetch.digest import is_declared, own_path
from pixcycle.params.dataset import Source
from pixcycle.params.experiment import Experiment
from pixcycle.params.fields import ChapterKey, Closed, ExtractorName
from pixcycle.params.schema import CODED, Params, Segmenter
from pixcycle.plan.names import RECIPE, fingerprint, raw_key
from pixcycle.plan.rulers import CalibrationNode


class Data(Closed):
    """A dataset prepared at the sizes that a group of runs needs."""

    key: str
    dataset: str
    raw: str
    spec: dict[str, Any]


class Run(Closed):
    """An experiment at one scale with one seed, and the names of its results."""

    id: str
    """Such as ucsd-facades-l1, or ucsd-facades-l1@coded."""
    chapter: ChapterKey
    name: str
    """The id without its chapter."""
    seed: int
    scale: str
    config: Experiment
    asked_dataset: str
    """Dataset that the experiment names; config.dataset is the one used in its place at this scale."""
    data: str
    extractor: ExtractorName
    segmenter: str | None
    """Key of the network behind its FCN-score; None if its data have no classes."""
    metric_weights: dict[str, str]
    """Name -> key of the downloaded weights of its metrics and its ruler."""
    ruler: str | None = None
    """Ruler of its chapter."""
    ruler_extractor: str | None = None
    """Network that the ruler measures with, its own or a stand-in."""
    fingerprint: str
    translated_fingerprint: str
    metrics_fingerprint: str

    @property
    def training_weights(self) -> list[str]:
        """Names of the weights that its training reads, also of those that come with a package."""
        return [name for name in (*self.config.published, self.config.feature_network) if name]

    @property
    def weights(self) -> list[str]:
        """Names of the weights that its jobs read, also of those that come with packages."""
        return [self.extractor, *self.training_weights, *self.metric_weights]

    @property
    def key(self) -> str:
        return f"{self.id}/{self.seed}"

    @property
    def _parent(self) -> str:
        return paths.experiment(self.scale, self.chapter, self.name)

    @property
    def prepared(self) -> str:
        return paths.prepared(self.data)

    @property
    def folder(self) -> str:
        return paths.run(self._parent, self.seed, self.fingerprint)

    @property
    def translated(self) -> str:
        return paths.translated(self._parent, self.seed, self.translated_fingerprint)

    @property
    def metrics(self) -> str:
        return paths.metrics(self._parent, self.seed, self.metrics_fingerprint)

    @property
    def watched(self) -> str:
        return paths.watched(self.scale, self.id, self.seed, self.fingerprint)

    def log(self, step: Literal["train", "translate", "evaluate"]) -> str:
        fingerprints = {
            "train": self.fingerprint,
            "translate": self.translated_fingerprint,
            "evaluate": self.metrics_fingerprint,
        }
        return paths.run_log(step, self.scale, self.id, self.seed, fingerprints[step])


class Plan(Closed):
    """Everything that the jobs of one invocation need to know, written once when the workflow is read."""

    params: Params
    data: dict[str, Data]
    runs: dict[str, Run]
    calibrations: dict[str, CalibrationNode] = Field({})
    """Chapter -> its ruler tried on images of its authors."""
    recipe: dict[str, int] = RECIPE
    """Version of each step in the code that made the plan."""

    @property
    def segmenter(self) -> Segmenter:
        """Settings of the networks behind FCN-score at this scale."""
        return self.params.chosen_segmenter

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.model_dump(mode="json"))

    @property
    def experiments(self) -> dict[str, list[Run]]:
        """Runs by the id of their experiment, one for each seed; its two readings have an id each."""
        experiments: dict[str, list[Run]] = {}
        for run in self.runs.values():
            experiments.setdefault(run.id, []).append(run)
        return experiments

    @property
    def both_readings(self) -> dict[str, list[Run]]:
        """Runs of both readings by the id of the written one."""
        experiments: dict[str, list[Run]] = {}
        for run in self.runs.values():
            experiments.setdefault(written_id(run.id), []).append(run)
        return experiments

    @cached_property
    def selections(self) -> dict[str, list[Run]]:
        """Runs of each target that users can name: all, chapters, chapter-dataset groups and experiments.

        A chapter without experiments at this scale is a target without runs. If a group and an experiment have the same
        name, the target is the experiment, in both readings.
        """
        runs = self.runs.values()
        chapters = {key: [run for run in runs if run.chapter == key] for key in self.params.chapters}
        return {"all": list(runs)} | chapters | self.groups | self.experiments | self.both_readings

    @property
    def groups(self) -> dict[str, list[Run]]:
        """Runs of the experiments of a chapter whose names begin alike, by the name of their group."""
        groups: dict[str, list[Run]] = {}
        for run in self.runs.values():
            groups.setdefault(group(run.chapter, run.name), []).append(run)
        return groups

    @property
    def hidden(self) -> dict[str, list[str]]:
        """Experiments named like their group -> the other experiments of that group, which no target unites."""
        hidden = {}
        for name, runs in self.groups.items():
            ids = list(dict.fromkeys(written_id(run.id) for run in runs))
            if name in ids and len(ids) > 1:
                hidden[name] = [id for id in ids if id != name]
        return hidden

    def calibrations_of(self, selection: str) -> list[CalibrationNode]:
        """Return the calibrations that a selection's report shows: those of the datasets that its runs name."""
        shown = {(run.chapter, run.asked_dataset) for run in self.select(selection)}
        return [node for node in self.calibrations.values() if (node.chapter, node.dataset) in shown]

    @property
    def sources(self) -> list[Source]:
        """Sources of its datasets and of all weights."""
        datasets = dict.fromkeys(node.dataset for node in self.data.values())
        return [*(s for d in datasets for s in self.params.datasets[d].sources), *self.params.fetched_weights.values()]

    def select(self, selection: str) -> list[Run]:
        """Return the runs of `all`, a chapter (`ucsd`), a group (`ucsd-facades`) or one experiment."""
        return self.selections[known(selection, self.selections, "target")]


def group(chapter: str, name: str) -> str:
    """Return the target that unites an experiment with those of its chapter whose names begin alike."""
    return f"{chapter}-{written_id(name).split('-')[0]}"


def written_id(id: str) -> str:
    """Return the id of an experiment's written reading, which its other reading extends."""
    return id.removesuffix(CODED)


def read_plan(path: Path) -> Plan:
    """Read the plan that Snakemake wrote.

    Raises
    ------
    UserError
        If the file is missing or not a plan, or if the code has changed since so that steps give other results.
    """
    try:
        plan = Plan.model_validate_json(path.read_text())
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; start Snakemake again, which writes this file") from None
    except ValueError:  # also pydantic's errors
        raise UserError(f"{path}: is not a plan as Snakemake writes it; remove it and start Snakemake again") from None
    changed = [step for step in RECIPE if plan.recipe.get(step) != RECIPE[step]]
    if changed:
        raise UserError(
            f"{path}: was planned by another version of pixcycle, which did {', '.join(changed)} otherwise; "
            "start Snakemake again"
        )
    return plan


def refuse_changed(plan: Plan, dataset: str, root: Path = Path()) -> None:
    """Raise UserError if the user's own files of a dataset are no longer those that name its data in the plan.

    On a cluster hours pass between the planning and the reading of the files, which must not enter under that name.
    """
    planned = {node.raw for node in plan.data.values() if node.dataset == dataset}
    if not planned or planned == {raw_key(plan.params, dataset, root)}:
        return
    own = [own_path(source, root) for source in plan.params.datasets[dataset].sources if not is_declared(source)]
    raise UserError(
        f"{dataset}: {' or '.join(str(path) for path in own if path)} changed after Snakemake had planned with it;"
        " start snakemake again, which takes the files as they are now"
    )
