"""Reports on runs with fewer test images than some metrics need."""

import pytest

from pixcycle.report.content import Table, blocks_of, claims_of
from pixcycle.report.document import document
from tests.support import results as support
from tests.support.edited import edited_json
from tests.support.results import Results

LEFT_OUT = [f"{name} (at least 2 images per set)" for name in ("FID", "KID")]
LEFT_OUT += ["Precision and Recall (at least 4 images per set)"]
EXPERIMENTS = {
    "ucsd": ["ucsd-facades-l1", "ucsd-facades-l2", "ucsd-facades-cyc-l1"],
    "wustl": ["wustl-facades-label2photo", "wustl-facades-label2photo-paired"],
    "kth": ["kth-apple2orange", "kth-summer2winter", "kth-cityscapes"],
    "kaist": ["kaist-maps", "kaist-horse2zebra"],
    "paris": ["paris-maps-map2aerial", "paris-maps-map2aerial-batch1"],
}


def leave_out(results, *keys):
    for key in keys:
        with edited_json(results.root / results.plan.runs[key].metrics) as measured:
            for direction, numbers in measured["metrics"].items():
                for name in ("fid", "kid", "precision", "recall"):
                    del numbers[name]
                measured.setdefault("left_out", {})[direction] = LEFT_OUT


@pytest.mark.parametrize("chapter", EXPERIMENTS)
def test_document_on_one_test_image_says_what_was_left_out(tmp_path, chapter, monkeypatch):
    monkeypatch.setattr(support, "NAMES", ["test/1"])
    monkeypatch.setattr(support, "MEASURED", support.MEASURED | {"n_real": 1, "n_fake": 1})
    results = Results(tmp_path, EXPERIMENTS[chapter])
    leave_out(results, *results.plan.runs)
    for data in results.plan.data:
        with edited_json(tmp_path / f"data/prepared/{data}/manifest.json") as manifest:
            folders = [f"{split}{domain}" for split in ("train", "test", "val") for domain in ("A", "B", "")]
            manifest["card"]["counts"] = {f: {"found": 1, "published": None, "difference": None} for f in folders}
    sections = document(results.draft("all", tmp_path / "report")).sections
    notes = [note for table in blocks_of(sections, Table) for note in table.notes]
    assert any(note.startswith("Left out for want of test images: FID (at least 2 images per set)") for note in notes)


def test_pairwise_claim_names_experiments_with_too_few_test_images(tmp_path):
    results = Results(tmp_path, EXPERIMENTS["ucsd"])
    leave_out(results, "ucsd-facades-l2/0")
    claims = claims_of(document(results.draft("all", tmp_path / "report")).sections)
    assert any("Too few test images: ucsd-facades-l2." in claim.evidence for claim in claims)
