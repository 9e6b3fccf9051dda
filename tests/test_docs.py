"""What README.md and docs/ point at is there."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
CODE = re.compile(r"`(\w+)`")


def links(page):
    """(text, target) of all links to files, pictures too; code blocks left out."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    return [(text, target) for text, target in LINK.findall(text) if "://" not in target]


@cache
def anchors(page):
    """Of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def defines(file, name):
    return re.search(
        rf"^(?:\s*def|class|\s*function|\s*async function) {name}\b|^{name}\b.* = ", file.read_text(), re.M
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file_its_heading_and_the_code_that_it_names(page):
    wrong = []
    for text, target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        named = CODE.fullmatch(text)
        if not file.exists() or (anchor and anchor not in anchors(file)):
            wrong.append(target)
        elif named and file.suffix in (".py", ".js") and not defines(file, named[1]):
            wrong.append(f"{named[1]} in {target}")
    assert wrong == []
