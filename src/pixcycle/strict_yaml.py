"""YAML as people mean it: safe, of a bearable size, and without a key that silently replaces another."""

from pathlib import Path
from typing import Any

import yaml

from pixcycle.errors import UserError

BYTES = 1_000_000
"""Twenty times params.yaml; it takes seconds to read."""
VALUES = 200_000
"""Also those that an alias repeats, of which few lines can make billions."""
DEPTH = 20
"""Of values within values; more has what holds itself."""


class _Loader(yaml.SafeLoader):
    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Called for each mapping before it is made, and by it for those that are merged into it."""
        keys: set[tuple[str, str]] = set()
        for key, _ in node.value if node not in self._seen else ():
            if isinstance(key, yaml.ScalarNode) and (key.tag, key.value) in keys:
                raise yaml.constructor.ConstructorError(None, None, f"the key '{key.value}' twice", key.start_mark)
            keys.add((key.tag, str(key.value)))
        self._seen.add(node)
        own = len(node.value)
        super().flatten_mapping(node)
        if len(node.value) - own > VALUES // 100:
            raise yaml.constructor.ConstructorError(None, None, "too much to merge", node.start_mark)

    def __init__(self, stream: bytes):
        super().__init__(stream)
        self._seen: set[yaml.Node] = set()


def read_yaml(path: Path) -> Any:
    """The tree of a file, of plain values. Raises UserError with one line that names it."""
    try:
        with path.open("rb") as file:
            text = file.read(BYTES + 1)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run from the project's folder") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    if len(text) > BYTES:
        raise UserError(f"{path}: has more than {BYTES} bytes, which no params file needs")
    try:
        tree = yaml.load(text, _Loader)
        left = VALUES - _values(tree, DEPTH)
    except RecursionError:
        raise UserError(f"{path}: not YAML that can be read: values within values without end") from None
    except Exception as error:  # a YAMLError, or what the types of single values make of nonsense
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split()):.300}") from None
    if left < 0:
        raise UserError(f"{path}: its aliases make more than {VALUES} values of it, which no params file needs")
    return tree


def _values(tree: Any, deeper: int, most: int = VALUES) -> int:
    """How many values a tree has, or some number above `most`. Raises RecursionError for one that is too deep."""
    if not deeper:
        raise RecursionError
    count = 1
    for value in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        count += _values(value, deeper - 1, most - count)
        if count > most:
            break
    return count
