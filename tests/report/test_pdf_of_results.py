"""The PDF of finished runs, an experiment or two of each chapter, as it lies on its pages."""

import pytest

from pixcycle.report import pdf
from pixcycle.report.content import Document, Figure, Table, blocks_of, claims_of
from pixcycle.report.document import document
from pixcycle.report.mentions import labels
from tests.report.pdf_pages import Page, beyond_margins, overlaps, pages, squeezed
from tests.report.results import Results

EXPERIMENTS = [
    *("ucsd-facades-l1", "ucsd-facades-l2", "ucsd-facades-cyc-l1"),
    *("wustl-facades-label2photo", "wustl-facades-label2photo-paired"),
    *("paris-maps-aerial2map", "kth-summer2winter", "kaist-cityscapes"),
]
FOOT = 22 / 25.4 * 72


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Document, list[Page]]:
    results = Results(tmp_path_factory.mktemp("results"), EXPERIMENTS, seeds=(0, 1), scale="rehearsal")
    out = results.root / "reports/rehearsal"
    (out / "figures").mkdir(parents=True)
    content = document(results.values(), out)
    return content, pages(pdf.render(content, out))


@pytest.fixture
def content(made) -> Document:
    return made[0]


@pytest.fixture
def drawn(made) -> list[Page]:
    return made[1]


def test_no_line_is_overfull_and_no_text_runs_into_another(drawn):
    assert [piece for page in drawn for piece in beyond_margins(page)] == []
    assert [pair for page in drawn for pair in overlaps(page)] == []


def test_no_page_ends_with_a_heading(drawn):
    for page in drawn:
        body = [piece for piece in page.pieces if piece.y > FOOT and piece.text.strip()]
        assert min(body, key=lambda piece: piece.y).size < 11


def test_every_mention_is_resolved_and_every_reference_cited(content, drawn):
    text = squeezed("".join(page.text for page in drawn))
    assert "@" not in text
    names = labels(content)
    assert len(content.references) > 20
    assert all(text.count(names[reference.id]) >= 2 for reference in content.references)  # where cited, and in the list


def test_all_ids_are_different(content):
    ids = [section.id for section in content.sections]
    ids += [block.id for block in blocks_of(content.sections, Table, Figure)]
    ids += [claim.id for claim in claims_of(content.sections)]
    assert len(ids) == len(set(ids))


def test_claims_refer_to_the_tables_and_figures_with_their_evidence(content):
    claims = {claim.id: claim for claim in claims_of(content.sections)}
    assert claims["ucsd-claim-b"].shown_in == ["ucsd-table-1-facades"]
    assert claims["ucsd-claim-d"].shown_in == []  # none of its runs are here
    assert claims["ucsd-claim-e"].shown_in == ["ucsd-table-1-facades", "ucsd-table-2-facades"]
    assert claims["wustl-claim-c"].shown_in == ["wustl-quality", "wustl-figure-4"]
    assert claims["paris-claim-a"].shown_in == ["paris-figure-10", "paris-figure-11"]
    assert claims["kth-claim-b"].shown_in == ["kth-figure-8"]
    assert claims["kaist-claim-a"].shown_in == ["kaist-table-1"]
    judged = [claim for claim in claims.values() if claim.verdict != "not run"]
    assert all(claim.shown_in for claim in judged)
