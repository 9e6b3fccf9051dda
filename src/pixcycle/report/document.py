"""The whole report as a Document: a chapter for each reproduced report, then runs, data, cost and provenance."""

import re
from dataclasses import replace

from pixcycle.base.progress import duration
from pixcycle.methods.registry import METHODS
from pixcycle.report.abstract import abstract
from pixcycle.report.chapters import sections_of
from pixcycle.report.code_differences import code_differences
from pixcycle.report.content import (
    Block,
    Bullets,
    Cell,
    Column,
    Document,
    Figure,
    Notice,
    Section,
    Table,
    Text,
    blocks_of,
)
from pixcycle.report.dataset_cards import cards
from pixcycle.report.draft import Draft
from pixcycle.report.methods import methods
from pixcycle.report.provenance import command, device, how_to_run_the_rest, provenance, runs
from pixcycle.report.references import references
from pixcycle.report.studies import studies
from pixcycle.report.thumbnails import thumbnails
from pixcycle.report.values import Values
from pixcycle.report.wording import counted, listed

NUMERIC = ("Crop", "Filters", "Patch", "Batch", "Epochs", "Seeds")
COST = ("Run", "Parameters (million)", "Epochs", "Steps", "Wall time", "Images/s", "Peak memory (MB)")


def document(draft: Draft) -> Document:
    """Return the report of the selected runs; write its figures."""
    params = draft.plan.params
    chapters = list(dict.fromkeys(run.chapter for run in draft.all_runs))
    sections = [section for key in chapters for section in _chapter(draft, key)]
    sections += studies(draft)
    sections.append(Section("what", "What was run", 1, _what(draft)))
    sections.append(Section("data", "Data", 1, cards(draft)))
    sections.append(Section("cost", "Cost", 1, [_cost(draft)]))
    sections.append(Section("provenance", "Provenance", 1, [provenance(draft)]))
    sections.append(Section("runs", "Runs", 1, runs(draft, sections)))
    sentences = abstract(draft, sections)
    return Document(
        title="pixcycle: published and reproduced",
        subtitle="" if draft.selection == "all" else f"Target {draft.selection}",
        facts=_facts(draft),
        notices=_notices(draft),
        sections=sections,
        abstract=sentences,
        caveat=_caveat(draft),
        references=references(sentences, sections, params),
        commands={block.id: command(draft, block.made_from) for block in blocks_of(sections, Table, Figure)},
        thumbnails=thumbnails(draft, chapters),
        datasets={run.key: run.asked_dataset for run in draft.all_runs},
        not_run=how_to_run_the_rest(draft),
    )


def _chapter(draft: Draft, key: str) -> list[Section]:
    """Return the sections of a reproduced report; captions that begin with one of its figures or tables name it."""
    chapter = draft.plan.params.chapters[key]
    opening = Section(key, chapter.title, 1, [Text(f"Reproduces @cite-{key}: {chapter.cite}")])
    doubts = [("", text) for text in chapter.inconsistencies]
    number = re.search(r"\((report \d+)\)", chapter.cite)
    results = sections_of(key, draft)
    if number:
        results = [replace(s, blocks=[_naming_its_report(block, number[1]) for block in s.blocks]) for s in results]
    return [
        opening,
        *code_differences(draft, key),
        *results,
        Section(f"{key}-assumptions", "Assumptions", 2, _assumptions(draft, key)),
        Section(f"{key}-inconsistencies", "Inconsistencies in the report", 2, [Bullets(doubts)]),
    ]


def _naming_its_report(block: Block, report: str) -> Block:
    """Return a table or figure with `Figure 3 of report 000` for `Figure 3 of the report` in its caption."""
    if not isinstance(block, Table | Figure):
        return block
    return replace(block, caption=re.sub(r"(\d) of the report\b", rf"\1 of {report}", block.caption))


def _facts(values: Values) -> list[tuple[str, str]]:
    params = values.plan.params
    seeds, several = ", ".join(map(str, params.seeds)), len(params.seeds) > 1
    spread = "± is their standard deviation" if several else "how much trainings differ was not measured"
    return [
        ("Scale", f"{params.scale} ({params.chosen_scale.title})"),
        ("Data", ", ".join(_data_titles(values))),
        ("Features", "; ".join(extractor.label for extractor in values.extractors)),
        ("Seeds", f"{len(params.seeds)} ({'numbers' if several else 'number'} {seeds}; {spread})"),
        *_trained(values),
        ("Runs", f"{len(values.all_runs)} (of {counted(len(values.runs), 'experiment')})"),
    ]


def _data_titles(values: Values) -> list[str]:
    datasets = values.plan.params.datasets
    return list(dict.fromkeys(datasets[manifest.dataset].title for manifest in values.manifests.values()))


def _trained(values: Values) -> list[tuple[str, str]]:
    """Return the first and last day on which trainings started, from the records that state it."""
    days = sorted(f"{a.started:%Y-%m-%d}" for record in values.records.values() for a in record.attempts)
    return [("Trained", " to ".join(dict.fromkeys([days[0], days[-1]])))] if days else []


def _notices(values: Values) -> list[Notice]:
    params = values.plan.params
    notices = []
    if values.stand_ins:
        notices.append(
            Notice(
                "Stand-in data",
                "Other data stand in for those of the reports. These runs show that everything works, and reproduce "
                "nothing.",
                about="Data",
                pairs=list(values.stand_ins.items()),
            )
        )
    if params.scale != "full":
        notices.append(
            Notice(
                f"{params.scale.capitalize()} scale",
                f"Smaller than published: {params.chosen_scale.title}. "
                "Published values stand beside ours for orientation.",
                about="Scale",
            )
        )
    for extractor in values.extractors:
        if not extractor.comparable:
            notices.append(
                Notice(
                    "Stand-in features",
                    f"FID, KID, precision and recall come from {extractor.label}. "
                    "They compare our runs with each other only.",
                    about="Features",
                )
            )
    return notices


def _caveat(values: Values) -> str:
    """Return what verdicts are worth that rest on stand-ins; empty if data and features are the reports' own."""
    comparable = all(extractor.comparable for extractor in values.extractors)
    replaced = ["data"] * bool(values.stand_ins) + ["features"] * (not comparable)
    return f"On stand-in {listed(replaced)}: these verdicts test the machinery, not the reports." if replaced else ""


def _what(values: Values) -> list[Block]:
    columns = [Column(title, numeric=title in NUMERIC) for title in ("Experiment", "Method", "Data", *NUMERIC)]
    rows = []
    for id, seeds in values.runs.items():
        e = seeds[0].config
        data = e.dataset if e.dataset == seeds[0].asked_dataset else f"{e.dataset} for {seeds[0].asked_dataset}"
        own = METHODS[e.method].own_networks
        method = e.method if own else f"{e.method}, {e.generator}"
        shape = [e.crop_size, e.filters, "–" if own else e.patch, e.batch_size, e.epochs, len(seeds)]
        rows.append([Cell(id), Cell(method), Cell(data), *(Cell(str(n)) for n in shape)])
    return [*methods(values), Table("experiments", "The experiments of this report, as they were run", columns, rows)]


def _assumptions(values: Values, chapter: str) -> list[Block]:
    """Return the assumptions of the chapter, then those of experiments, each once with the experiments it concerns.

    They are those of the reading `written`; what the code of a report does is in a table of its own.
    """
    params, written = values.plan.params, values.of_chapter(chapter)
    if not written:
        return [Text("None: these runs follow the code of the report.")]
    items = list(params.chapters[chapter].assumes.items())
    by_text: dict[tuple[str, str], list[str]] = {}
    for id in written:
        for field, text in values.one(id).config.assumes.items():
            by_text.setdefault((field, text), []).append(id)
    previous: list[str] = []
    for (field, text), ids in by_text.items():
        items.append((field, f"{text} This concerns {'the same experiments' if ids == previous else ', '.join(ids)}."))
        previous = ids
    as_coded = [Text("These concern the runs as written.")] if params.chapters[chapter].code else []
    return [*as_coded, Bullets(items)]


def _cost(values: Values) -> Table:
    columns = [Column(title, numeric=title != "Run") for title in COST]
    rows = []
    for key, record in values.records.items():
        millions = sum(record.parameters.values()) / 1e6
        rate = record.images_per_second
        rows.append(
            [
                Cell(key if record.status == "finished" else f"{key}: {record.status}, {record.collapse}"),
                Cell(f"{millions:.2f}"),
                Cell(str(record.epochs)),
                Cell(str(record.steps)),
                Cell(duration(record.seconds)),
                Cell("–" if rate is None else f"{rate:.1f}"),
                Cell(str(record.peak_memory_mb)),
            ]
        )
    devices = dict.fromkeys(map(device, values.records.values()))
    notes = [f"Measured on {'; '.join(devices)}."]
    return Table("training-cost", "What training cost", columns, rows, notes, list(values.records))
