"""The history of generated images that steadies CycleGAN's discriminators."""

from typing import Any

import torch
from torch import Tensor


class ImagePool:
    """Generated images, a random half of which the discriminator sees late (report 003, section 4.5, after
    Shrivastava et al. 2017).

    size: images kept; 0 keeps none and returns what it is given. Equal seeds and inputs give equal outputs.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self.images: list[Tensor] = []
        self.random = torch.Generator().manual_seed(seed)

    def query(self, images: Tensor) -> Tensor:
        """A batch for the discriminator in place of the (N, C, H, W) batch just generated; without gradient.

        Image by image: while the pool fills up, the image is stored and returned; from then on, with
        probability 1/2, it replaces a stored one, drawn uniformly, which is returned in its place.
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
        return stored.to(image.device, non_blocking=True)  # after a resume it lies on the CPU: do not wait for the copy

    def state_dict(self) -> dict[str, Any]:
        """Everything that a resumed run needs to go on as if it had not been interrupted."""
        return {"images": list(self.images), "random": self.random.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.images = list(state["images"])
        self.random.set_state(state["random"].cpu())
