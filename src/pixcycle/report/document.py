"""The whole report as a Document: runs and data, a chapter for each reproduced report, cost, provenance."""

from pixcycle.base.progress import duration
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
from pixcycle.report.provenance import command, device, provenance, runs
from pixcycle.report.references import references
from pixcycle.report.studies import studies
from pixcycle.report.values import Values

NUMERIC = ("Crop", "Filters", "Patch", "Batch", "Epochs", "Seeds")
COST = ("Run", "Parameters (million)", "Epochs", "Steps", "Wall time", "Images/s", "Peak memory (MB)")


def document(draft: Draft) -> Document:
    """Return the report of the selected runs; write its figures."""
    params = draft.plan.params
    scale = params.chosen_scale
    sections = [Section("what", "What was run", 1, _what(draft)), Section("data", "Data", 1, cards(draft))]
    for key in dict.fromkeys(run.chapter for run in draft.all_runs):
        chapter = params.chapters[key]
        sections.append(Section(key, chapter.title, 1, [Text(f"Reproduces @cite-{key}: {chapter.cite}")]))
        sections += code_differences(draft, key)
        sections += sections_of(key, draft)
        sections.append(Section(f"{key}-assumptions", "Assumptions", 2, _assumptions(draft, key)))
        doubts = [("", text) for text in chapter.inconsistencies]
        sections.append(Section(f"{key}-inconsistencies", "Inconsistencies in the report", 2, [Bullets(doubts)]))
    sections += studies(draft)
    sections.append(Section("cost", "Cost", 1, [_cost(draft)]))
    sections.append(Section("provenance", "Provenance", 1, [provenance(draft)]))
    sections.append(Section("runs", "Runs", 1, runs(draft, sections)))
    sentences = abstract(draft, sections)
    return Document(
        title="pixcycle: published and reproduced",
        subtitle="" if draft.selection == "all" else f"Target {draft.selection}",
        facts=[
            ("Scale", f"{params.scale} ({scale.title})"),
            ("Data", ", ".join(_data_titles(draft))),
            ("Features", "; ".join(extractor.label for extractor in draft.extractors)),
            *_trained(draft),
            ("Runs", f"{len(draft.all_runs)}, of {len(draft.runs)} experiments"),
        ],
        notices=_notices(draft),
        sections=sections,
        abstract=sentences,
        references=references(sentences, sections, params),
        commands={block.id: command(draft, block.made_from) for block in blocks_of(sections, Table, Figure)},
    )


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
        pairs = ", ".join(f"{stand_in} in place of {dataset}" for dataset, stand_in in values.stand_ins.items())
        notices.append(
            Notice(
                "Stand-in data",
                f"These runs used {pairs}. They show that everything works, and reproduce nothing.",
            )
        )
    if params.scale != "full":
        notices.append(
            Notice(
                f"Scale {params.scale}",
                f"Smaller than published: {params.chosen_scale.title}. "
                "Published values stand beside ours for orientation.",
            )
        )
    for extractor in values.extractors:
        if not extractor.comparable:
            notices.append(
                Notice(
                    "Stand-in extractor",
                    f"FID, KID, precision and recall come from {extractor.label}. "
                    "They compare our runs with each other only.",
                )
            )
    return notices


def _what(values: Values) -> list[Block]:
    columns = [Column(title, numeric=title in NUMERIC) for title in ("Experiment", "Method", "Data", *NUMERIC)]
    rows = []
    for id, seeds in values.runs.items():
        e = seeds[0].config
        data = e.dataset if e.dataset == seeds[0].asked_dataset else f"{e.dataset} for {seeds[0].asked_dataset}"
        shape = [e.crop_size, e.filters, e.patch, e.batch_size, e.epochs, len(seeds)]
        rows.append([Cell(id), Cell(f"{e.method}, {e.generator}"), Cell(data), *(Cell(str(n)) for n in shape)])
    return [*methods(values), Table("experiments", "The experiments of this report, as they were run", columns, rows)]


def _assumptions(values: Values, chapter: str) -> list[Block]:
    """Return the assumptions of the chapter, then those of experiments, each once with the experiments it concerns."""
    params = values.plan.params
    items = list(params.chapters[chapter].assumes.items())
    by_text: dict[tuple[str, str], list[str]] = {}
    for id in values.of_chapter(chapter):
        for field, text in values.one(id).config.assumes.items():
            by_text.setdefault((field, text), []).append(id)
    previous: list[str] = []
    for (field, text), ids in by_text.items():
        items.append((field, f"{text} This concerns {'the same experiments' if ids == previous else ', '.join(ids)}."))
        previous = ids
    return [Bullets(items)]


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
