"""Names of a report's parts, and references to them in its texts: `@ucsd-figure-2` becomes a link "Figure 3".

The page and the PDF take all numbers from here, so that they agree.
"""

import re
from collections import Counter

from pixcycle.report.both_readings import AS_CODED, AS_WRITTEN
from pixcycle.report.content import Claims, Document, Figure, Table, blocks_of

_MENTION = re.compile(r"@(\w+(?:[.-]\w+)*)")
_ORIGIN = re.compile(rf"({AS_CODED} |{AS_WRITTEN} |)((?:Figures?|Tables?) \d+(?: to \d+)? of report \d+)")
"""The beginning of the caption of a part that repeats one of a published report."""


def labels(document: Document) -> dict[str, str]:
    """Map ids to `Section 4.2`, `Table 3`, `Figure 1`, `Claim 5` or, for references, `[6]`; each kind counts from 1.

    Tables and figures that repeat a report's are not counted and keep its number, as in `Figure 3 of report 000`; if
    there are several of them, the end of their ids tells them apart: `Table 1 of report 000, maps`.
    """
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    repeated = Counter(map(origin, blocks_of(document.sections, Table, Figure)))

    def number(id: str, kind: str) -> None:
        counts[kind] += 1
        names[id] = f"{kind} {counts[kind]}"

    chapter = part = 0
    for section in document.sections:
        chapter, part = (chapter + 1, 0) if section.level == 1 else (chapter, part + 1)
        names[section.id] = f"Section {chapter}" + (f".{part}" if part else "")
        for block in section.blocks:
            if isinstance(block, Table | Figure):
                if name := origin(block):
                    end = block.id.removesuffix("-coded").rpartition("-")[2]
                    names[block.id] = f"{name}, {end}" if repeated[name] > 1 else name
                else:
                    number(block.id, type(block).__name__)
            if isinstance(block, Claims):
                ids = [claim.id for claim in block.claims]
                for id in ids:
                    written = id.removesuffix("-coded")
                    if written in names:
                        names[id] = names[written].replace("written", "coded")
                        continue
                    number(id, "Claim")
                    if id != written:
                        names[id] += ", as coded"
                    elif f"{id}-coded" in ids:
                        names[id] += ", as written"
    return names | {reference.id: f"[{n}]" for n, reference in enumerate(document.references, 1)}


def origin(block: Table | Figure) -> str:
    """Return `Figure 3 of report 000`, or `..., as coded`, if a caption begins with that, else an empty text."""
    if found := _ORIGIN.match(block.caption):
        reading = found[1].rstrip(": ").lower()
        return f"{found[2]}, {reading}" if reading else found[2]
    return ""


def captioned(block: Table | Figure, labels: dict[str, str]) -> tuple[str, str]:
    """Return the bold beginning of a caption, which says whose figure or table it is, and the rest of it."""
    if found := _ORIGIN.match(block.caption):
        return origin(block), block.caption[found.end() :]
    return f"{labels[block.id]}.", f" {block.caption}"


def pieces(text: str, labels: dict[str, str]) -> list[tuple[str, str | None]]:
    """Split a text at its references: (words, None), or (label, id) for a link. An @ before any other word is kept."""
    cut: list[tuple[str, str | None]] = []
    end = 0
    for mention in _MENTION.finditer(text):
        if (id := mention[1]) in labels:
            cut += [(text[end : mention.start()], None), (labels[id], id)]
            end = mention.end()
    return [(words, id) for words, id in [*cut, (text[end:], None)] if words]


def spoken(text: str, labels: dict[str, str]) -> str:
    """Return the text with labels in place of its references."""
    return "".join(words for words, _ in pieces(text, labels))
