"""What the commands answer to odd names, counts and places of images."""

from tests.corpus.folders import FOLDERS
from tests.corpus.form import Input, each, one_line
from tests.corpus.projects import Project


@each(FOLDERS)
def test_an_odd_folder_gives_each_image_under_its_name_or_is_refused_by_name_with_nothing_half_made(
    given: Input, tmp_path
):
    project = Project(tmp_path, given.expected.dataset)
    given.make(project.own)
    told = project.plan_and_prepare()
    assert "Warning" not in told.text
    if given.expected.refused:
        one_line(told.refusal, given.expected.dataset, given.expected.refused)
        assert not list(project.folder.glob("prepared*"))
    else:
        assert told.exit_code == 0, told.text
        for domain, made in project.manifest()["splits"]["train"].items():
            greys = project.array("train", domain)[:, 8, 8, 0].tolist()
            assert sorted(zip(made["names"], greys, strict=True)) == sorted(given.expected.greys[domain].items())
