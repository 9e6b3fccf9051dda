"""Archives that are damaged, odd or hostile, through `pixcycle fetch`: refused in a line, or unpacked as they ought."""

from pathlib import Path

from tests.corpus.archives import ARCHIVES
from tests.corpus.fetching import RAW, fetched
from tests.corpus.form import each, one_line


@each(ARCHIVES)
def test_a_hostile_or_damaged_archive_is_refused_in_one_line_and_an_odd_one_unpacked(tmp_path, given):
    place, project = tmp_path / "elsewhere", tmp_path / "project"
    place.mkdir()
    project.mkdir()
    archive = given.make(place)
    before, there = set(tmp_path.rglob("*")), Path("/tmp/evil.jpg").exists()
    told = fetched(project, archive)
    made = project / RAW / "files-0"
    if isinstance(given.expected, str):
        one_line(told.refusal, "tiny: ", archive.name, given.expected)
        assert not made.exists()
        assert not list((project / RAW.with_name("tiny.part")).glob("files-*"))
    else:
        assert told.exit_code == 0, told.text
        files = {str(file.relative_to(made)): file for file in made.rglob("*") if file.is_file()}
        assert files.keys() == given.expected.keys()
        for path, content in given.expected.items():
            assert content is None or files[path].read_bytes() == content
            assert files[path].stat().st_mode & 0o7133 == 0 and not files[path].is_symlink()
    below = {path for path in set(tmp_path.rglob("*")) - before if project not in path.parents}
    assert not below and not list(tmp_path.rglob("evil*")) and Path("/tmp/evil.jpg").exists() == there
