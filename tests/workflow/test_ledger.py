"""Tests of `pixcycle runs`, `compare` and `gc` after an edit of params.yaml."""

import json

HERE = "results/tiny/ucsd/facades-l1"


def everything(project) -> set[str]:
    folders = ("results", "data", "reports")
    return {path.relative_to(project.folder).as_posix() for f in folders for path in (project.folder / f).rglob("*")}


def fid(project, run: str) -> str:
    """Return the FID in the metrics file of the run with the given fingerprint, to two decimals."""
    measured = [json.loads(path.read_text()) for path in (project.folder / HERE).glob("metrics-*.json")]
    (value,) = [m["metrics"]["b_to_a"]["fid"] for m in measured if m["made_from"]["run"] == run]
    return f"{value:.2f}"


def test_runs_compare_and_gc_handle_a_stale_run_after_an_edit(project):
    (old,) = (path.name for path in (project.folder / HERE).glob("0-*"))
    left_behind = {path.relative_to(project.folder).as_posix() for path in (project.folder / HERE).iterdir()}
    assert "stale" not in project.run("pixcycle", "runs")

    project.set_lr("facades-l1", 0.001)
    listed = project.run("pixcycle", "runs", "ucsd-facades-l1")
    assert "Scale tiny: 1 to do." in listed and "lr 0.0002 → 0.001" in listed
    project.snakemake()
    assert project.trained() == ["ucsd-facades-l1/0"]
    (new,) = (path.name for path in (project.folder / HERE).glob("0-*") if path.name != old)

    listed = json.loads(project.run("pixcycle", "runs", "--json"))
    stale = {entry["folder"]: entry["stale"] for entry in listed if entry["stale"]}
    assert stale == {f"{HERE}/{old}": "lr 0.0002 → 0.001"}
    assert all(entry["measured"] and entry["attempts"] == 1 for entry in listed)

    compared = project.run("pixcycle", "compare", "ucsd-facades-l1")
    rows = [line.split() for line in compared.splitlines()]
    assert ["lr", "0.0002", "0.001"] in rows
    (row,) = [row for row in rows if row[:1] == ["FID"]]
    assert row[2:4] == [fid(project, old[2:]), fid(project, new[2:])]
    page = project.folder / f"reports/tiny/compare/ucsd-facades-l1-{old[2:]}-{new[2:]}.html"
    assert "data:image/jpeg" in page.read_text()

    before = everything(project)
    assert "Nothing was removed" in project.run("pixcycle", "gc")
    assert everything(project) == before
    project.run("pixcycle", "gc", "--yes")
    gone = before - everything(project)
    assert everything(project) < before
    assert {path for path in gone if path.count("/") == 4} == left_behind
    assert all(path.startswith(tuple(left_behind)) for path in gone)

    assert "Nothing to be done" in project.snakemake("-n")
    assert "stale" not in project.run("pixcycle", "runs")
    assert project.trained() == []


def test_gc_keeps_seeds_requested_with_snakemake_config(project):
    project.snakemake("ucsd-facades-l1", "--config", "seeds=[0,1]")
    assert project.trained() == ["ucsd-facades-l1/1"]
    assert "ucsd-facades-l1/1 *" in project.run("pixcycle", "runs")
    before = everything(project)
    assert "Nothing to free" in project.run("pixcycle", "gc", "--yes")
    assert everything(project) == before
