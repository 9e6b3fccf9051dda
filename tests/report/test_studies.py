"""What the report says about how people were asked."""

import pytest

from pixcycle.report.studies import protocol_note
from pixcycle.study.protocol import Protocol

SAME, OTHER = "The real image was that of the same input", "The real image came from another input, as in the published"
CHECKED = (
    "Participants who missed more than 1 of 4 attention checks are left out; the published studies had no such checks."
)


@pytest.mark.parametrize(
    ("protocols", "said", "unsaid"),
    [
        ([Protocol()], [SAME, CHECKED], [OTHER]),
        ([Protocol("other_input", checks=0)], [OTHER], [SAME, CHECKED, "attention"]),
        ([Protocol("other_input"), Protocol(checks=0)], [SAME, OTHER, CHECKED], []),
    ],
)
def test_protocol_note_tells_how_studies_differ_from_the_published(protocols, said, unsaid):
    note = protocol_note(protocols)
    assert all(sentence in note for sentence in said)
    assert not any(sentence in note for sentence in unsaid)
