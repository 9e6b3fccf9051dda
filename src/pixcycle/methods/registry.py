"""All methods: the `METHOD` of each file in this folder, by the file's name."""

from importlib import import_module

from pixcycle.methods.method import Method
from pixcycle.params.fields import METHOD_NAMES

METHODS: dict[str, type[Method]] = {name: import_module(f"{__package__}.{name}").METHOD for name in METHOD_NAMES}
