"""Build networks by their names in params.yaml."""

from torch import nn

from pixcycle.models.generators.registry import GENERATORS
from pixcycle.models.patchgan import PatchGAN
from pixcycle.params.fields import GeneratorName, Layers, Norm, Upsampling


def build_generator(
    name: GeneratorName,
    *,
    crop_size: int,
    filters: int,
    norm: Norm,
    dropout: bool,
    skips: bool = True,
    first_dropout_block: int = 2,
    upsampling: Upsampling = "deconvolution",
    layers: Layers = "authors",
) -> nn.Module:
    """Return an RGB-to-RGB generator with PyTorch's default weights.

    Parameters
    ----------
    name
        A generator's name in params.yaml.
    crop_size, skips, first_dropout_block
        Used by the U-Net only.
    filters
        Channels of the first layer.
    norm
        Normalisation layers.
    dropout
        Add dropout layers.
    upsampling
        Used by the ResNets only.
    layers
        Whose code the details of the layers follow.

    Raises
    ------
    UserError
        If the U-Net cannot halve `crop_size` down to its bottleneck.
    """
    settings = {"crop_size": crop_size, "filters": filters, "norm": norm, "dropout": dropout}
    unet_only = {"skips": skips, "first_dropout_block": first_dropout_block}
    return GENERATORS[name].build(**settings, **unet_only, upsampling=upsampling, layers=layers)


def build_discriminator(
    patch: int, in_channels: int, filters: int, norm: Norm, layers: Layers = "authors"
) -> nn.Module:
    """Return a PatchGAN with a receptive field of `patch` pixels and PyTorch's default weights.

    `in_channels` is 3 for images alone, 6 for images concatenated with the generator's input.
    """
    return PatchGAN(in_channels, patch, filters, norm, layers)
