"""The six claims of report 000, each as a list of comparisons."""

from pixcycle.records.history import read_history
from pixcycle.report.content import Claim
from pixcycle.report.values import Values
from pixcycle.report.verdicts import NOT_FINITE, TREND, is_finite, pairwise_claim, trend, verdict_of_seeds

PAIRED = ("l1", "l2", "l1l2", "patch16", "patch286", "noskip")
UNPAIRED = ("cyc-l1", "cyc-l2", "cyc-l1l2")

FID_CLAIMS = [
    (
        "a",
        "Without skip connections the FID is the worst on every dataset.",
        ("cityscapes", "maps", "facades"),
        [(other, "noskip") for other in PAIRED[:-1]],
    ),
    (
        "b",
        "L1 has the best FID on every paired dataset.",
        ("cityscapes", "maps", "facades"),
        [("l1", rival) for rival in PAIRED[1:]],
    ),
    (
        "c",
        "L1 has the best FID on every unpaired dataset.",
        ("maps", "facades", "horse2zebra"),
        [("cyc-l1", rival) for rival in UNPAIRED[1:]],
    ),
    (
        "d",
        "Patch 16 has a better FID than patch 286. (The report's own Table 1 disagrees on maps.)",
        ("cityscapes", "maps", "facades"),
        [("patch16", "patch286")],
    ),
    (
        "e",
        "Paired training beats unpaired training with the same loss, on the datasets that both use.",
        ("maps", "facades"),
        list(zip(PAIRED[:3], UNPAIRED, strict=True)),
    ),
]
"""(letter, text, datasets, pairs whose first experiment must have the better FID)"""

PAIRED_TABLES, UNPAIRED_TABLES = "ucsd-table-1", "ucsd-table-2"
SHOWN_IN = {
    **{f"ucsd-claim-{letter}": (PAIRED_TABLES,) for letter in "abd"},
    "ucsd-claim-c": (UNPAIRED_TABLES,),
    "ucsd-claim-e": (PAIRED_TABLES, UNPAIRED_TABLES),
    "ucsd-claim-f": ("ucsd-figure-2",),
}


def claims(values: Values) -> list[Claim]:
    """Return claims a to f, judged on the datasets that were run (with the FID of the extractor that was used)."""
    compared = [
        pairwise_claim(values, f"ucsd-claim-{letter}", text, "ucsd", datasets, pairs, "fid")
        for letter, text, datasets, pairs in FID_CLAIMS
    ]
    return [*compared, _trend_claim(values)]


def loss_curve_run(values: Values) -> str | None:
    """Return the experiment of Figure 2 and claim f: L1 on maps, or on facades if maps was not run."""
    candidates = (f"ucsd-{dataset}-l1" for dataset in ("maps", "facades"))
    return next((id for id in candidates if id in values.runs), None)


def _trend_claim(values: Values) -> Claim:
    id, text = (
        "ucsd-claim-f",
        "The L1 term falls over the epochs, while the GAN losses of G and D follow no pattern.",
    )
    experiment = loss_curve_run(values)
    if experiment is None:
        return Claim(id, text, "not run", "Its run is not part of this report.")
    agrees, sentences = [], []
    for run in values.runs[experiment]:
        history = read_history(values.root / run.folder)
        if not is_finite(history):
            sentences.append(NOT_FINITE.format(run.key))
            continue
        l1, gan, d = (trend(history, term) for term in ("g_reconstruction", "g_gan", "d"))
        agrees.append(l1 <= -TREND and max(abs(gan), abs(d)) < TREND)
        sentences.append(f"{run.key}: L1 {l1:+.2f}, G's GAN loss {gan:+.2f}, D's loss {d:+.2f}.")
    evidence = [
        f"Rank correlations of the epoch means with the epoch, beyond ±{TREND} a trend: {' '.join(sentences)}",
        *values.collapses(experiment),
    ]
    return Claim(id, text, verdict_of_seeds(agrees), " ".join(evidence), values.keys(experiment))
