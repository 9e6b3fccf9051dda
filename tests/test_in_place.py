import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src/pixcycle"
BY_NAME = {"write_text", "write_bytes", "tofile", "save_file", "open_memmap", "to_json", "copytree", "extractall"}
"""Methods and functions that write what is read elsewhere by the name that they are given."""
OPENS = {
    "alone.py": "a lock",
    "engine/locks.py": "a lock",
    "data/archives.py": "below the folder that fetch works in",
    "data/download.py": "below the folder that fetch works in",
    "data/prepare.py": "in a folder to be finished",
    "training/history.py": "in a folder to be finished, and cut to what the state knows when that is taken up again",
}


def calls() -> Iterator[tuple[str, str, list[str]]]:
    """Module, name and short texts among the arguments of each call, but for those of files.py."""
    for module in set(SOURCE.rglob("*.py")) - {SOURCE / "files.py"}:
        for call in ast.walk(ast.parse(module.read_text())):
            if isinstance(call, ast.Call):
                texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                name = getattr(call.func, "attr", None) or f"({getattr(call.func, 'id', '')})"
                yield module.relative_to(SOURCE).as_posix(), name, [text for text in texts if len(text) < 4]


def test_every_file_is_written_whole_or_where_nobody_looks_yet():
    found = list(calls())
    assert [(module, name) for module, name, _ in found if name in BY_NAME] == []
    opens = ("open", "(open)", "fdopen", "(Measured)")
    assert {m for m, name, texts in found if name in opens and any(set(t) & set("wax+") for t in texts)} == set(OPENS)
