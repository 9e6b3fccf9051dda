"""Claims e and f of report 003, on what generated images look like: sharper with training, and of their season."""

from collections.abc import Callable

import numpy as np

from pixcycle.metrics.appearance import brightness, greenness, saturation, sharpness
from pixcycle.plan.runs import Run
from pixcycle.report.chapters.kth.runs import CITY, CURVES, finished
from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft
from pixcycle.report.drawing.samples import Album
from pixcycle.report.quality import task_of
from pixcycle.report.verdicts import Order, judge_images, verdict

APPLES = "kth-apple2orange"
SHARPER = [(CITY, "b_to_a"), (APPLES, "a_to_b"), (APPLES, "b_to_a")]
"""Experiment and direction of which sections 5.2 and 5.4 say that images get sharper."""
LOOKED_AT = 200
"""Test images at most, at even distances, whose colours are measured."""
SEASONS = {
    "a_to_b": (
        "winter",
        {
            "whiter": (lambda images: -saturation(images), 0.01),
            "darker": (lambda images: -brightness(images), 2.0),
        },
    ),
    "b_to_a": ("summer", {"greener": (greenness, 0.002), "brighter": (brightness, 2.0)}),
}
"""Direction -> the season that it makes, and what its images must be more of than their inputs, and by how much."""
MEASURES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "saturation": saturation,
    "brightness": brightness,
    "share of green": greenness,
}


def look_claims(draft: Draft) -> list[Claim]:
    """Return claims e and f."""
    return [_sharper(draft), _seasons(draft)]


def _sharper(draft: Draft) -> Claim:
    """Return claim e: the images sampled after the first and after the last sampled epoch differ in sharpness."""
    id, text = "kth-claim-e", "With more training the generated images get sharper."
    experiments = list(dict.fromkeys(experiment for experiment, _ in SHARPER))
    orders: list[Order] = []
    results = []
    for experiment, direction in SHARPER:
        if not (runs := finished(draft, experiment)):
            continue
        measured = [_sharpness_of_samples(draft, experiment, direction, run) for run in runs]
        orders.append(judge_images([last - first for first, last in measured], among=len(SHARPER)))
        first, last = np.mean(measured, axis=(0, 2))
        results.append(f"{task_of(draft, experiment, direction)} {first:.3f}, then {last:.3f}")
    if not results:
        return draft.claim(id, text, "not run", [], draft.present(experiments))
    evidence = [
        f"Sharpness of the sampled test images after the first and the last sampled epoch: {'; '.join(results)}. It is "
        "the size of steps in the luminance as a share of its contrast. It does not see a checkerboard, and does not "
        "tell edges from noise."
    ]
    unjudged = [experiment for experiment in experiments if not finished(draft, experiment)]
    return draft.claim(id, text, verdict(orders, complete=True), evidence, draft.present(experiments), unjudged)


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
    for direction, (season, properties) in SEASONS.items():
        images = [_inputs_and_outputs(draft, run, direction) for run in runs]
        for look, least in properties.values():
            gains = [look(outputs) - look(inputs) for inputs, outputs in images]
            orders.append(judge_images(gains, least, among=sum(len(looks) for _, looks in SEASONS.values())))
        sentences.append(f"Generated {season} images against those that they were made of: {_colours(images)}.")
    limits = ", ".join(
        f"{word} {least:g}" for _, properties in SEASONS.values() for word, (_, least) in properties.items()
    )
    sentences.append(
        f"Means over at most {LOOKED_AT} test images: brightness of 255, saturation and the share of green of 1; "
        f"whiter is less saturated. The least differences that count: {limits}."
    )
    return draft.claim(id, text, verdict(orders, complete=True), sentences, [CURVES])


def _inputs_and_outputs(draft: Draft, run: Run, direction: str) -> tuple[np.ndarray, np.ndarray]:
    """Return test images and what a run makes of them, uint8 (N, H, W, 3) each."""
    album = Album(draft, CURVES, direction, run)
    places = album.spread_out(LOOKED_AT)
    return np.stack(album.inputs(places)), np.stack(album.outputs(places))


def _colours(images: list[tuple[np.ndarray, np.ndarray]]) -> str:
    """Return the mean of each colour property of outputs and inputs over seeds."""
    words = []
    for name, measure in MEASURES.items():
        inputs, outputs = (np.mean([measure(pair[i]) for pair in images]) for i in (0, 1))
        form = ".1f" if measure is brightness else ".3f"
        words.append(f"{name} {outputs:{form}} against {inputs:{form}}")
    return ", ".join(words)
