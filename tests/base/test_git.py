import shutil

import pytest

from pixcycle.base.errors import UserError
from pixcycle.base.git import CODE, refuse_other_code


def test_refuse_other_code_names_both_folders(tmp_path):
    """As after `cp -r` of a project with its .venv, in which the package was edited since."""
    shutil.copytree(CODE, tmp_path / "src/pixcycle")
    refuse_other_code(tmp_path)
    (tmp_path / "src/pixcycle/paths.py").write_text("edited")
    with pytest.raises(UserError) as refusal:
        refuse_other_code(tmp_path)
    assert str(CODE) in str(refusal.value) and str(tmp_path / "src/pixcycle") in str(refusal.value)


def test_refuse_other_code_accepts_own_code_and_projects_without_code(tmp_path):
    refuse_other_code(CODE.parents[1])
    refuse_other_code(tmp_path)
