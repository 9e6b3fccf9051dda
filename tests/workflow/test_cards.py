"""Cards as the jobs of a whole run get them: two pretended ones."""

import json


def test_two_cards_are_shared_out_among_the_jobs_and_one_training_may_have_both(new_project, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "6,7")
    project = new_project.copy(tmp_path / "a project")
    project.edit(lambda tree: tree["experiments"]["ucsd"]["facades-l1"].update(gpus=2, batch_size=4))
    project.snakemake("ucsd", "--until", "train", "--resources", "gpu=2")
    records = {
        path.parts[-3]: json.loads(path.read_text())
        for path in (project.folder / "results/tiny/ucsd").glob("*/0-*/run.json")
    }
    cards = {name: record["attempts"][0]["cards"] for name, record in records.items()}
    assert cards["facades-l1"] == "6,7"
    assert records["facades-l1"]["processes"] == 2
    assert {cards["facades-noskip"], cards["facades-cyc-l1"]} <= {"6", "7"}
