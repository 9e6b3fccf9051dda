"""The perceptual studies of a report's runs: one table of how often people took our images for real."""

from collections.abc import Iterable

from pixcycle.paths import TARGET
from pixcycle.report.content import Cell, Column, Section, Table
from pixcycle.report.quality import task_of
from pixcycle.report.values import Values
from pixcycle.study.protocol import CHECKS, MISSED_CHECKS, PRACTICE, SHOWN_MS, TRIALS, Pairing, Protocol
from pixcycle.study.result import Share

REAL_IMAGE: dict[Pairing, str] = {"same_input": "of the same input", "other_input": "of another input"}
PROTOCOL = (
    f"Percent of generated images that people took for the real one of a pair, shown for {SHOWN_MS / 1000:g} s, after "
    f"{PRACTICE} pairs of practice; at most {TRIALS} pairs a person, on a screen of their own. In brackets the 95% "
    "interval, bootstrapped over participants and images."
)


def protocol_note(protocols: Iterable[Protocol]) -> str:
    """Return what people were asked in studies of these protocols, and how that differs from the published studies."""
    protocols = set(protocols)
    sentences = [PROTOCOL]
    if any(protocol.checks for protocol in protocols):
        sentences.append(
            f"Participants who missed more than {MISSED_CHECKS} of {CHECKS} attention checks are left out; the "
            "published studies had no such checks."
        )
    if any(protocol.pairing == "other_input" for protocol in protocols):
        sentences.append("The real image came from another input, as in the published studies of maps.")
    if any(protocol.pairing == "same_input" for protocol in protocols):
        sentences.append(
            "The real image was that of the same input where the data have pairs; in the published studies of maps it "
            "came from another input, which makes generated images harder to find."
        )
    return " ".join(sentences)


def studies(values: Values) -> list[Section]:
    """Return a section on the studies of each experiment's first seed; none without any study."""
    shares = [(id, way, share) for id in values.runs for way in TARGET if (share := values.study(id, way))]
    if not shares:
        return []
    columns = [Column("Experiment", numeric=False), Column("Task", numeric=False)]
    columns += [Column("Real image", numeric=False), Column("Attention checks")]
    columns += [Column("Participants"), Column("Answers"), Column("Labelled real")]
    protocols = [values.study_protocol(id, way) for id, way, _ in shares]
    rows = []
    for (id, way, s), protocol in zip(shares, protocols, strict=True):
        asked = [Cell(REAL_IMAGE[protocol.pairing]), Cell(str(protocol.checks or "none"))]
        counted = [Cell(str(s.participants)), Cell(str(s.answers)), Cell(percent(s))]
        rows.append([Cell(id), Cell(task_of(values, id, way)), *asked, *counted])
    keys = [values.one(id).key for id in dict.fromkeys(id for id, *_ in shares)]
    table = Table(
        "studies", "How often people took our images for real", columns, rows, [protocol_note(protocols)], keys
    )
    return [Section("perceptual-studies", "Perceptual studies", 1, [table])]


def percent(share: Share) -> str:
    """Return `26.8% [24.1, 29.6]`."""
    return f"{share.percent:.1f}% [{share.low:.1f}, {share.high:.1f}]"
