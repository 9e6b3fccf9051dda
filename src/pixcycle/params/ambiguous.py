"""Plain YAML values that readers of YAML 1.1 (Snakemake's) and 1.2 (DVC's, editors') understand differently."""

import re

AMBIGUOUS = {
    re.compile("yes|no|on|off", re.IGNORECASE): "true or false",
    re.compile("[-+]?0[0-9_]+|[-+]?0[bo][0-9_]+"): "a decimal number without leading zeros",
    re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"): "one decimal number",
    re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?"): "",
}
"""Form of such values -> what would be right, besides quotes; `1e-3` is read as the same number, see `fields.Real`."""


def advice(value: str) -> str | None:
    """Return how to write a plain value so that all readers understand the same; None if they do."""
    for form, right in AMBIGUOUS.items():
        if form.fullmatch(value):
            return f"write {right}, or '{value}' in quotes" if right else f"write '{value}' in quotes"
    return None
