"""The networks that rulers measure with at a scale, and the calibrations that a plan makes."""

from pathlib import Path

from pixcycle import paths
from pixcycle.metrics.extractors import IMAGENET
from pixcycle.metrics.rulers import RULERS
from pixcycle.params.fields import Closed
from pixcycle.params.schema import Params
from pixcycle.plan.names import RECIPE, fingerprint, weights_key


class CalibrationNode(Closed):
    """A ruler, tried on images that a report's authors published."""

    scale: str
    chapter: str
    dataset: str
    """Dataset whose table shows it."""
    ruler: str
    extractor: str
    weights: str | None
    """Key of the downloaded weights of its network; None if they come with a package."""
    fingerprint: str

    @property
    def path(self) -> str:
        return paths.calibration(self.scale, self.chapter, self.fingerprint)


def ruler_extractor(params: Params, ruler: str) -> str:
    """Return the network that a ruler measures with: its own or, without its weights, that of all other metrics."""
    chosen = params.extractor or params.chosen_scale.extractor
    own = RULERS[ruler].extractor.name
    stands_in = own not in params.weights or chosen not in params.weights or not params.chosen_scale.published_weights
    return chosen if stands_in else own


def ruler_weights(params: Params, ruler: str, root: Path) -> dict[str, str]:
    """Return name and key of the weights that a ruler needs beside those of the other metrics."""
    name = ruler_extractor(params, ruler)
    return {name: weights_key(params, name, root)} if name == IMAGENET.name else {}


def named_by(params: Params, ruler: str, root: Path) -> list[object]:
    """Return what determines the values that a ruler gives for the same images."""
    return [ruler, ruler_extractor(params, ruler), ruler_weights(params, ruler, root), RECIPE["ruler"]]


def calibrations(params: Params, root: Path) -> dict[str, CalibrationNode]:
    """Return the calibrations of all chapters, by chapter; none at a scale that goes without."""
    chapters = params.chapters if params.chosen_scale.calibrations else {}
    return {key: _node(params, key, root) for key, chapter in chapters.items() if chapter.calibration}


def _node(params: Params, key: str, root: Path) -> CalibrationNode:
    chapter = params.chapters[key]
    extractor = ruler_extractor(params, chapter.ruler)
    return CalibrationNode(
        scale=params.scale,
        chapter=key,
        dataset=chapter.calibration.dataset,
        ruler=chapter.ruler,
        extractor=extractor,
        weights=weights_key(params, extractor, root) if extractor in params.weights else None,
        fingerprint=fingerprint([chapter.calibration.content, *named_by(params, chapter.ruler, root)]),
    )
