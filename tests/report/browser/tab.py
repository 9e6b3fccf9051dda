"""Parts of the page in a window of the browser."""

STEPS = 1000
"""Logged steps of ucsd-facades-l1, whose generator loss is the number of the step."""
TABLE = "#ucsd-table-1-facades"
CURVES = "#ucsd-figure-2"
GRID = "#ucsd-samples-facades"


def open_row(tab, figure: str, row: int):
    button = tab.locator(f"{figure} .strip").nth(row)
    button.focus()
    tab.keyboard.press("Enter")
    return button
