"""Tests of `fetch` and `prepare` with odd names, numbers and places of images."""

from tests.corpus.folders import FOLDERS
from tests.corpus.form import Input, each, one_line
from tests.corpus.projects import Project


@each(FOLDERS)
def test_prepare_reads_an_odd_folder_or_refuses_it_by_name(given: Input, tmp_path):
    project = Project(tmp_path, given.expected.dataset)
    given.make(project.own)
    result = project.plan_and_prepare()
    assert "Warning" not in result.text
    if given.expected.refused:
        one_line(result.refusal, given.expected.dataset, given.expected.refused)
        assert not list(project.folder.glob("prepared*"))
    else:
        assert result.exit_code == 0, result.text
        for domain, described in project.manifest()["splits"]["train"].items():
            greys = project.array("train", domain)[:, 8, 8, 0].tolist()
            assert sorted(zip(described["names"], greys, strict=True)) == sorted(given.expected.greys[domain].items())
