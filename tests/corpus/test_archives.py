"""Tests of `pixcycle fetch` with damaged, odd and hostile archives: refused in one line, or unpacked correctly."""

from pathlib import Path

from tests.corpus.archives import ARCHIVES
from tests.corpus.fetching import RAW, fetched
from tests.corpus.form import each, one_line


@each(ARCHIVES)
def test_fetch_refuses_hostile_archives_and_unpacks_odd_ones(tmp_path, given):
    outside, project = tmp_path / "elsewhere", tmp_path / "project"
    outside.mkdir()
    project.mkdir()
    archive = given.make(outside)
    before, existed = set(tmp_path.rglob("*")), Path("/tmp/evil.jpg").exists()
    result = fetched(project, archive)
    unpacked = project / RAW / "files-0"
    if isinstance(given.expected, str):
        one_line(result.refusal, "tiny: ", archive.name, given.expected)
        assert not unpacked.exists()
        assert not list((project / RAW.with_name("tiny.part")).glob("files-*"))
    else:
        assert result.exit_code == 0, result.text
        files = {str(file.relative_to(unpacked)): file for file in unpacked.rglob("*") if file.is_file()}
        assert files.keys() == given.expected.keys()
        for path, content in given.expected.items():
            assert content is None or files[path].read_bytes() == content
            assert files[path].stat().st_mode & 0o7133 == 0 and not files[path].is_symlink()
    escaped = {path for path in set(tmp_path.rglob("*")) - before if project not in path.parents}
    assert not escaped and not list(tmp_path.rglob("evil*")) and Path("/tmp/evil.jpg").exists() == existed
