"""What `Draft` adds to the captions, claims and sections of a chapter."""

import pytest

from pixcycle.report.content import Claims, Figure, Table, blocks_of
from pixcycle.report.draft import Draft
from pixcycle.report.drawing.interactive import Picture
from tests.support.results import Results

L1, L2, MISSING = "ucsd-facades-l1", "ucsd-facades-l2", "ucsd-facades-noskip"
COLLAPSED = f"{L2}/0 collapsed: g no longer finite."


@pytest.fixture
def draft(tmp_path) -> Draft:
    """L1 and L2, the latter collapsed, with two seeds each."""
    results = Results(tmp_path, [L1, L2], seeds=(0, 1))
    results.collapse(f"{L2}/0")
    return results.draft()


def test_draft_figure_names_missing_and_collapsed_experiments_once(draft):
    picture = Picture()
    picture.note = "Thinned."
    figure = draft.figure("a", picture, "Losses.", "Curves", [L1, L2, MISSING])
    assert figure.caption == f"Losses. Not run here: {MISSING}. Thinned. {COLLAPSED}"
    again = draft.figure("a", Picture(), f"{COLLAPSED} Losses.", "Curves", [L2])
    assert again.caption == f"{COLLAPSED} Losses."


def test_draft_figure_is_made_from_first_or_all_seeds(draft):
    first, every = (draft.figure("a", Picture(), "", "", [L1, MISSING], all_seeds=seeds) for seeds in (False, True))
    assert (first.made_from, every.made_from) == ([f"{L1}/0"], [f"{L1}/0", f"{L1}/1"])


@pytest.mark.parametrize("kind", ["svg", "jpg"])
def test_draft_figure_writes_a_file_of_the_kind_of_its_picture(draft, kind):
    picture = Picture()
    picture.kind = kind
    file = draft.figure("a", picture, "", "", [L1]).file
    assert file.as_posix() == f"figures/a.{kind}"
    assert (draft.out / file).stat().st_size


def test_draft_claim_evidence_says_what_collapsed_and_is_missing(draft):
    claim = draft.claim("c", "L1 is best.", "holds", ["100 against 110."], [L1, L2, MISSING], ["maps"])
    assert claim.evidence == f"100 against 110. {COLLAPSED} Not run: {MISSING}. Not judged on maps."
    assert claim.made_from == [f"{id}/{seed}" for id in (L1, L2) for seed in (0, 1)]


@pytest.mark.parametrize(
    ("verdict", "unjudged", "expected"),
    [
        ("holds", [], "holds"),
        ("holds", ["maps"], "holds on those run"),
        ("does not hold", ["maps"], "does not hold"),
        ("not distinguishable", ["maps"], "not distinguishable"),
    ],
)
def test_draft_claim_holds_on_those_run_if_datasets_are_unjudged(draft, verdict, unjudged, expected):
    assert draft.claim("c", "L1 is best.", verdict, ["100."], [L1], unjudged).verdict == expected


def test_draft_claim_without_runs_says_so(draft):
    claim = draft.claim("c", "L1 is best.", "not run", unjudged=["maps"])
    assert (claim.evidence, claim.made_from) == ("Its runs are not part of this report.", [])


def test_draft_sections_link_claims_to_blocks_that_show_their_runs(draft):
    table = Table("t-1-facades", "", [], [], made_from=[f"{L1}/0"])
    figures = [Figure("f-1", "", "f-1.svg", "", [f"{L2}/0"]), Figure("f-2", "", "f-2.svg", "", [f"{L1}/0"])]
    claim = draft.claim("c", "", "holds", [], [L1])
    sections = draft.sections("mine", [table], figures, [claim], {"c": ("t-1", "f-1", "f-2")})
    (claims,) = blocks_of(sections, Claims)
    assert claims.claims[0].shown_in == ["t-1-facades", "f-2"]
    assert [section.id for section in sections] == ["mine-results", "mine-figures", "mine-claims"]


def test_draft_sections_without_figures_say_so(draft):
    (text,) = draft.sections("mine", [])[1].blocks
    assert "None of the runs" in text.text
