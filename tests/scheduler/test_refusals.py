import pytest

from pixcycle.scheduler.refusals import in_one_line


def test_in_one_line_advises_a_copy_if_the_project_belongs_to_another_user(capsys):
    with pytest.raises(SystemExit) as stop, in_one_line():
        raise PermissionError(13, "Permission denied", ".snakemake")
    printed = capsys.readouterr().err
    assert stop.value.code == 2 and printed.count("\n") == 1
    assert printed.startswith("pixcycle: .snakemake: Permission denied; ") and "a copy of your own" in printed
