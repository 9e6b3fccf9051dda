"""The number of images that a metric was measured on, and how many there should have been."""

from collections.abc import Iterable

from pixcycle.paths import SOURCE, TARGET
from pixcycle.plan.runs import Run
from pixcycle.report.values import Values


def measured_images(values: Values, run: Run, direction: str | None = None) -> str:
    """Return `9 generated against 9 real test images`; if these are not all images, also out of how many, and why.

    The full number is the publisher's count or, without one, the number found in the dataset's folders, limited to
    what the scale asks for.
    """
    direction = direction or run.config.direction
    numbers, limit = values.numbers(run, direction), values.plan.params.chosen_scale.test_images
    parts, reason = [], ""
    for domain, n in ((SOURCE[direction], numbers["n_fake"]), (TARGET[direction], numbers["n_real"])):
        found, published = _in_test_folders(values, run, domain, n)
        promised = min(filter(None, (published, limit)), default=found)
        if found < promised:
            n, reason = f"{n} of {promised}", " (fewer than there should be)"
        elif limit and limit < found:
            n, reason = f"{n} of {found}", reason or " (the first ones, as its scale asks)"
        parts.append(n)
    return f"{parts[0]} generated against {parts[1]} real test images{reason}"


def left_out(values: Values, experiments: Iterable[str]) -> list[str]:
    """Return a sentence on the metrics that experiments lack for want of test images; empty if they lack none."""
    lacking: dict[str, list[str]] = {}
    for id in experiments:
        by_direction = values.measured[values.one(id).key].left_out
        for reason in dict.fromkeys(reason for reasons in by_direction.values() for reason in reasons):
            lacking.setdefault(reason, []).append(id)
    listed = [f"{reason} in {', '.join(ids)}" for reason, ids in lacking.items()]
    return [f"Left out for want of test images: {'; '.join(listed)}."] if listed else []


def _in_test_folders(values: Values, run: Run, domain: str, n: int) -> tuple[int, int | None]:
    """Return the number of images in the test split's folders (`n` if none is recorded) and the publisher's count."""
    manifest = values.manifests[run.data]
    counts, dataset = manifest.card.counts, values.plan.params.datasets[manifest.dataset]
    names = [name for part in dataset.splits.get("test", []) for name in (part, f"{part}{domain}") if name in counts]
    published = [dataset.published.get(name) for name in names]
    found = sum(counts[name].found for name in names) or n
    return found, sum(published) if names and None not in published else None
