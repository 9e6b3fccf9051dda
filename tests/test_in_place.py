import ast
from collections.abc import Iterator

from tests.support import ROOT

SOURCE = ROOT / "src/pixcycle"
BY_NAME = {"write_text", "write_bytes", "tofile", "save_file", "open_memmap", "to_json", "copytree", "extractall"}
"""Names of functions that write to the path that they are given."""
OPENS = {
    "base/file_lock.py": "a lock",
    "base/user_output.py": "in a new folder beside the path that the user chose",
    "scheduler/locks.py": "a lock",
    "data/fetch/archives.py": "below the folder in which fetch works",
    "data/fetch/download.py": "below the folder in which fetch works",
    "data/prepare.py": "in an unfinished folder",
    "records/history.py": "in an unfinished folder, and cut to the saved state when the run is resumed",
}


def calls() -> Iterator[tuple[str, str, list[str]]]:
    """Yield (module, name, short string arguments) of each call outside base/files.py."""
    for module in set(SOURCE.rglob("*.py")) - {SOURCE / "base/files.py"}:
        for call in ast.walk(ast.parse(module.read_text())):
            if isinstance(call, ast.Call):
                texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                name = getattr(call.func, "attr", None) or f"({getattr(call.func, 'id', '')})"
                yield module.relative_to(SOURCE).as_posix(), name, [text for text in texts if len(text) < 4]


def test_every_file_is_written_through_base_files_or_unfinished():
    all_calls = list(calls())
    assert [(module, name) for module, name, _ in all_calls if name in BY_NAME] == []
    openers = ("open", "(open)", "fdopen", "(Measured)")
    assert {m for m, name, texts in all_calls if name in openers and any(set(t) & set("wax+") for t in texts)} == set(
        OPENS
    )
