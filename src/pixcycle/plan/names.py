"""Names of nodes: short hashes of everything that determines their content.

A fingerprint is a hash of a node's resolved settings, the fingerprints of its inputs, and the recipe version of the
code that makes it. A node that exists under its name therefore never becomes stale.
"""

from pathlib import Path
from typing import Any

from pixcycle.base.errors import UserError
from pixcycle.data.fetch.digest import declared_digest
from pixcycle.params.schema import Params
from pixcycle.records.record import digest

RECIPE = {
    "fetch": 1,
    "prepare": 1,
    "train": 2,
    "segment": 1,
    "translate": 2,
    "features": 2,
    "evaluate": 4,
    "pools": 1,
    "ruler": 1,
}
"""Version of each step, incremented by hand when the same settings would give another result, which
tests/training/test_golden.py detects. `pools` names only runs whose method lists it (`Method.recipes`): since version 1
the two image pools of CycleGAN draw different random numbers. `ruler` names the metrics of chapters with a ruler only.
"""

DESCRIPTIVE = {"dataset", "study_pairing", "label", "extra", "assumes", "stated", "settled", "coded"}
"""Fields of an experiment without influence on its result (the key of its data stands for the dataset)."""
MACHINE = {"compile", "gpus"}
"""Fields that change how long training takes, but its result only in the last digits."""
INFERENCE = {"inference_dropout", "inference_norm", "inference_batch", "inversion_steps", "inversion_lr"}
"""Fields that change how a trained network translates test images, but not how it is trained."""


def fingerprint(value: Any) -> str:
    """Return eight hexadecimal digits that identify a JSON-like value."""
    return digest(value)[:8]


def raw_key(params: Params, dataset: str, root: Path = Path()) -> str:
    """Return the key of a downloaded dataset, which identifies its content."""
    try:
        digests = [declared_digest(source, root) for source in params.datasets[dataset].sources]
    except UserError as error:
        raise UserError(f"params.yaml: datasets.{dataset}: {error}") from None
    return f"{dataset}-{fingerprint([digests, RECIPE['fetch']])}"


def weights_key(params: Params, name: str, root: Path = Path()) -> str:
    """Return the key of a downloaded file of weights, which identifies its content."""
    return f"{name}-{fingerprint([declared_digest(params.fetched_weights[name], root), RECIPE['fetch']])}"


def features_key(data: str, extractor: str) -> str:
    """Return the key of the features of the real test images."""
    return f"{data}-{extractor}-{fingerprint([data, extractor, RECIPE['features']])}"
