"""Format numbers and lists for sentences."""


def counted(n: int, noun: str) -> str:
    """Return `1 run` or `2 runs`."""
    return f"{n} {noun}{'s' * (n != 1)}"


def listed(parts: list[str]) -> str:
    """Return `a`, `a and b` or `a, b and c`."""
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last
