import subprocess

import pytest

from pixcycle.base.errors import UserError
from pixcycle.data.dvc_links import refuse_links
from tests.support import ROOT

IN_DVC = {"DVC_STAGE": "chapter@ucsd"}


@pytest.mark.parametrize("folder", ["results", "results/full", "reports/full", "reports/full/metrics", "data"])
def test_refuse_links_names_the_link_that_dvc_would_fail_on(tmp_path, folder):
    (tmp_path / "scratch").mkdir()
    (tmp_path / folder).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / folder).symlink_to(tmp_path / "scratch")
    with pytest.raises(UserError, match=f"^{folder} is a link to .*scratch: DVC .*docs/guide.md"):
        refuse_links("full", tmp_path, IN_DVC)
    refuse_links("full", tmp_path, {})  # Snakemake follows links


@pytest.mark.parametrize("folder", ["results/full/ucsd", "data/prepared", "results/demo"])
def test_refuse_links_accepts_links_that_dvc_saves_or_does_not_use(tmp_path, folder):
    (tmp_path / folder).parent.mkdir(parents=True)
    (tmp_path / folder).symlink_to(tmp_path)
    refuse_links("full", tmp_path, IN_DVC)


def test_git_ignores_folders_of_results_that_are_links(tmp_path):
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_bytes((ROOT / ".gitignore").read_bytes())
    names = ["results", ".venv", "logs", "data/raw", "data/weights", "data/prepared", "data/bring", "reports/full"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to("/tmp")
    (tmp_path / "reports/published").mkdir()
    (tmp_path / "reports/published/fcn-score.csv").touch()
    listed = ["git", "status", "--porcelain", "--untracked-files=all"]
    assert subprocess.check_output(listed, cwd=tmp_path, text=True).splitlines() == [
        "?? .gitignore",
        "?? reports/published/fcn-score.csv",
    ]
