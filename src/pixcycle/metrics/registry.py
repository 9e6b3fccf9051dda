"""All metrics: one from each module of this folder that defines `METRIC`."""

from importlib import import_module
from pathlib import Path

from pixcycle.base.registered import registered
from pixcycle.metrics.bootstrap import MOST
from pixcycle.metrics.feature_sets import refuse_unlike
from pixcycle.metrics.metric import Images, Metric, Score

METRICS: list[Metric] = sorted(
    (import_module(f"{__package__}.{name}").METRIC for name in registered(Path(__file__).parent, "METRIC")),
    key=lambda metric: metric.position,
)
SCORES: dict[str, Score] = {score.name: score for metric in METRICS for score in metric.scores}
METRIC_OF: dict[str, Metric] = {score.name: metric for metric in METRICS for score in metric.scores}


def measure(images: Images, mixed_file_types: bool = False) -> dict[str, float | int | None]:
    """Compute every metric that the given images allow and are enough for.

    Parameters
    ----------
    mixed_file_types
        Allow feature sets from different file types, see `refuse_unlike`.

    Returns
    -------
    Values by name, and the numbers of images `n_real` and `n_fake`. Metrics that need pairs are None for unpaired
    images.

    Raises
    ------
    UserError
        If the images are too small for a metric, or if the feature sets were computed differently.
    """
    real, fake = images.real_features, images.fake_features
    if images.fakes is not None and len(images.fakes) != len(fake):
        raise ValueError(f"{len(images.fakes)} generated images, but features of {len(fake)}")
    refuse_unlike(real, fake, mixed_file_types)
    values: dict[str, float | int | None] = {"n_real": len(real), "n_fake": len(fake)}
    for metric in METRICS:
        if is_measured(metric, images):
            if _enough(metric, images):
                values |= metric.measure(images)
        elif images.fakes is not None and "pairs" in metric.needs and not metric.weights:
            values |= {score.name: None for score in metric.scores}
    return values


def resample(images: Images) -> dict[str, list[float]]:
    """Return the scores of bootstrap samples of the images by name, for metrics that have them.

    Empty for more images than `bootstrap.MOST`.
    """
    if max(len(images.real_features), len(images.fake_features)) > MOST:
        return {}
    able = [m for m in METRICS if m.resample and is_measured(m, images) and _enough(m, images)]
    return {name: values.tolist() for metric in able for name, values in metric.resample(images).items()}


def is_measured(metric: Metric, images: Images) -> bool:
    """Return True if the images have everything that a metric needs."""
    available = all(getattr(images, need) is not None for need in metric.needs)
    return available and (not metric.weights or metric.weights in images.weights)


def left_out(images: Images) -> list[str]:
    """Return the metrics for which there are too few images, each as `KID (at least 2 images per set)`."""
    return [
        f"{' and '.join(score.title for score in metric.scores)} (at least {metric.fewest(images)} images per set)"
        for metric in METRICS
        if is_measured(metric, images) and not _enough(metric, images)
    ]


def _enough(metric: Metric, images: Images) -> bool:
    return min(len(images.real_features), len(images.fake_features)) >= metric.fewest(images)


def in_tables(chosen: list[str] | tuple[str, ...]) -> list[str]:
    """Return the scores that a table shows: those chosen by its chapter, then those that all tables show."""
    return [*chosen, *(name for name, metric in METRIC_OF.items() if metric.in_all_tables and name not in chosen)]
