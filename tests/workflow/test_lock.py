"""dvc.lock, which git keeps as a real run of scale demo left it."""

from tests.workflow.conftest import ROOT, checkout

CURE = "dvc.lock is of other params or other code: renew it by `make lock`"


def test_the_lock_that_git_keeps_is_of_the_demo_with_these_params_and_this_code(tmp_path):
    assert (ROOT / "dvc.lock").exists(), CURE
    project = checkout(tmp_path / "a project")
    project.edit(lambda tree: tree.update(scale="demo"))
    assert "up to date" in project.run("dvc", "repro", "--dry", "--allow-missing"), CURE

    page = project.folder / "src/pixcycle/report/page.py"
    page.write_text(page.read_text() + "\n")
    assert "Running stage 'chapter@ucsd'" in project.run("dvc", "repro", "--dry", "--allow-missing")
