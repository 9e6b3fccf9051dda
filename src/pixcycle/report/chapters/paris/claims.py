"""The claims of report 002: a and c on flips at evaluation, b on the weights that the authors of pix2pix published."""

from pixcycle.report.chapters.paris.flips import TASKS, flip_claims
from pixcycle.report.content import Claim
from pixcycle.report.draft import Draft
from pixcycle.report.quality import RANDOM_WEIGHTS, lacks_published_weights
from pixcycle.report.verdicts import Order, compare, verdict
from pixcycle.report.wording import listed

TO_AUTHORS = [(f"paris-maps-{task}-authors", f"paris-maps-{task}") for task in ("aerial2map", "map2aerial")]
"""The authors' weights and the report's training, for each of the maps tasks."""
VARIANTS = {
    "paris-maps-map2aerial-running": "evaluated with the running statistics of its training",
    "paris-maps-map2aerial-batch1": "trained as aerial to map was",
}
"""Map to aerial with one setting changed: possible reasons for falling short, which decide nothing."""
ORDERS: dict[Order, str] = {"better": "falls short of", "worse": "surpasses", "unclear": "cannot be told from"}
"""Whether the authors' weights have the better FID -> what the report's training does beside them."""
RULE = (
    "A task falls short if its FID is worse than that of the authors' weights. The L1 decides nothing here, nor does "
    "map to aerial with one setting changed."
)

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
    random = [TASKS[ours] for theirs, ours in TO_AUTHORS if theirs in draft and lacks_published_weights(draft, theirs)]
    if random:
        return draft.claim(id, text, "not run", [f"For {listed(random)}, {RANDOM_WEIGHTS}."], wanted, rule=RULE)
    judged = [pair for pair in TO_AUTHORS if not draft.missing(pair, "fid")]
    orders = [compare(draft, *pair, "fid", among=len(judged)) for pair in judged]
    sentences = [_beside_authors(draft, *pair, order) for pair, order in zip(judged, orders, strict=True)]
    for variant in draft.present(VARIANTS, "fid") if judged else ():
        sentences.append(f"Map to aerial {VARIANTS[variant]} has {_quality_of(draft, variant)}.")
    outcome = verdict(orders, complete=len(judged) == len(TO_AUTHORS))
    return draft.claim(id, text, outcome, sentences, wanted, metric="fid", rule=RULE)


def _beside_authors(draft: Draft, theirs: str, ours: str, order: Order) -> str:
    """Return `Map to aerial on maps falls short of the authors' weights: trained ..., it has ...; they have ...`."""
    record = draft.records[draft.one(ours).key]
    return (
        f"{TASKS[ours].capitalize()} on {draft.title_of('maps')} {ORDERS[order]} the authors' weights: trained with "
        f"batch {record.batch_size} for {record.epochs} epochs, it has {_quality_of(draft, ours)}; they have "
        f"{_quality_of(draft, theirs)}."
    )


def _quality_of(draft: Draft, experiment: str) -> str:
    return f"an FID of {draft.with_spread(experiment, 'fid')} and an L1 of {draft.with_spread(experiment, 'l1')}"
