"""The folders of the source."""

from tests.support import ROOT


def test_every_folder_with_modules_has_an_init_file():
    folders = {module.parent for module in (ROOT / "src/pixcycle").rglob("*.py")}
    assert [folder.name for folder in folders if not (folder / "__init__.py").exists()] == []
