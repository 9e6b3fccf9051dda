"""Entries of runs: how each came about, and what it left."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class File:
    """A file or folder that a run left.

    Attributes
    ----------
    href
        Address relative to the report's folder; None if there is no such file.
    """

    text: str
    href: str | None


@dataclass(frozen=True)
class RunEntry:
    """The provenance of a run.

    Attributes
    ----------
    facts
        (name, fact).
    files
        Name of a step, such as training, and the files that it wrote.
    shown_in
        Ids of the report's tables, figures and claims that are made from the run.
    fingerprints
        (step, fingerprint): the names of the run's nodes.
    """

    key: str
    facts: list[tuple[str, str]]
    files: list[tuple[str, list[File]]]
    shown_in: list[str]
    fingerprints: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Runs:
    """The runs of an experiment, one per seed, and the settings that they share.

    Attributes
    ----------
    settings
        Title of a group, and its settings as (name, value).
    """

    experiment: str
    settings: list[tuple[str, list[tuple[str, str]]]]
    entries: list[RunEntry]
