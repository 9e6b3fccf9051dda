"""All layouts: the `LAYOUT` of each file in this folder that defines one, by the name of the file."""

from importlib import import_module

from pixcycle.data.layouts.layout import Layout
from pixcycle.params.fields import LAYOUT_NAMES

LAYOUTS: dict[str, Layout] = {name: import_module(f"{__package__}.{name}").LAYOUT for name in LAYOUT_NAMES}
