"""Keras' InceptionV3 with ImageNet weights, from Keras' own file or from timm's port of the same network."""

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from pixcycle.base.checksums import file_sha256
from pixcycle.base.errors import UserError
from pixcycle.metrics.extractors import IMAGENET, ExtractorSpec


@dataclass(frozen=True)
class WeightsFile:
    """A public file of weights, identified by the digest, or the first digits of it, that its publisher states."""

    label: str
    name: str
    algorithm: str
    digest: str


FILES = (
    WeightsFile("Keras' own file", IMAGENET.weights_file, "md5", "bcbd6486424b2319ff4ef7d526e38f63"),
    WeightsFile("timm's port of TF-slim's weights", "tf_inception_v3-e0069de4.pth", "sha256", "e0069de4"),
)
"""Accepted files. torchvision's own weights are other numbers (pytorch/vision#926)."""

HDF5 = b"\x89HDF\r\n\x1a\n"
"""First bytes of an HDF5 file."""


class ImagenetInception(nn.Module):
    """The 2048-d average pool of Keras' InceptionV3 (report 000, section 6; nets of Szegedy et al. 2016).

    It is torchvision's network without auxiliary head, classifier and input transform. Keras' nine 3 x 3 average pools
    leave the zeros around an image out of the mean, whereas torchvision's count them.

    Parameters
    ----------
    weights
        Parameters and running statistics by torchvision's names, without those of the classifier.
    """

    def __init__(self, weights: dict[str, Tensor]):
        from torchvision.models import inception_v3  # imported late: it takes as long as torch
        from torchvision.models.inception import InceptionA, InceptionC, InceptionE

        super().__init__()
        self.inception = inception_v3(weights=None, init_weights=False, aux_logits=False, transform_input=False)
        self.inception.fc = nn.Identity()
        self.inception.load_state_dict(weights)
        for block in self.inception.modules():
            if isinstance(block, InceptionA | InceptionC | InceptionE):
                block.branch_pool = nn.Sequential(_MeanWithoutBorder(), block.branch_pool)

    def forward(self, images: Tensor) -> Tensor:
        """Return the features of uint8 images (N, 3, H, W): enlarged to 299 by nearest neighbour, in [-1, 1]."""
        enlarged = functional.interpolate(images.float(), (IMAGENET.input_size,) * 2, mode="nearest-exact")
        return self.inception(enlarged / 127.5 - 1)


class AtOwnSize(nn.Module):
    """The same network for images at their own size in [0, 1], as report 000's code has it for precision and recall."""

    def __init__(self, network: ImagenetInception):
        super().__init__()
        self.inception = network.inception

    def forward(self, images: Tensor) -> Tensor:
        return self.inception(images.float() / 255)


class _MeanWithoutBorder(nn.Module):
    """Turn 3 x 3 means that count a border of zeros, of maps (N, C, H, W), into means of the pixels within the map."""

    def forward(self, means: Tensor) -> Tensor:
        return means / functional.avg_pool2d(torch.ones_like(means[:1, :1]), kernel_size=3, stride=1, padding=1)


def load_imagenet_inception(path: Path | None) -> tuple[ExtractorSpec, ImagenetInception]:
    """Return the network, and its spec with the file that its weights come from.

    Raises
    ------
    UserError
        If the file is missing, or is none of FILES.
    """
    if path is None or not path.is_file():
        raise UserError(
            f"extractor {IMAGENET.name}: its weights file is missing ({path or 'no path given'}). Download"
            f" {IMAGENET.weights_source}"
        )
    content = path.read_bytes()
    known = (f for f in FILES if hashlib.new(f.algorithm, content).hexdigest().startswith(f.digest))
    file = next(known, None)
    if file is None:
        listed = " or ".join(f"{f.name} ({f.algorithm} {f.digest})" for f in FILES)
        raise UserError(f"extractor {IMAGENET.name}: {path} is not {listed}; remove it, and it will be fetched again")
    weights = keras_weights(path) if content.startswith(HDF5) else torchvision_weights(path)
    label = f"{IMAGENET.label}, {file.label}"
    spec = replace(IMAGENET, label=label, weights_file=file.name, weights_sha256=file_sha256(path))
    return spec, ImagenetInception(weights)


def keras_weights(path: Path) -> dict[str, Tensor]:
    """Return the weights of Keras' HDF5 file by torchvision's names.

    Keras numbers its layers in the order of their creation, which is that of torchvision's convolutions. Kernels are
    (H, W, in, out), and batch norms have no gain.

    Raises
    ------
    UserError
        If the file has other layers.
    """
    import h5py  # imported late: only this file needs it
    from torchvision.models import inception_v3
    from torchvision.models.inception import BasicConv2d

    network = inception_v3(weights=None, init_weights=False, aux_logits=False)
    names = [name for name, module in network.named_modules() if isinstance(module, BasicConv2d)]
    with h5py.File(path) as file:
        layers = {kind: _numbered(file, kind) for kind in ("conv2d", "batch_normalization")}
        if any(len(found) != len(names) for found in layers.values()):
            counts = " and ".join(f"{len(found)} {kind}" for kind, found in layers.items())
            raise UserError(f"{path}: has {counts} layers, not {len(names)} of each; it is not Keras' InceptionV3")
        weights = {}
        for name, conv, norm in zip(names, layers["conv2d"], layers["batch_normalization"], strict=True):
            weights[f"{name}.conv.weight"] = conv["kernel"].permute(3, 2, 0, 1).contiguous()
            weights[f"{name}.bn.weight"] = torch.ones_like(norm["beta"])
            weights[f"{name}.bn.bias"] = norm["beta"]
            weights[f"{name}.bn.running_mean"] = norm["moving_mean"]
            weights[f"{name}.bn.running_var"] = norm["moving_variance"]
            weights[f"{name}.bn.num_batches_tracked"] = torch.tensor(0)
    return weights


def _numbered(file, kind: str) -> list[dict[str, Tensor]]:
    """Return the arrays of all layers of a kind by name, such as `kernel`, in the order of the layers' numbers."""
    numbers = {int(match[1] or 0): name for name in file if (match := re.fullmatch(rf"{kind}(?:_(\d+))?", name))}
    layers = []
    for _, name in sorted(numbers.items()):
        arrays: dict[str, Tensor] = {}

        def keep(path: str, node, arrays: dict[str, Tensor] = arrays) -> None:
            if hasattr(node, "shape"):
                arrays[path.rpartition("/")[2].partition(":")[0]] = torch.from_numpy(node[()])

        file[name].visititems(keep)
        layers.append(arrays)
    return layers


def torchvision_weights(path: Path) -> dict[str, Tensor]:
    """Return the weights of a PyTorch file with torchvision's names, without those of classifiers."""
    weights = torch.load(path, map_location="cpu", weights_only=True)
    return {name: value for name, value in weights.items() if not name.startswith(("fc.", "AuxLogits."))}
