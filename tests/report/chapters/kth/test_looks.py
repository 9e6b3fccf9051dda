"""Tests of claims e and f of report 003, on invented images with known verdicts."""

import re

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from pixcycle.paths import TARGET, fakes_folder, samples_folder
from pixcycle.report.chapters.kth.claims import claims
from tests.report.chapters.kth.judging import APPLES, CITY, CURVES, judged
from tests.support.results import NAMES, Results


def paint(results, run, blur_at, seed=0):
    """Give the sampled outputs of a run noise of a blur in pixels that depends on the epoch."""
    noise = np.random.default_rng(seed).normal(size=(len(NAMES), 64, 64))
    for epoch in {*run.config.sample_epochs, run.config.epochs}:
        folder = samples_folder(results.root / run.folder, epoch)
        save(folder, TARGET, gaussian_filter(noise, (0, blur_at(epoch), blur_at(epoch))))


def save(folder, directions, planes):
    for direction in directions:
        for name, plane in zip(NAMES, planes, strict=True):
            grey = np.rint(127 + 30 * plane / plane.std()).clip(0, 255).astype(np.uint8)
            Image.fromarray(grey[..., None].repeat(3, axis=-1)).save(fakes_folder(folder, direction) / f"{name}.png")


@pytest.mark.parametrize(
    ("blur_at", "verdict", "words"),
    [
        (lambda epoch: 6 if epoch == 1 else 3, "holds", "Images get sharper"),
        (lambda epoch: 3 if epoch == 1 else 6, "does not hold", "Images get less sharp"),
        (lambda epoch: 3, "not distinguishable", "The change lies within its 95% interval"),
    ],
)
def test_kth_claim_e_compares_sharpness_of_first_and_last_samples(tmp_path, blur_at, verdict, words):
    results = Results(tmp_path, [CITY, APPLES])
    for run in results.plan.runs.values():
        paint(results, run, blur_at)
    claim = judged(results)["e"]
    assert claim.verdict == verdict
    assert claim.evidence == f"{words} in all 3 translations."
    (plot,) = claim.plots
    assert [dot.label for dot in plot.dots] == ["label → photo", "apple → orange", "orange → apple"]
    order = {"holds": 1, "does not hold": -1, "not distinguishable": 0}[verdict]
    assert {int(np.sign(dot.value - dot.reference)) for dot in plot.dots} == {order}


def test_kth_claim_e_is_undecided_if_seeds_disagree(tmp_path):
    results = Results(tmp_path, [APPLES], seeds=(0, 1))
    for seed, (first, last) in enumerate(((6, 3), (3, 6))):
        paint(results, results.plan.runs[f"{APPLES}/{seed}"], lambda epoch, f=first, n=last: f if epoch == 1 else n)
    assert judged(results)["e"].verdict == "not distinguishable"


def test_kth_claim_e_holds_only_on_those_run(tmp_path):
    results = Results(tmp_path, [APPLES])
    paint(results, results.plan.runs[f"{APPLES}/0"], lambda epoch: 6 if epoch == 1 else 3)
    assert judged(results)["e"].verdict == "holds on those run"


SUMMER, WINTER = (60, 140, 60), (120, 130, 140)


def coloured(root, outputs, seeds=(0,), readings=("written",)):
    """Write runs whose inputs are SUMMER and WINTER, give or take a little; outputs(run) has colours by direction."""
    results = Results(root, [CURVES], seeds=seeds, readings=readings)
    noise = np.random.default_rng(0).integers(-3, 4, (len(NAMES), 8, 8, 3))
    for run in results.plan.runs.values():
        for domain, colour in zip("AB", (SUMMER, WINTER), strict=True):
            np.save(root / run.prepared / f"test_{domain}.npy", (colour + noise).astype(np.uint8))
        for direction, colour in outputs(run).items():
            folder = fakes_folder(root / run.translated, direction)
            for name, image in zip(NAMES, (colour + noise[::-1]).astype(np.uint8), strict=True):
                Image.fromarray(image).save(folder / f"{name}.png")
    return results


WHITE_AND_DARK, GREEN_AND_BRIGHT = (80, 85, 90), (100, 220, 100)


@pytest.mark.parametrize(
    ("winter", "summer", "verdict", "looks"),
    [
        (WHITE_AND_DARK, GREEN_AND_BRIGHT, "holds", ("whiter and darker", "greener and brighter")),
        (
            (150, 155, 160),
            GREEN_AND_BRIGHT,
            "does not hold",
            ("whiter, but brighter, not darker", "greener and brighter"),
        ),
        (
            (30, 90, 30),
            GREEN_AND_BRIGHT,
            "does not hold",
            ("more saturated, not whiter, but darker", "greener and brighter"),
        ),
        (
            WHITE_AND_DARK,
            (60, 140, 60),
            "does not hold",
            ("whiter and darker", "greener, but darker, not brighter"),
        ),
        (
            WHITE_AND_DARK,
            (160, 170, 180),
            "does not hold",
            ("whiter and darker", "not visibly greener, but brighter"),
        ),
    ],
)
def test_kth_claim_f_compares_colours_of_outputs_and_inputs(tmp_path, winter, summer, verdict, looks):
    results = coloured(tmp_path, lambda run: {"a_to_b": winter, "b_to_a": summer})
    claim = judged(results)["f"]
    assert claim.verdict == verdict
    assert re.sub(r" \([^)]*\)", "", claim.evidence) == (
        f"Compared with their inputs, generated winter images are {looks[0]}. "
        f"Compared with their inputs, generated summer images are {looks[1]}."
    )
    shown = re.findall(r"brightness ([\d.]+) against ([\d.]+)", claim.evidence)
    expected = [
        [np.dot((0.299, 0.587, 0.114), colour) for colour in pair] for pair in ((winter, SUMMER), (summer, WINTER))
    ]
    assert np.array(shown, dtype=float) == pytest.approx(np.array(expected), abs=0.5)


def test_kth_claim_f_is_undecided_if_seeds_disagree(tmp_path):
    bright = (150, 155, 160)
    results = coloured(
        tmp_path, lambda run: {"a_to_b": bright if run.seed else WHITE_AND_DARK, "b_to_a": GREEN_AND_BRIGHT}, (0, 1)
    )
    claim = judged(results)["f"]
    assert claim.verdict == "not distinguishable"
    assert "Whether winter images become darker cannot be told (brightness " in claim.evidence


def test_kth_claim_f_is_judged_on_the_images_of_each_reading(tmp_path):
    def outputs(run):
        return {"a_to_b": WHITE_AND_DARK if run.name.endswith("@coded") else WINTER, "b_to_a": GREEN_AND_BRIGHT}

    draft = coloured(tmp_path, outputs, readings=("written", "coded")).draft()
    verdicts = [next(c.verdict for c in claims(d) if c.id == "kth-claim-f") for d in (draft, draft.as_coded())]
    assert verdicts == ["does not hold", "holds"]
