"""Tests of the workflow as users call it."""

import re


def test_snakemake_target_plans_only_the_experiment_and_its_report(new_project, tmp_path):
    planned = new_project.copy(tmp_path / "a project").snakemake("ucsd-facades-l1", "-n")
    jobs = dict(re.findall(r"^(\S+) +(\d+)$", planned, flags=re.MULTILINE))
    once = ("fetch", "prepare", "real_features", "train", "translate", "evaluate")
    assert jobs == dict.fromkeys((*once, "report-ucsd-facades-l1", "ucsd-facades-l1"), "1") | {"total": "8"}


def test_snakemake_reports_a_negative_lr_in_one_line(project):
    project.set_lr("facades-l1", -1)
    output = project.snakemake("-n", fails=True)
    assert "params.yaml: experiments.ucsd.facades-l1.lr: " in output and "(is -1" in output
    assert "Traceback" not in output


def test_snakemake_reports_an_unreadable_manifest_in_one_line(project):
    manifest = next(project.folder.glob("data/prepared/*/manifest.json"))
    manifest.unlink()
    manifest.write_text('{"splits": {"tr')
    output = project.snakemake("-n", fails=True)
    [line] = [line for line in output.splitlines() if line.startswith("pixcycle: ")]
    assert line.startswith(f"pixcycle: {manifest.relative_to(project.folder)}: ") and "rebuilt" in line
    assert "Traceback" not in output


def test_user_experiment_and_dataset_need_only_params(project):
    def add(tree):
        tree["datasets"]["mine"] = tree["datasets"]["tiny"] | {"title": "My own pairs"}
        tree["experiments"]["ucsd"]["mine-l2"] = tree["experiments"]["ucsd"]["facades-l2"] | {"dataset": "mine"}
        tree["scales"]["tiny"]["experiments"].append("ucsd-mine-l2")

    project.edit(add)
    project.snakemake("ucsd-mine-l2")
    assert project.trained() == ["ucsd-mine-l2/0"]
    assert "My own pairs" in (project.folder / "reports/tiny/ucsd-mine-l2/report.html").read_text()


def test_snakemake_lint_is_clean(new_project, tmp_path):
    assert "Congratulations" in new_project.copy(tmp_path / "a project").run("snakemake", "--lint")
