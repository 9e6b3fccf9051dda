"""The report's abstract: at most five plain sentences, with all numbers taken from the report's values."""

from collections import Counter
from statistics import mean

from pixcycle.base.progress import duration
from pixcycle.report.content import Claim, Section, Verdict, claims_of
from pixcycle.report.published import fid_differences
from pixcycle.report.rulers import no_difference
from pixcycle.report.values import Values
from pixcycle.report.wording import counted, listed

FEW = 3
"""Up to this many datasets are listed by name; more are only counted."""

_PHRASES: dict[Verdict, tuple[str, str]] = {
    "holds": ("holds", "hold"),
    "holds on those run": ("holds on the datasets that were run", "hold on the datasets that were run"),
    "does not hold": ("does not hold", "do not hold"),
    "not distinguishable": ("cannot be told from chance", "cannot be told from chance"),
    "not run": ("was not run in full", "were not run in full"),
}
"""Verdict -> its phrase for one claim and for several."""


def abstract(values: Values, sections: list[Section]) -> list[str]:
    """Return sentences on the runs, their data, the sections' claims, the distance to published values and the cost."""
    return [_run(values), _data(values), *_verdicts(claims_of(sections)), _nearness(values), _cost(values)]


def _run(values: Values) -> str:
    """Return a sentence on the experiments, their reports, seeds, runs and scale."""
    params, experiments = values.plan.params, list(values.runs)
    chapters = list(dict.fromkeys(run.chapter for run in values.all_runs))
    subject = f"{len(experiments)} experiments" if experiments[1:] else f"the experiment {experiments[0]}"
    reports = f"{len(chapters)} reports" if chapters[1:] else f"“{params.chapters[chapters[0]].title}”"
    collapsed = sum(record.status == "collapsed" for record in values.records.values())
    return (
        f"This report repeats {subject} of {reports} {', '.join(f'@cite-{key}' for key in chapters)}, "
        f"with {counted(len(params.seeds), 'seed')} each, in {counted(len(values.records), 'run')}"
        + (f", of which {collapsed} collapsed" if collapsed else "")
        + f", at scale {params.scale}: {params.chosen_scale.title}."
    )


def _data(values: Values) -> str:
    datasets = list(dict.fromkeys(run.asked_dataset for run in values.all_runs))
    replaced = values.stand_ins
    if not replaced:
        return f"The data are those of the reports: {_named(datasets, 'dataset')}."
    own = [name for name in datasets if name not in replaced]
    return (
        f"In place of {_named(list(replaced), 'dataset')} the data are "
        f"{_named(list(dict.fromkeys(replaced.values())), 'dataset')}, which reproduces nothing"
        + (f"; those of {_named(own, 'dataset')} are the reports' own." if own else ".")
    )


def _verdicts(claims: list[Claim]) -> list[str]:
    """Count the claims by verdict, those judged as coded apart, and name those that do not hold."""
    ids = {claim.id for claim in claims}
    again = [claim for claim in claims if claim.id.removesuffix("-coded") in ids - {claim.id}]
    once = [claim for claim in claims if claim not in again]
    if not once:
        return []
    as_coded = f"; of {counted(len(again), 'claim')} judged as coded, too, {_tallied(again)}" if again else ""
    return [f"Of {counted(len(once), 'claim')}, {_tallied(once)}{as_coded}."]


def _tallied(claims: list[Claim]) -> str:
    counts = Counter(claim.verdict for claim in claims)
    failed = [f"@{claim.id}" for claim in claims if claim.verdict == "does not hold"]
    tallies = []
    for verdict, phrases in _PHRASES.items():
        if n := counts[verdict]:
            named = f" ({', '.join(failed)})" if verdict == "does not hold" else ""
            tallies.append(f"{n} {phrases[n != 1]}{named}")
    return listed(tallies)


def _nearness(values: Values) -> str:
    differences = fid_differences(values)
    ruled = [id for id in values.runs if values.one(id).ruler]
    reasons = list(dict.fromkeys(filter(None, (no_difference(values, id) for id in ruled))))
    if not differences and values.comparable and reasons:
        return f"Published numbers stand beside ours without a difference: {'; '.join(reasons)}."
    if not differences and not values.comparable:
        features = [extractor.label.partition(",")[0] for extractor in values.extractors if not extractor.comparable]
        reasons = []
        if features:
            reasons.append(f"our features are {listed(features)}")
        if values.stand_ins:
            reasons.append("our data are others")
        return f"Published numbers stand beside ours without a difference, as {listed(reasons)}."
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
    """Return a sentence on training time by kind of device, summed over processes: each has a GPU of its own."""
    seconds: Counter[str] = Counter()
    for record in values.records.values():
        seconds[record.device] += record.seconds * record.processes
    return f"Training took {listed([f'{duration(spent)} on {device}' for device, spent in seconds.items()])}."


def _named(names: list[str], noun: str) -> str:
    return listed(names) if len(names) <= FEW else f"{len(names)} {noun}s (@data)"
