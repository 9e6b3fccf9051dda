"""Figure 7 of report 001: losses with normal and with equal learning rates, drawn, and beside the scales of its own."""

import pandas as pd

from pixcycle.plan.runs import Run
from pixcycle.report.chapters.wustl.losses import with_direction_left_out
from pixcycle.report.chapters.wustl.rates import RATES
from pixcycle.report.chapters.wustl.wording import digits, shorter
from pixcycle.report.content import Cell, Column, Figure, Table
from pixcycle.report.draft import Draft
from pixcycle.report.drawing import curves
from pixcycle.report.published import NOT_RUN
from pixcycle.report.trends import is_finite

LOSSES = {
    "g": "Generator, total",
    "g_gan": "Generator, GAN term",
    "cycle_x": "Generator, cycle of x, without λ",
    "d": "Discriminator, mean of its two halves",
}
STEPS = 100_000
"""Steps of the published curves: 1000 epochs of 100 batches."""
AROUND = 0.01
"""Share of the training, before and after a place, over which our losses are averaged."""


def figure(draft: Draft) -> list[Figure]:
    """Draw the losses of all runs with normal and with equal rates; empty if none was run."""
    experiments = [e for pair in RATES for e in pair]
    present = {_label(draft, e): e for e in draft.present(experiments)}
    if not present:
        return []
    histories = {
        label: with_direction_left_out(draft.history(draft.one(e)), draft.one(e)) for label, e in present.items()
    }
    steps = {label: draft.steps_per_epoch(e) for label, e in present.items()}
    first = draft.one(next(iter(present.values())))
    caption = " ".join(
        [
            f"Figure 7 of the report: loss curves on {draft.data_of(first.id)}.",
            *_rates(draft),
            "The report plots the sum of the two halves of D's loss, we plot their mean: its 0.5 is 0.25 in ours. "
            "@wustl-figure-7-scales has values of its curves beside ours.",
            *shorter(draft, first),
        ]
    )
    picture = curves.compared_curves(histories, LOSSES, steps)
    alt = "Losses against epochs with normal and with equal learning rates, four panels"
    return [draft.figure("wustl-figure-7", picture, caption, alt, experiments)]


def scales(draft: Draft) -> Table:
    """Return what can be read from the published curves beside our losses at the same share of the training."""
    published = draft.read_published("wustl-figure-7")
    tasks = [[draft.one(e) if e in draft else None for e in pair] for pair in RATES]
    rows = []
    for reading in published.itertuples():
        ours = [_at(draft, normal if reading.rates == "normal" else equal, reading) for normal, equal in tasks]
        title = f"{reading.loss}, {reading.rates} rates"
        steps, curve, value = f"{reading.steps:,}", reading.curve, f"{reading.value:g}"
        rows.append([Cell(title), Cell(steps), Cell(curve), Cell(value, "published"), *ours])
    columns = [Column("Loss", numeric=False), Column("steps"), Column("curve", "published", numeric=False)]
    columns += [Column("value", "published"), Column("label to photo", "ours"), Column("photo to label", "ours")]
    notes = [
        "Published values were read from the curves of the report's Figure 7, which does not say of which task each "
        f"is; {STEPS:,} steps are 1000 epochs of facades.",
        f"Ours are the means around the same share of the training (of {STEPS:,} steps), with D's two halves added, as "
        "the report adds them. G is the generator's total.",
        "Orange touches zero at 44,000, 54,000, 74,000 and 86,000 steps; both curves of D with equal rates are at zero "
        "from about 91,000, and both of G jump at 90,000.",
    ]
    caption = "Scales of Figure 7 of the report, and ours"
    runs = [run.key for pair in tasks for run in pair if run]
    return Table("wustl-figure-7-scales", caption, columns, rows, notes, runs)


def _at(draft: Draft, run: Run | None, reading) -> Cell:
    """Return our mean loss around the place of a published reading."""
    if run is None:
        return NOT_RUN
    history = with_direction_left_out(draft.history(run), run)
    if not is_finite(history):
        return Cell("collapsed", "muted")
    value = loss_around(history, reading.loss.lower(), reading.steps / STEPS)
    return Cell(f"{value * (2 if reading.loss == 'D' else 1):.2f}")


def loss_around(history: pd.DataFrame, loss: str, share: float) -> float:
    """Return the mean of a loss over the steps within AROUND of a share of the training, or that of the nearest."""
    first, last = history["step"].min(), history["step"].max()
    away = (history["step"] - (first + share * (last - first))).abs()
    return float(history[loss][away <= max(away.min(), AROUND * (last - first))].mean())


def _label(draft: Draft, experiment: str) -> str:
    task = draft.one(experiment).config.label.split(",")[0]
    return f"{task}, {'equal' if experiment.endswith('-lr') else 'normal'} rates"


def _rates(draft: Draft) -> list[str]:
    """Return a sentence on the learning rates of either kind of run."""
    sentences = []
    for word, experiments in zip(("normal", "equal"), zip(*RATES, strict=True), strict=True):
        for e in draft.present(experiments)[:1]:
            lr, lr_d = draft.one(e).config.lr, draft.one(e).config.lr_discriminator
            sentences.append(f"With {word} rates G learns at {digits(lr)}, D at {digits(lr_d or lr)}.")
    return sentences
