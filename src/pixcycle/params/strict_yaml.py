"""A strict YAML reader: safe, limited in size, without duplicate keys and values that other readers misunderstand."""

from pathlib import Path
from typing import Any

import yaml

from pixcycle.base.errors import UserError
from pixcycle.params.ambiguous import advice

BYTES = 1_000_000
"""Largest size of a file: twenty times params.yaml, which takes seconds to read."""
VALUES = 200_000
"""Largest number of values, including those repeated by aliases: a few lines can expand to billions."""
DEPTH = 20
"""Largest nesting depth; a value that contains itself exceeds it."""


class _Loader(yaml.SafeLoader):
    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Refuse duplicate keys and merges that are too large.

        Called for each mapping before it is constructed, and recursively for the mappings merged into it.
        """
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

    def compose_scalar_node(self, anchor: str | None) -> yaml.ScalarNode:
        """Refuse values that another YAML reader would understand differently."""
        node = super().compose_scalar_node(anchor)
        if node.style is None and (right := advice(node.value)):
            raise yaml.constructor.ConstructorError(
                None, None, f"{node.value} is not the same in YAML 1.1 and 1.2; {right}", node.start_mark
            )
        return node

    def __init__(self, stream: str):
        super().__init__(stream)
        self._seen: set[yaml.Node] = set()


def read_yaml(path: Path) -> Any:
    """Return the content of a file as plain values. Raise UserError with one line that names the file."""
    try:
        with path.open("rb") as file:
            text = file.read(BYTES + 1)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run this command in the project's folder") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    if len(text) > BYTES:
        raise UserError(f"{path}: has more than {BYTES} bytes, the limit for a params file")
    try:
        tree = yaml.load(text.decode("utf-8-sig"), _Loader)
        left = VALUES - _values(tree, DEPTH)
    except RecursionError:
        raise UserError(f"{path}: its values are nested more than {DEPTH} deep or contain themselves") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    except Exception as error:  # a YAMLError, or an error of the type of a single value
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split()):.300}") from None
    if left < 0:
        raise UserError(f"{path}: its aliases make more than {VALUES} values, the limit for a params file")
    return tree


def _values(tree: Any, deeper: int, most: int = VALUES) -> int:
    """Return the number of values in a tree, or any number above `most` if there are more.

    Parameters
    ----------
    deeper
        Levels of nesting that are allowed.

    Raises
    ------
    RecursionError
        If the tree is nested more deeply.
    """
    if not deeper:
        raise RecursionError
    count = 1
    for value in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        count += _values(value, deeper - 1, most - count)
        if count > most:
            break
    return count
