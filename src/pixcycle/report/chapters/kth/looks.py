"""Claims e and f of report 003, on what generated images look like: sharper with training, and of their season."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pixcycle.metrics.appearance import brightness, greenness, saturation, sharpness
from pixcycle.plan.runs import Run
from pixcycle.report.chapters.kth.runs import CITY, CURVES, finished
from pixcycle.report.content import Claim
from pixcycle.report.dot_plot import Dot, DotPlot
from pixcycle.report.draft import Draft
from pixcycle.report.drawing.samples import Album
from pixcycle.report.evidence import contrasted, extents
from pixcycle.report.quality import task_of
from pixcycle.report.verdicts import Order, judge_images, verdict

APPLES = "kth-apple2orange"
SHARPER = [(CITY, "b_to_a"), (APPLES, "a_to_b"), (APPLES, "b_to_a")]
"""Experiment and direction of which sections 5.2 and 5.4 say that images get sharper."""
LOOKED_AT = 200
"""Test images at most, at even distances, whose colours are measured."""
SHARPENING: dict[Order, str] = {
    "better": "Images get sharper",
    "worse": "Images get less sharp",
    "unclear": "The change lies within its 95% interval",
}


class Look(NamedTuple):
    """A property of colour of which outputs must have more than their inputs.

    Attributes
    ----------
    opposite
        The word for less of it.
    name, measure
        A quantity of images.
    sign
        1 if more of the quantity is more of the property, -1 if it is less.
    least
        The least difference that counts.
    digits
        Number of decimals with which the quantity is written.
    """

    opposite: str
    name: str
    measure: Callable[[np.ndarray], np.ndarray]
    sign: int
    least: float
    digits: int


SEASONS = {
    "a_to_b": (
        "winter",
        {
            "whiter": Look("more saturated", "saturation", saturation, -1, 0.01, 3),
            "darker": Look("brighter", "brightness", brightness, -1, 2.0, 1),
        },
    ),
    "b_to_a": (
        "summer",
        {
            "greener": Look("less green", "share of green", greenness, 1, 0.002, 3),
            "brighter": Look("darker", "brightness", brightness, 1, 2.0, 1),
        },
    ),
}
"""Direction -> the season that it makes, and what its images must be more of than their inputs."""


def look_claims(draft: Draft) -> list[Claim]:
    """Return claims e and f."""
    return [_sharper(draft), _seasons(draft)]


def _sharper(draft: Draft) -> Claim:
    """Return claim e: the images sampled after the first and after the last sampled epoch differ in sharpness."""
    id, text = "kth-claim-e", "With more training the generated images get sharper."
    experiments = list(dict.fromkeys(experiment for experiment, _ in SHARPER))
    judged: list[tuple[str, Order]] = []
    dots = []
    for experiment, direction in SHARPER:
        if not (runs := finished(draft, experiment)):
            continue
        task = task_of(draft, experiment, direction)
        measured = [_sharpness_of_samples(draft, experiment, direction, run) for run in runs]
        gains = [last - first for first, last in measured]
        judged.append((task, judge_images(gains, float(np.mean(measured)), among=len(SHARPER))))
        first, last = np.mean(measured, axis=(0, 2))
        dots.append(Dot(task, last, f"{last:.3f}", reference=first, shown_reference=f"{first:.3f}"))
    if not judged:
        return draft.claim(id, text, "not run", [], draft.present(experiments))
    rule = (
        "Sharpness is the size of steps in the luminance as a share of its contrast, in the mean of the sampled test "
        "images. It does not see a checkerboard, and does not tell edges from noise."
    )
    marks = ("last", "first")
    return draft.claim(
        id,
        text,
        verdict([order for _, order in judged], complete=True),
        extents(SHARPENING, judged, "translations"),
        draft.present(experiments),
        [experiment for experiment in experiments if not finished(draft, experiment)],
        rule=rule,
        plots=[DotPlot("Sharpness after the sampled epochs", dots, marks)],
    )


def _sharpness_of_samples(draft: Draft, experiment: str, direction: str, run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Return the sharpness of a run's sampled images after its first and after its last sampled epoch, (N,) each."""
    album = Album(draft, experiment, direction, run)
    epochs = (min([*run.config.sample_epochs, run.config.epochs]), run.config.epochs)
    first, last = (sharpness(np.stack(album.outputs_after(epoch, album.sampled))) for epoch in epochs)
    return first, last


def _seasons(draft: Draft) -> Claim:
    """Return claim f: outputs are visibly more of each colour property than their own inputs, in the mean."""
    id = "kth-claim-f"
    text = "Winter images become whiter and darker, summer images greener and brighter."
    runs = finished(draft, CURVES)
    if not runs:
        return draft.claim(id, text, "not run", [], draft.present([CURVES]))
    orders: list[Order] = []
    sentences = []
    among = sum(len(looks) for _, looks in SEASONS.values())
    for direction, (season, looks) in SEASONS.items():
        images = [_inputs_and_outputs(draft, run, direction) for run in runs]
        clauses: list[tuple[str, Order]] = []
        doubts = []
        for word, look in looks.items():
            order, described, numbers = _changed(images, word, look, among)
            orders.append(order)
            if order == "unclear":
                doubts.append(f"Whether {season} images become {word} cannot be told ({numbers}).")
            else:
                clauses.append((f"{described} ({numbers})", order))
        if clauses:
            sentences.append(f"Compared with their inputs, generated {season} images are {contrasted(clauses)}.")
        sentences += doubts
    limits = ", ".join(
        f"{word} by {look.least:g} in {look.name}" for _, looks in SEASONS.values() for word, look in looks.items()
    )
    rule = (
        f"Means over at most {LOOKED_AT} test images, of outputs against their own inputs. Whiter is less saturated; "
        "saturation and the share of green are at most 1, brightness is at most 255. The least differences that count: "
        f"{limits}."
    )
    return draft.claim(id, text, verdict(orders, complete=True), sentences, [CURVES], rule=rule)


def _changed(images: list[tuple[np.ndarray, np.ndarray]], word: str, look: Look, among: int) -> tuple[Order, str, str]:
    """Return whether outputs have more of a property than their inputs, in a word, and the means of both.

    Parameters
    ----------
    images
        Inputs and outputs of each seed.
    among
        See `judge_images`.
    """
    measured = [(look.measure(inputs), look.measure(outputs)) for inputs, outputs in images]
    gains = [look.sign * (after - before) for before, after in measured]
    before, after = np.mean(measured, axis=(0, 2))
    gain = float(np.mean(gains))
    order = judge_images(gains, gain, look.least, among)
    described = word
    if order == "worse":
        reverse = judge_images([-gains_of_seed for gains_of_seed in gains], gain, look.least) == "better"
        described = f"{look.opposite}, not {word}" if reverse else f"not visibly {word}"
    return order, described, f"{look.name} {after:.{look.digits}f} against {before:.{look.digits}f}"


def _inputs_and_outputs(draft: Draft, run: Run, direction: str) -> tuple[np.ndarray, np.ndarray]:
    """Return test images and what a run makes of them, uint8 (N, H, W, 3) each."""
    album = Album(draft, CURVES, direction, run)
    places = album.spread_out(LOOKED_AT)
    return np.stack(album.inputs(places)), np.stack(album.outputs(places))
