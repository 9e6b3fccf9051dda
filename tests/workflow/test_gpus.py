"""Tests of the assignment of GPUs to the jobs of a complete run, with two fake GPUs."""

import json


def test_snakemake_shares_two_gpus_and_one_training_may_use_both(new_project, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "6,7")
    project = new_project.copy(tmp_path / "a project")
    project.edit(lambda tree: tree["experiments"]["ucsd"]["facades-l1"].update(gpus=2, batch_size=4))
    project.snakemake("ucsd", "--until", "train", "--resources", "gpu=2")
    records = {
        path.parts[-3]: json.loads(path.read_text())
        for path in (project.folder / "results/tiny/ucsd").glob("*/0-*/run.json")
    }
    gpus = {name: record["attempts"][0]["gpus"] for name, record in records.items()}
    assert gpus["facades-l1"] == "6,7"
    assert records["facades-l1"]["processes"] == 2
    assert {gpus["facades-noskip"], gpus["facades-cyc-l1"]} <= {"6", "7"}
