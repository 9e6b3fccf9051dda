"""What a report calls its own parts, and where its texts mention them: `@ucsd-figure-2` reads and leads to Figure 3.

The page and the PDF number by these names, so that both say the same.
"""

import re
from collections import Counter

from pixcycle.report.content import Claims, Document, Figure, Table

_MENTION = re.compile(r"@(\w+(?:[.-]\w+)*)")


def labels(document: Document) -> dict[str, str]:
    """Id -> `Section 4.2`, `Table 3`, `Figure 1`, `Claim 5` or, of a reference, `[6]`, each counted from 1."""
    found: dict[str, str] = {}
    counts: Counter[str] = Counter()

    def number(id: str, kind: str) -> None:
        counts[kind] += 1
        found[id] = f"{kind} {counts[kind]}"

    chapter = part = 0
    for section in document.sections:
        chapter, part = (chapter + 1, 0) if section.level == 1 else (chapter, part + 1)
        found[section.id] = f"Section {chapter}" + (f".{part}" if part else "")
        for block in section.blocks:
            if isinstance(block, Table | Figure):
                number(block.id, type(block).__name__)
            if isinstance(block, Claims):
                for claim in block.claims:
                    number(claim.id, "Claim")
    return found | {reference.id: f"[{n}]" for n, reference in enumerate(document.references, 1)}


def pieces(text: str, labels: dict[str, str]) -> list[tuple[str, str | None]]:
    """A text cut at its mentions: (words, None), or (label, id) to be a link. An @ before anything else is an @."""
    cut: list[tuple[str, str | None]] = []
    end = 0
    for mention in _MENTION.finditer(text):
        if (id := mention[1]) in labels:
            cut += [(text[end : mention.start()], None), (labels[id], id)]
            end = mention.end()
    return [(words, id) for words, id in [*cut, (text[end:], None)] if words]


def spoken(text: str, labels: dict[str, str]) -> str:
    """The text with its mentions as words."""
    return "".join(words for words, _ in pieces(text, labels))
