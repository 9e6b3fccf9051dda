from pixcycle.base.checksums import write_checksums
from pixcycle.ledger.outdated import remove_outdated
from pixcycle.records.translated import Translations, translations_file
from tests.support.edited import edited_json

L1 = "ucsd-facades-l1"


def project(ledger, made_with: str):
    """Record which weights the translations and metrics of a run were made with; write two reports of it."""
    run = ledger.run(f"{L1}/0")
    folder = ledger.root / run.folder
    (folder / "final.safetensors").write_bytes(b"new weights")
    write_checksums(folder, "run.json")
    new = (folder / "SHA256SUMS").read_text().split("  final.safetensors")[0].rpartition("\n")[2]
    sha256 = {"the same": new, "other": "0" * 64}[made_with]
    images = {"A": "", "B": ""}
    record = Translations(
        run=run.key, fingerprint=run.translated_fingerprint, weights_sha256=sha256, images_sha256=images
    )
    record.write(translations_file(ledger.root / run.translated))
    with edited_json(ledger.root / run.metrics) as measured:
        measured["made_from"]["weights_sha256"] = sha256
    for selection, key in (("ucsd", run.key), ("kaist", "kaist-horse2zebra/0")):
        marker = ledger.root / f"reports/small/{selection}/made-from/01234567.json"
        marker.parent.mkdir(parents=True)
        marker.write_text(f'{{"selection": "{selection}", "runs": {{"{key}": "89abcdef"}}}}')
    return run


def left(ledger, run) -> set[str]:
    paths = [run.folder, run.translated, run.metrics, *(f"reports/small/{s}/made-from" for s in ("ucsd", "kaist"))]
    return {path for path in paths if (ledger.root / path).exists()}


def test_remove_outdated_removes_what_other_weights_made_and_outdates_its_reports(ledger, capsys):
    run = project(ledger, made_with="other")
    remove_outdated(run, ledger.root)
    assert left(ledger, run) == {run.folder, "reports/small/kaist/made-from"}
    said = capsys.readouterr().err
    assert run.translated in said and run.metrics in said


def test_remove_outdated_keeps_what_the_same_weights_made(ledger):
    run = project(ledger, made_with="the same")
    before = left(ledger, run)
    remove_outdated(run, ledger.root)
    assert left(ledger, run) == before
