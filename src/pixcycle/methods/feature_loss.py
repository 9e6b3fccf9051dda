"""Feature loss + GAN, a baseline of the CycleGAN paper: SimGAN whose content term compares features."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixcycle.methods.simgan import SimGAN
from pixcycle.models.closed_form import Convolution
from pixcycle.models.content_layers import CONTENT_LAYERS
from pixcycle.params.experiment import Experiment
from pixcycle.params.fields import FEATURE_NETWORKS

if TYPE_CHECKING:
    from torch import Tensor

    from pixcycle.machine.fabric import Fabric


class FeatureLoss(SimGAN):
    """SimGAN with L_content = L_rec(phi(x), phi(G(x))), where phi are feature maps of a network that is not trained.

    phi is `models.content.ContentFeatures` of the experiment's `feature_network`: relu4_2 of a VGG-16, as in the
    CycleGAN paper, or a stand-in whose weights come with a package. It computes in float32 at any precision.
    """

    unused = ("lambda_identity", "inversion_steps", "inversion_lr")
    words = "feature loss + GAN asks generators to keep the features of their inputs @cite-johnson2016"

    def __init__(self, e: Experiment, fabric: "Fabric", seed: int):
        from pixcycle.models.content import ContentFeatures

        super().__init__(e, fabric, seed)
        self.device = fabric.device
        self.features = ContentFeatures(e.feature_network)

    def load_fetched(self, weights: Sequence[Path]) -> None:
        self.features.load(weights[0] if weights else None)
        self.features.to(self.device)

    def content_loss(self, x: "Tensor", fake: "Tensor") -> "Tensor":
        from torch import no_grad

        from pixcycle.models.losses import pixel_loss

        with no_grad():
            wanted = self.features(x)
        return pixel_loss(self.features(fake), wanted, self.e.l1, self.e.l2)

    @staticmethod
    def mistakes(e: Experiment) -> Iterator[tuple[str, str]]:
        yield from SimGAN.mistakes(e)
        if e.feature_network is None:
            yield "feature_network", f"name the network whose features to compare: {' or '.join(FEATURE_NETWORKS)}"

    @staticmethod
    def products(e: Experiment) -> list[Convolution]:
        """Return SimGAN's products and phi's: forward for both images, and the gradient of the generated one."""
        return SimGAN.products(e) + 2 * 3 * CONTENT_LAYERS[e.feature_network]

    @staticmethod
    def kept(e: Experiment) -> list[Convolution]:
        return SimGAN.kept(e) + 2 * CONTENT_LAYERS[e.feature_network]

    @staticmethod
    def variant(e: Experiment) -> list[str]:
        return [f"features of {e.feature_network}"]


METHOD = FeatureLoss
