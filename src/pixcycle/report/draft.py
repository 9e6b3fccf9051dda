"""What a chapter is given: the numbers of the runs, and the tables, figures, claims and sections to make of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from pixcycle.plan.runs import Plan
from pixcycle.report import published, quality
from pixcycle.report.archive_counts import archive_counts
from pixcycle.report.both_readings import AS_CODED, is_as_coded
from pixcycle.report.content import Block, Claim, Claims, Figure, Section, Table, Text, Verdict
from pixcycle.report.dot_plot import DotPlot
from pixcycle.report.dots import dot_plots
from pixcycle.report.drawing import curves, style
from pixcycle.report.drawing.interactive import Picture
from pixcycle.report.drawing.samples import Album
from pixcycle.report.values import Values
from pixcycle.report.verdicts import NO_RUN, RULER

NO_FIGURES = Text("None of the runs that its figures show is part of this selection.")


class Draft(Values):
    """A report that is being written: its numbers (see `Values`), and methods that make its blocks.

    Figures and claims take ids of experiments, such as `ucsd-facades-l1`, and say which of these were not run.

    Parameters
    ----------
    out
        The report's folder; figures are written below it.
    """

    comparison_table = published.comparison_table
    """Experiments of one dataset: published | ours | difference."""
    quality_table = quality.quality_table
    """Our metrics of (experiment, direction), for which the report prints no numbers."""
    fcn_table = quality.fcn_table
    """FCN-scores of (experiment, direction), ours and others'."""

    def __init__(self, plan: Plan, selection: str, root: Path, out: Path):
        super().__init__(plan, selection, root)
        self.out = out

    def sections(
        self,
        chapter: str,
        results: Sequence[Block],
        figures: Sequence[Block] = (),
        claims: Sequence[Claim] = (),
        shown_in: dict[str, tuple[str, ...]] | None = None,
        *rules: str,
    ) -> list[Section]:
        """Return the results, figures and claims of a chapter as sections; its counts of images end the results.

        Parameters
        ----------
        chapter
            Key of the chapter.
        shown_in
            Id of a claim -> ids of the tables and figures with its evidence; `ucsd-table-1` also stands for
            `ucsd-table-1-facades`.
        rules
            How the chapter judges claims, beyond the rules of all chapters.
        """
        blocks = [block for block in (*results, *figures) if isinstance(block, Table | Figure)]
        linked = [replace(c, shown_in=_showing(c, blocks, (shown_in or {}).get(c.id, ()))) for c in claims]
        return [
            Section(f"{chapter}-results", "Results", 2, [*results, *archive_counts(self, chapter)]),
            Section(f"{chapter}-figures", "Figures", 2, list(figures) or [NO_FIGURES]),
            Section(f"{chapter}-claims", "Claims", 2, [*map(Text, (RULER, *rules)), Claims(linked)]),
        ]

    def read_published(self, name: str) -> pd.DataFrame:
        """Return the transcribed table reports/published/NAME.csv."""
        return published.read_published(name, self.root)

    def album(self, experiment: str, direction: str | None = None) -> Album:
        """Return the test images and outputs of an experiment's first seed, by default in its scored direction."""
        return Album(self, experiment, direction)

    def loss_curves(self, experiment: str, terms: dict[str, str], title: str) -> Picture:
        """Draw the losses of an experiment's first seed; `terms` maps them to the titles of their panels."""
        steps = self.steps_per_epoch(experiment)
        return curves.loss_curves(self.history(self.one(experiment)), terms, steps, title)

    def compared_curves(self, experiments: dict[str, str], terms: dict[str, str]) -> Picture:
        """Draw the losses of several experiments together; `experiments` maps labels to ids."""
        histories = {label: self.history(self.one(id)) for label, id in experiments.items()}
        steps = {label: self.steps_per_epoch(id) for label, id in experiments.items()}
        return curves.compared_curves(histories, terms, steps)

    def figure(
        self,
        id: str,
        picture: Picture,
        caption: str,
        alt: str,
        experiments: Sequence[str],
        all_seeds: bool = False,
    ) -> Figure:
        """Write figures/ID.jpg (images) or figures/ID.svg (all else), and return the block that shows it.

        The caption also says which of the experiments were not run, how lines are thinned, and which runs collapsed. In
        the reading `coded` the id ends in -coded, and figures without a run of its own are not written.

        Parameters
        ----------
        experiments
            What the figure is about.
        all_seeds
            Whether it shows the runs of all seeds, instead of the first one's only.
        """
        missing = self.missing(experiments)
        remarks = [f"Not run here: {', '.join(missing)}."] if missing else []
        remarks += [picture.note, *self.collapses(*experiments)]
        caption = " ".join([caption, *(remark for remark in remarks if remark not in caption)])
        firsts = [self.one(experiment).key for experiment in self.present(experiments)]
        keys = self.keys(*experiments) if all_seeds else firsts
        if self.reading == "coded":
            id, caption = f"{id}-coded", f"{AS_CODED} {caption}"
        file = Path("figures") / f"{id}.{picture.kind}"
        if self.reading == "written" or any(is_as_coded(key) for key in keys):
            style.save(picture, self.out / file)
        return Figure(id, caption, file, alt, keys)

    def claim(
        self,
        id: str,
        text: str,
        verdict: Verdict,
        evidence: Sequence[str] = (),
        experiments: Sequence[str] = (),
        unjudged: Sequence[str] = (),
        metric: str | None = None,
        plots: Sequence[DotPlot] = (),
        rule: str = "",
    ) -> Claim:
        """Return a claim with our verdict on it; one that holds, but was not judged everywhere, holds on those run.

        Parameters
        ----------
        evidence
            Sentences that say why the verdict is what it is. They are followed by which of the experiments collapsed,
            and which were not run.
        experiments
            What the verdict rests on, or would if it had been run.
        unjudged
            Datasets or experiments on which nothing could be judged.
        metric
            What the verdict compares, shown as dot plots; experiments that lack it have too few test images.
        plots
            Further values that the verdict compares.
        rule
            How the claim is judged, beyond the rules of its chapter.
        """
        sentences = [*evidence, *self.collapses(*experiments)]
        if missing := self.missing(experiments):
            sentences.append(f"Not run: {', '.join(missing)}.")
        sentences += self.too_few(self.missing(self.present(experiments), metric))
        if sentences and unjudged:
            sentences.append(f"Not judged on {', '.join(unjudged)}.")
        if verdict == "holds" and unjudged:
            verdict = "holds on those run"
        drawn = [*(dot_plots(self, list(experiments), metric) if metric else ()), *plots]
        return Claim(id, text, verdict, " ".join(sentences) or NO_RUN, self.keys(*experiments), [], drawn, rule)

    def too_few(self, experiments: Iterable[str]) -> list[str]:
        """Return a sentence on experiments that could not be judged for want of test images; none without any."""
        names = ", ".join(experiments)
        return [f"Too few test images: {names}."] if names else []


def _showing(claim: Claim, blocks: list[Table | Figure], ids: tuple[str, ...]) -> list[str]:
    """Return the ids of the blocks that `ids` stand for and that are made from a run of the claim, or from no run."""
    named = [block for block in blocks if f"{block.id}-".startswith(tuple(f"{id}-" for id in ids))]
    return [block.id for block in named if not block.made_from or {*block.made_from} & {*claim.made_from}]
