"""What axe, the checker of accessibility, finds on a page in a browser."""

from axe_playwright_python.sync_playwright import Axe

WCAG_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(shown) -> list[str]:
    """What stands against WCAG 2.2, levels A and AA, on a page as it now is: rule, element and cause of each."""
    found = Axe().run(shown, options={"runOnly": WCAG_AA, "resultTypes": ["violations"]}).response["violations"]
    return [f"{rule['id']}: {node['html']}: {node['failureSummary']}" for rule in found for node in rule["nodes"]]
