"""Where the translations of a run lie, and which domain a direction starts from and imitates."""

from pathlib import Path
from typing import Literal

Direction = Literal["a_to_b", "b_to_a"]
SOURCE = {"a_to_b": "A", "b_to_a": "B"}
TARGET = {"a_to_b": "B", "b_to_a": "A"}
BACK = {"a_to_b": "b_to_a", "b_to_a": "a_to_b"}


def fakes_folder(translated: Path, direction: str) -> Path:
    """Where the images that were generated in a direction lie: fake_A or fake_B, by the domain that they imitate."""
    return translated / f"fake_{TARGET[direction]}"


def cycled_folder(translated: Path, direction: str) -> Path:
    """Where the inputs of a direction lie after they went there and back: cycle_A or cycle_B."""
    return translated / f"cycle_{SOURCE[direction]}"
