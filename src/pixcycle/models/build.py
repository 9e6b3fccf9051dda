"""Networks by the names that params.yaml uses."""

from torch import nn

from pixcycle.models.patchgan import PatchGAN
from pixcycle.models.resnet import ResnetGenerator
from pixcycle.models.sizes import downsamplings
from pixcycle.models.unet import UNet
from pixcycle.scalars import GeneratorName, Norm, Upsampling


def build_generator(
    name: GeneratorName,
    *,
    crop_size: int,
    filters: int,
    norm: Norm,
    dropout: bool,
    skips: bool = True,
    upsampling: Upsampling = "deconvolution",
) -> nn.Module:
    """An RGB to RGB generator with torch's default weights.

    crop_size and skips concern the U-Net only, upsampling the ResNets only.

    Raises UserError if the U-Net cannot halve crop_size often enough.
    """
    if name == "unet":
        return UNet(3, 3, downsamplings(crop_size), filters, norm, dropout, skips)
    return ResnetGenerator(3, 3, filters, {"resnet6": 6, "resnet9": 9}[name], norm, dropout, upsampling)


def build_discriminator(patch: int, in_channels: int, filters: int, norm: Norm) -> nn.Module:
    """A PatchGAN of that receptive field with torch's default weights.

    in_channels: 3 for images alone, 6 for images joined with the generator's input.
    """
    return PatchGAN(in_channels, patch, filters, norm)
