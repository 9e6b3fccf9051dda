"""The perceptual studies of a report's runs: one table of how often people took our images for real."""

from pixcycle.paths import TARGET
from pixcycle.report.content import Cell, Column, Section, Table
from pixcycle.report.quality import task_of
from pixcycle.report.values import Values
from pixcycle.study.protocol import CHECKS, MISSED_CHECKS, PRACTICE, SHOWN_MS, TRIALS
from pixcycle.study.result import Share

PROTOCOL = (
    f"Percent of generated images that people took for the real one of a pair, shown for {SHOWN_MS / 1000:g} s, after "
    f"{PRACTICE} pairs of practice; at most {TRIALS} pairs a person, on a screen of their own. In brackets the 95% "
    "interval, bootstrapped over participants and images. "
    f"Participants who missed more than {MISSED_CHECKS} of {CHECKS} attention checks are left out."
)


def studies(values: Values) -> list[Section]:
    """Return a section on the studies of each experiment's first seed; none without any study."""
    shares = [(id, way, share) for id in values.runs for way in TARGET if (share := values.study(id, way))]
    if not shares:
        return []
    columns = [Column("Experiment", numeric=False), Column("Task", numeric=False)]
    columns += [Column("Participants"), Column("Answers"), Column("Labelled real")]
    rows = [
        [Cell(id), Cell(task_of(values, id, way)), Cell(str(s.participants)), Cell(str(s.answers)), Cell(percent(s))]
        for id, way, s in shares
    ]
    keys = [values.one(id).key for id in dict.fromkeys(id for id, *_ in shares)]
    table = Table("studies", "How often people took our images for real", columns, rows, [PROTOCOL], keys)
    return [Section("perceptual-studies", "Perceptual studies", 1, [table])]


def percent(share: Share) -> str:
    """Return `26.8% [24.1, 29.6]`."""
    return f"{share.percent:.1f}% [{share.low:.1f}, {share.high:.1f}]"
