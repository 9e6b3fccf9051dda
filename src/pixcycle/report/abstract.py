"""What a report found, in some five plain sentences; every number in them comes from its values."""

from collections import Counter
from statistics import mean

from pixcycle.report.comparison import fid_differences
from pixcycle.report.content import Claim, Section, Verdict, claims_of
from pixcycle.report.values import Values
from pixcycle.report.wording import counted, listed
from pixcycle.training.progress import duration

FEW = 3
"""So many datasets are named; more are counted."""

_SAID: dict[Verdict, tuple[str, str]] = {
    "holds": ("holds", "hold"),
    "does not hold": ("does not hold", "do not hold"),
    "not distinguishable": ("cannot be told from chance", "cannot be told from chance"),
    "not run": ("was not run in full", "were not run in full"),
}
"""Of one claim, and of several."""


def abstract(values: Values, sections: list[Section]) -> list[str]:
    """What was run, on what, which of the sections' claims hold, how near published values ours are, and the cost."""
    return [_run(values), _data(values), *_verdicts(claims_of(sections)), _nearness(values), _cost(values)]


def _run(values: Values) -> str:
    """Experiments, their reports, seeds, runs and scale."""
    params, experiments = values.plan.params, list(values.runs)
    chapters = list(dict.fromkeys(run.chapter for run in values.all_runs))
    what = f"{len(experiments)} experiments" if experiments[1:] else f"the experiment {experiments[0]}"
    reports = f"{len(chapters)} reports" if chapters[1:] else f"“{params.chapters[chapters[0]].title}”"
    collapsed = sum(record["status"] == "collapsed" for record in values.records.values())
    return (
        f"This report repeats {what} of {reports} {', '.join(f'@cite-{key}' for key in chapters)}, "
        f"with {counted(len(params.seeds), 'seed')} each, in {counted(len(values.records), 'run')}"
        + (f", of which {collapsed} collapsed" if collapsed else "")
        + f", at scale {params.scale}: {params.chosen_scale.title}."
    )


def _data(values: Values) -> str:
    asked = list(dict.fromkeys(run.asked_dataset for run in values.all_runs))
    replaced = values.stand_ins
    if not replaced:
        return f"The data are those of the reports: {_named(asked, 'dataset')}."
    own = [name for name in asked if name not in replaced]
    return (
        f"In place of {_named(list(replaced), 'dataset')} the data are "
        f"{_named(list(dict.fromkeys(replaced.values())), 'dataset')}: such runs show that everything works, and "
        "reproduce nothing."
    ) + (f" Those of {_named(own, 'dataset')} are the reports' own." if own else "")


def _verdicts(claims: list[Claim]) -> list[str]:
    """How many claims have which verdict; then, of those that hold and of those that do not, the best founded."""
    if not claims:
        return []
    counts = Counter(claim.verdict for claim in claims)
    told = [f"{counts[verdict]} {said[counts[verdict] != 1]}" for verdict, said in _SAID.items() if counts[verdict]]
    sentences = [f"Of their {counted(len(claims), 'claim')}, {listed(told)}."]
    for verdict in ("holds", "does not hold"):
        judged = [claim for claim in claims if claim.verdict == verdict]
        if judged:
            claim = max(judged, key=lambda claim: len(claim.made_from))
            first, _, _ = claim.text.partition(". ")
            quoted = f"“{first.rstrip('.')}” (@{claim.id})"
            several = f"Of those that {_SAID[verdict][1]}, {quoted} rests on most runs."
            sentences.append(several if judged[1:] else f"The claim that {_SAID[verdict][0]} is {quoted}.")
    return sentences


def _nearness(values: Values) -> str:
    if not values.comparable:
        features = [extractor.label.partition(",")[0] for extractor in values.extractors if not extractor.comparable]
        why = [f"our features are {listed(features)}"] * bool(features) + ["our data are others"] * bool(
            values.stand_ins
        )
        return f"Published numbers stand beside ours without a difference, as {listed(why)}."
    differences = fid_differences(values)
    if not differences:
        return "No published number belongs to these experiments."
    if len(differences) == 1:
        return f"Our FID differs from the published one by {differences[0]:+.2f}."
    nearest, farthest = min(differences, key=abs), max(differences, key=abs)
    return (
        f"Our FID differs from the published one by {mean(map(abs, differences)):.2f} in the mean of "
        f"{len(differences)} experiments, by {nearest:+.2f} at least and {farthest:+.2f} at most."
    )


def _cost(values: Values) -> str:
    """Seconds of training on each kind of device, once for each process: a card has one."""
    seconds: Counter[str] = Counter()
    for record in values.records.values():
        seconds[record["device"]] += record["seconds"] * record.get("processes", 1)
    return f"Training took {listed([f'{duration(spent)} on {device}' for device, spent in seconds.items()])}."


def _named(names: list[str], noun: str) -> str:
    return listed(names) if len(names) <= FEW else f"{len(names)} {noun}s (@data)"
