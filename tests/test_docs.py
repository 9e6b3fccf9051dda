"""Links in README.md and docs/."""

import re
from functools import cache

import pytest

from tests.support import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
CODE = re.compile(r"`(\w+)`")


def links(page):
    """Return (text, target) of all links to files, pictures included, outside code blocks."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    return [(text, target) for text, target in LINK.findall(text) if "://" not in target]


@cache
def anchors(page):
    """Return the anchors that GitHub makes from the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def defines(file, name):
    return re.search(
        rf"^(?:\s*def|class|\s*function|\s*async function) {name}\b|^{name}\b.* = ", file.read_text(), re.M
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_of_page_lead_to_existing_files_headings_and_code(page):
    broken = []
    for text, target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        code = CODE.fullmatch(text)
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
        elif code and file.suffix in (".py", ".js") and not defines(file, code[1]):
            broken.append(f"{code[1]} in {target}")
    assert broken == []
