"""The six claims of report 000, each as a list of comparisons."""

from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft
from pixcycle.report.evidence import comparison_sentence
from pixcycle.report.verdicts import NOT_FINITE, TREND, compare, is_finite, trend, verdict, verdict_of_seeds

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


def claims(draft: Draft) -> list[Claim]:
    """Return claims a to f, judged on the datasets that were run (with the FID of the extractor that was used)."""
    return [*(_fid_claim(draft, *claim) for claim in FID_CLAIMS), _trend_claim(draft)]


def loss_curve_run(draft: Draft) -> str | None:
    """Return the experiment of Figure 2 and claim f: L1 on maps, or on facades if maps was not run."""
    candidates = (f"ucsd-{dataset}-l1" for dataset in ("maps", "facades"))
    return next(iter(draft.present(candidates)), None)


def _fid_claim(draft: Draft, letter: str, text: str, datasets: tuple[str, ...], pairs: list[tuple[str, str]]) -> Claim:
    """Judge the claim that, on each dataset, the first experiment of each pair beats the second.

    Datasets without any comparison are named in the evidence; the verdict rests on the other datasets.
    """
    judged: list[tuple[str, str]] = []
    by_dataset: dict[str, list[tuple[str, str]]] = {}
    experiments, unjudged = [], []
    for dataset in datasets:
        ids = {name: f"ucsd-{dataset}-{name}" for pair in pairs for name in pair}
        comparisons = [(ids[a], ids[b]) for a, b in pairs if not draft.missing([ids[a], ids[b]], "fid")]
        if not comparisons:
            unjudged.append(dataset)
            continue
        judged += comparisons
        experiments += ids.values()
        by_dataset[draft.title_of(dataset)] = comparisons
    orders = {pair: compare(draft, *pair, "fid", among=len(judged)) for pair in judged}
    sentences = [
        comparison_sentence(draft, title, [(*pair, orders[pair]) for pair in pairs_there], "fid")
        for title, pairs_there in by_dataset.items()
    ]
    outcome = verdict(list(orders.values()), complete=not draft.missing(experiments, "fid"))
    return draft.claim(f"ucsd-claim-{letter}", text, outcome, sentences, experiments, unjudged, "fid")


def _trend_claim(draft: Draft) -> Claim:
    id, text = (
        "ucsd-claim-f",
        "The L1 term falls over the epochs, while the GAN losses of G and D follow no pattern.",
    )
    experiment = loss_curve_run(draft)
    if experiment is None:
        return draft.claim(id, text, "not run", ["Its run is not part of this report."])
    agrees, sentences = [], []
    for run in draft.runs[experiment]:
        history = draft.history(run)
        if not is_finite(history):
            sentences.append(NOT_FINITE.format(run.key))
            continue
        l1, gan, d = (trend(history, term) for term in ("g_reconstruction", "g_gan", "d"))
        agrees.append(l1 <= -TREND and max(abs(gan), abs(d)) < TREND)
        sentences.append(f"{run.key}: L1 {l1:+.2f}, G's GAN loss {gan:+.2f}, D's loss {d:+.2f}.")
    about = f"Rank correlations of the epoch means with the epoch, beyond ±{TREND} a trend:"
    return draft.claim(id, text, verdict_of_seeds(agrees), [about, *sentences], [experiment])
