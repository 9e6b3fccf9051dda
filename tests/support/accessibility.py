"""Accessibility checks of a page in a browser, with axe."""

from axe_playwright_python.sync_playwright import Axe

WCAG_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(shown) -> list[str]:
    """Return the WCAG 2.2 A and AA violations of the current state of a page: rule, element and reason of each."""
    failed = Axe().run(shown, options={"runOnly": WCAG_AA, "resultTypes": ["violations"]}).response["violations"]
    return [f"{rule['id']}: {node['html']}: {node['failureSummary']}" for rule in failed for node in rule["nodes"]]
