"""On how many images a number was measured, and of how many that there might have been."""

from pixcycle.report.values import Values
from pixcycle.runs import Run
from pixcycle.translations import SOURCE, TARGET


def measured_images(values: Values, run: Run, direction: str | None = None) -> str:
    """`9 generated against 9 real test images`; where these are not all, of how many, and why.

    All are those that the dataset's publisher counts or, without such counts, that were found in its folders; or as
    many of them as the scale asks for.
    """
    direction = direction or run.config.direction
    numbers, limit = values.numbers(run, direction), values.plan.params.chosen_scale.test_images
    told, why = [], ""
    for domain, n in ((SOURCE[direction], numbers["n_fake"]), (TARGET[direction], numbers["n_real"])):
        found, published = _in_test_folders(values, run, domain, n)
        promised = min(filter(None, (published, limit)), default=found)
        if found < promised:
            n, why = f"{n} of {promised}", " (fewer than there should be)"
        elif limit and limit < found:
            n, why = f"{n} of {found}", why or " (the first ones, as its scale asks)"
        told.append(n)
    return f"{told[0]} generated against {told[1]} real test images{why}"


def _in_test_folders(values: Values, run: Run, domain: str, n: int) -> tuple[int, int | None]:
    """Images that were found in the distributed folders of the test split, and those that its publisher counts."""
    manifest = values.manifests[run.data]
    counts, dataset = manifest["card"]["counts"], values.plan.params.datasets[manifest["dataset"]]
    names = [name for part in dataset.splits.get("test", []) for name in (part, f"{part}{domain}") if name in counts]
    published = [dataset.published.get(name) for name in names]
    return sum(counts[name]["found"] for name in names) or n, sum(
        published
    ) if names and None not in published else None
