"""Page layout of the PDF of finished runs, with one or more experiments of each chapter."""

import pytest

from pixcycle.report.content import Document, Figure, Table, blocks_of, claims_of
from pixcycle.report.crossrefs import labels
from pixcycle.report.document import document
from pixcycle.report.rendering import pdf
from tests.support.pdf_pages import Page, beyond_margins, overlaps, pages, squeezed
from tests.support.results import Results

EXPERIMENTS = [
    *("ucsd-facades-l1", "ucsd-facades-l2", "ucsd-facades-cyc-l1"),
    *("wustl-facades-label2photo", "wustl-facades-label2photo-paired"),
    *("paris-maps-aerial2map", "kth-summer2winter", "kaist-cityscapes"),
]
FOOT = 22 / 25.4 * 72


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> tuple[Document, list[Page]]:
    results = Results(tmp_path_factory.mktemp("results"), EXPERIMENTS, seeds=(0, 1), scale="rehearsal")
    out = results.root / "reports/rehearsal"
    (out / "figures").mkdir(parents=True)
    content = document(results.draft(out=out))
    return content, pages(pdf.render(content, out))


@pytest.fixture
def content(rendered) -> Document:
    return rendered[0]


@pytest.fixture
def drawn(rendered) -> list[Page]:
    return rendered[1]


def test_pdf_has_no_overfull_lines_or_overlapping_texts(drawn):
    assert [piece for page in drawn for piece in beyond_margins(page)] == []
    assert [pair for page in drawn for pair in overlaps(page)] == []


def test_pdf_has_no_page_that_ends_with_a_heading(drawn):
    for page in drawn:
        body = [piece for piece in page.pieces if piece.y > FOOT and piece.text.strip()]
        assert min(body, key=lambda piece: piece.y).size < 11


def test_pdf_resolves_every_mention_and_cites_every_reference(content, drawn):
    text = squeezed("".join(page.text for page in drawn))
    assert "@" not in text
    names = labels(content)
    assert len(content.references) > 20
    assert all(text.count(names[reference.id]) >= 2 for reference in content.references)  # where cited, and in the list


def test_document_ids_are_unique(content):
    ids = [section.id for section in content.sections]
    ids += [block.id for block in blocks_of(content.sections, Table, Figure)]
    ids += [claim.id for claim in claims_of(content.sections)]
    assert len(ids) == len(set(ids))


def test_document_claims_refer_to_tables_and_figures_with_evidence(content):
    claims = {claim.id: claim for claim in claims_of(content.sections)}
    assert claims["ucsd-claim-b"].shown_in == ["ucsd-table-1-facades"]
    assert claims["ucsd-claim-d"].shown_in == []  # none of its runs were made
    assert claims["ucsd-claim-e"].shown_in == ["ucsd-table-1-facades", "ucsd-table-2-facades"]
    assert claims["wustl-claim-c"].shown_in == ["wustl-quality", "wustl-figure-4"]
    assert claims["paris-claim-a"].shown_in == ["paris-figure-10", "paris-figure-11"]
    assert claims["kth-claim-b"].shown_in == ["kth-figure-8"]
    assert claims["kaist-claim-a"].shown_in == ["kaist-table-1"]
    judged = [claim for claim in claims.values() if claim.verdict != "not run"]
    assert all(claim.shown_in for claim in judged)
