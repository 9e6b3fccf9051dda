"""Where each setting of an experiment comes from: the report's text, its code, an assumption, or this project.

All settings of an experiment that its report does not have (`extra`) are this project's.
"""

from typing import Literal

from pixcycle.params.experiment import Experiment

Origin = Literal["stated", "from code", "assumed", "ours"]

OURS = {
    "compile",
    "gpus",
    "log_every",
    "sample_epochs",
    "sample_training",
    "inference_batch",
    "published_weights",
    "published_weights_back",
    "study_pairing",
}
"""Fields that no report needs to state."""
WORDS = {"label", "extra", "assumes", "stated", "settled", "coded"}
"""Fields that describe an experiment, and set nothing."""
SETTINGS = [field for field in Experiment.model_fields if field not in WORDS]


def origins(written: Experiment, coded: bool = False) -> dict[str, Origin]:
    """Return the origin of each setting of an experiment.

    Parameters
    ----------
    written
        The experiment as params.yaml has it.
    coded
        Return those of its reading `coded`.
    """

    def origin(field: str) -> Origin:
        if written.extra:
            return "ours"
        if coded and field in written.coded:
            return "from code"
        if field in written.stated:
            return "stated"
        if coded and field in written.settled:
            return "from code"
        return "ours" if field in OURS else "assumed"

    return {field: origin(field) for field in SETTINGS}
