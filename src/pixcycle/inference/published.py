"""Load a generator that the authors of pix2pix and CycleGAN, or users of their code, published as a file."""

from pathlib import Path

from pixcycle.inference.generator import Trained
from pixcycle.models.foreign import load_foreign
from pixcycle.params.experiment import Experiment


def load_published(file: Path, generator: str | None = None) -> Trained:
    """Load a file of generator weights as if a run had trained them.

    Images are translated with running statistics and without dropout, as by the authors' test.py with `--eval`. A file
    does not say in which direction it translates.

    Parameters
    ----------
    file, generator
        As in `load_foreign`.
    """
    foreign = load_foreign(file, generator)
    settings = {key: value for key, value in foreign.settings.items() if key != "name"}
    e = Experiment(
        method="pix2pix",  # of one direction
        dataset="",
        generator=foreign.settings["name"],
        load_size=foreign.settings["crop_size"],
        n_epochs=0,
        **settings,
    )
    return Trained(
        experiment=e,
        direction="a_to_b",
        seed=0,
        weights=foreign.network.state_dict(),
        words=f"with {foreign.generator}",
        metadata={"weights": file.name, "generator": str(foreign)},
    )
