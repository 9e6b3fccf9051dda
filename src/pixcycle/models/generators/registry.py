"""All generators: the `GENERATOR` of each file in this folder, by the file's name."""

from importlib import import_module

from pixcycle.models.generators.generator import Generator
from pixcycle.params.fields import GENERATOR_NAMES

GENERATORS: dict[str, Generator] = {name: import_module(f"{__package__}.{name}").GENERATOR for name in GENERATOR_NAMES}
