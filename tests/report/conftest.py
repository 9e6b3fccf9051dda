"""A small report with one block of each kind, and texts that are markup in other languages."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixcycle.report.content import (
    Basis,
    Bullets,
    Cell,
    Claim,
    Claims,
    Column,
    Document,
    Figure,
    Notice,
    Section,
    Table,
    Text,
)
from pixcycle.report.run_entry import File, RunEntry, Runs

HOSTILE = """<script>alert(1)</script> "'> &amp; #strong[x] $a_1$ *b* _c_ `d` @e // f \\n λ × → ≤ ± − é š ✓"""

BASIS = Basis(f"FID of l1: {HOSTILE}", [("l1/0", "97.5"), ("l2/0", "98.7")], [("Images", f"206 {HOSTILE}")])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Folder of the document's figures: a PNG of 3 x 2 inches and an SVG."""
    (tmp_path / "figures").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "figures" / "a picture.png", dpi=(100, 100))
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="72pt" height="36pt"><rect width="9" height="9"/></svg>'
    (tmp_path / "figures" / "drawing.svg").write_text(svg)
    image = {"heading": HOSTILE, "box": [0, 0, 0.5, 1]}
    opened = {"strips": [{"label": HOSTILE, "images": [image, image]}], "plots": []}
    (tmp_path / "figures" / "a picture.json").write_text(json.dumps(opened))
    return tmp_path


@pytest.fixture
def results() -> Table:
    return Table(
        id="chapter-table-1",
        caption="Table 1 of the report: FID and recall.",
        columns=[
            Column("Experiment", numeric=False),
            Column("published", group="FID"),
            Column("ours", group="FID"),
            Column("ours", group="Recall"),
            Column("Remark", numeric=False),
        ],
        rows=[
            [Cell("L1"), Cell("110.68", "published"), Cell("98.10", "best", BASIS), Cell("0.37"), Cell("3 seeds")],
            [Cell("untrained", "muted"), Cell(""), Cell("412.00"), Cell("not run", "muted"), Cell(HOSTILE)],
        ],
        notes=["Measured on 206 images.", f"A note: {HOSTILE}"],
        made_from=["l1/0", "l1/1", "l1/2", "l1/3", "untrained/0"],
    )


@pytest.fixture
def document(results: Table) -> Document:
    claims = [
        Claim("chapter-a", "No skips are worst.", "holds", "275.91 against 98.10.", ["l1/0", "untrained/0"]),
        Claim("chapter-e", "L1 is best everywhere.", "holds on those run", "98.10 on facades."),
        Claim("chapter-b", "L1 is best.", "does not hold", "L2 has 97.02."),
        Claim("chapter-c", "L1 beats the mix.", "not distinguishable", "98.10 ± 3.00, 97.90 ± 2.50."),
        Claim("chapter-d", f"A claim: {HOSTILE}", "not run", f"No runs: {HOSTILE}"),
    ]
    files = [File("results/l1", "../../results/l1"), File(f"logs/{HOSTILE}.log", None)]
    facts = [("Commit", "3f9c2d1"), ("Attempts", f"at noon, on {HOSTILE}")]
    trained = [("Training 0a1b2c3d", files)]
    entries = [
        RunEntry("l1/0", facts, trained, ["chapter-table-1", "figure-2", "chapter-a"], [("Training", "0a1b2c3d")]),
        RunEntry("l1/1", facts, trained, ["chapter-table-1"], [("Training", "4e5f6a7b")]),
    ]
    l1 = Runs("l1", [("Stated", [("lr", "0.0002"), ("dataset", f"{HOSTILE}, here earth")])], entries)
    drawing = Path("figures/drawing.svg")
    picture = Path("figures/a picture.png")
    return Document(
        title="Reports, run again",
        subtitle=f"A subtitle: {HOSTILE}",
        facts=[("Scale", "demo (minutes)"), ("Data", "earth")],
        notices=[Notice("Stand-in data", f"Not what was published: {HOSTILE}")],
        sections=[
            Section("overview", "What was run", 1, [Text("Two runs."), Text(f"A text: {HOSTILE}")]),
            Section("chapter", f"A chapter: {HOSTILE}", 1, []),
            Section("chapter-results", "Its results", 2, [results, Claims(claims)]),
            Section(
                "chapter-figures",
                "Its figures",
                2,
                [
                    Figure(
                        "figure-2",
                        "Figure 2 of the report: losses.",
                        drawing,
                        "Falling lines",
                        ["l1/0", "l2/0"],
                    ),
                    Figure("figure-3", f"A caption: {HOSTILE}", picture, f"Images: {HOSTILE}"),
                ],
            ),
            Section(
                "provenance",
                "Provenance",
                1,
                [
                    Bullets([("commit", "3f9c2d1"), ("versions", f"torch 2.14.1 {HOSTILE}")]),
                    Bullets([("", "Equation 4 prints a term twice."), (HOSTILE, "A lead.")]),
                ],
            ),
            Section("runs", "Runs", 1, [l1]),
        ],
        abstract=["Two runs were made.", "Half of it held."],
        commands={"chapter-table-1": "snakemake l1 <b>"},
    )


@pytest.fixture
def hostile() -> str:
    """The end of the document's texts: markup of HTML and typst, and non-ASCII letters."""
    return HOSTILE


@pytest.fixture
def texts(document: Document) -> list[str]:
    """All texts of the document, except the alternative texts of its figures, which are not drawn."""
    texts = [document.title, document.subtitle]
    texts += [text for pair in document.facts for text in pair]
    texts += [text for notice in document.notices for text in (notice.title, notice.text)]
    for section in document.sections:
        texts.append(section.title)
        for block in section.blocks:
            texts += _block_texts(block)
    return [text for text in texts if text]


def _block_texts(block: Text | Bullets | Table | Figure | Claims | Runs) -> list[str]:
    match block:
        case Text():
            return [block.text]
        case Bullets():
            return [text for item in block.items for text in item]
        case Table():
            headings = [text for column in block.columns for text in (column.group, column.title)]
            return [block.caption, *headings, *(c.text for row in block.rows for c in row), *block.notes]
        case Figure():
            return [block.caption, *block.made_from]
        case Claims():
            return [text for claim in block.claims for text in (claim.text, claim.verdict, claim.evidence)]
        case Runs():
            facts = [text for entry in block.entries for pair in entry.facts for text in pair]
            files = [(step, file) for entry in block.entries for step, files in entry.files for file in files]
            return [
                *(text for _, settings in block.settings for setting in settings for text in setting),
                *(text for step, file in files for text in (step, file.text)),
                *(entry.key for entry in block.entries),
                *(name for entry in block.entries for _, name in entry.fingerprints),
                *facts,
            ]
