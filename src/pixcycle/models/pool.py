"""The history of generated images that stabilises CycleGAN's discriminators."""

from typing import Any

import torch
from torch import Tensor


class ImagePool:
    """Buffer that delays a random half of the generated images on their way to the discriminator.

    As in report 003, section 4.5, after Shrivastava et al. 2017. Equal seeds and inputs give equal outputs.

    Parameters
    ----------
    size
        Number of stored images. With 0, `query` returns its input.
    seed
        Seed of the pool's own random numbers.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self.images: list[Tensor] = []
        self.random = torch.Generator().manual_seed(seed)

    def query(self, images: Tensor) -> Tensor:
        """Return a batch for the discriminator, given the (N, C, H, W) batch just generated; without gradient.

        Images are handled one by one. Until the pool is full, an image is stored and returned. From then on, with
        probability 1/2, it replaces a stored image, drawn uniformly, which is returned instead.
        """
        if self.size == 0:
            return images.detach()
        return torch.stack([self._exchange(image) for image in images.detach()])

    def _exchange(self, image: Tensor) -> Tensor:
        if len(self.images) < self.size:
            self.images.append(image.clone())
            return image
        if torch.rand((), generator=self.random) < 0.5:
            return image
        slot = int(torch.randint(self.size, (), generator=self.random))
        stored, self.images[slot] = self.images[slot], image.clone()
        return stored.to(image.device, non_blocking=True)  # on the CPU after a resume; do not wait for the copy

    def state_dict(self) -> dict[str, Any]:
        """Return everything that a resumed run needs to continue as if it had not been interrupted."""
        return {"images": list(self.images), "random": self.random.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.images = list(state["images"])
        self.random.set_state(state["random"].cpu())
