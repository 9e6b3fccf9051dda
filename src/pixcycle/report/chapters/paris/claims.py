"""The claims of report 002: a and c on flips at evaluation, b on the weights that the authors of pix2pix published."""

from pixcycle.report.chapters.paris.flips import flip_claims
from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft
from pixcycle.report.quality import RANDOM_WEIGHTS, lacks_published_weights
from pixcycle.report.verdicts import compare, verdict

TO_AUTHORS = [(f"paris-maps-{task}-authors", f"paris-maps-{task}") for task in ("aerial2map", "map2aerial")]
"""The authors' weights and the report's training, for each of the maps tasks."""
VARIANTS = {
    "paris-maps-map2aerial-running": "evaluated with the running statistics of its training",
    "paris-maps-map2aerial-batch1": "trained as aerial to map was",
}
"""Map to aerial with one setting changed: possible reasons for falling short, which decide nothing."""

SHOWN_IN = {
    "paris-claim-a": tuple(f"paris-figure-{number}" for number in (8, 9, 10, 11, 13, 14)),
    "paris-claim-b": ("paris-quality",),
    "paris-claim-c": tuple(f"paris-figure-{number}" for number in (9, 11, 14)),
}


def claims(draft: Draft) -> list[Claim]:
    """Return claims a to c, judged on the datasets that were run (b with the FID of the extractor that was used)."""
    spoilt, raised = flip_claims(draft)
    return [spoilt, _falls_short(draft), raised]


def _falls_short(draft: Draft) -> Claim:
    """Return claim b, which holds if on both maps tasks the authors' weights have the better FID.

    Networks with random weights, which stand in for the authors' at small scales, cannot decide it.
    """
    id, text = "paris-claim-b", "Its results on maps fall short of those of the authors' weights, on both tasks."
    wanted = [experiment for pair in TO_AUTHORS for experiment in pair]
    if random := [theirs for theirs, _ in TO_AUTHORS if theirs in draft and lacks_published_weights(draft, theirs)]:
        return draft.claim(id, text, "not run", [f"{' and '.join(random)}: {RANDOM_WEIGHTS}."], wanted)
    judged = [pair for pair in TO_AUTHORS if not draft.missing(pair, "fid")]
    orders = [compare(draft, *pair, "fid", among=len(judged)) for pair in judged]
    sentences = [
        f"{draft.one(ours).config.label.capitalize()} on {draft.title_of('maps')}: {_quality_of(draft, ours)}; the "
        f"authors' weights {_quality_of(draft, theirs)}."
        for theirs, ours in judged
    ]
    for variant in draft.present(VARIANTS, "fid") if judged else ():
        sentences.append(f"Map to aerial, {VARIANTS[variant]}: {_quality_of(draft, variant)}.")
    outcome = verdict(orders, complete=len(judged) == len(TO_AUTHORS))
    return draft.claim(id, text, outcome, sentences, wanted, metric="fid")


def _quality_of(draft: Draft, experiment: str) -> str:
    record = draft.records[draft.one(experiment).key]
    trained = f"batch {record.batch_size} for {record.epochs} epochs, " if record.epochs else ""
    return f"{trained}FID {draft.with_spread(experiment, 'fid')}, L1 {draft.with_spread(experiment, 'l1')}"
