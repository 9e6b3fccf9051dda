import pytest
import torch

from pixcycle.models.patchgan import PatchGAN, receptive_field
from pixcycle.params.network_sizes import patchgan_layers, smallest_input

PATCHES = [1, 16, 46, 70, 286]


@pytest.mark.parametrize("patch", PATCHES)
def test_receptive_field_equals_the_patch_size(patch):
    assert receptive_field(PatchGAN(3, patch, filters=1)) == patch


@pytest.mark.parametrize("patch", PATCHES)
def test_patchgan_logit_depends_on_exactly_one_patch_of_pixels(patch):
    """The derivative of a central logit is positive on patch x patch pixels and zero on all others.

    With positive weights nothing cancels, and in evaluation mode batch norm is a fixed scaling; in training mode its
    statistics would make every logit depend on every pixel.
    """
    network = PatchGAN(3, patch, filters=1).double().eval()
    for parameter in network.parameters():
        torch.nn.init.constant_(parameter, 0.1)
    side = max(8, 2 * patch + 4 * 2 ** patchgan_layers(patch))
    image = torch.zeros(1, 3, side, side, dtype=torch.float64, requires_grad=True)
    logits = network(image)[0, 0]
    logits[logits.shape[0] // 2, logits.shape[1] // 2].backward()

    rows, columns = image.grad[0].amin(dim=0).nonzero().unbind(1)
    assert (image.grad >= 0).all()
    assert len(rows) == patch**2
    assert rows.max() - rows.min() + 1 == columns.max() - columns.min() + 1 == patch
    assert rows.min() > 0 and rows.max() < side - 1, "the border must not clip the field"
    assert (image.grad != 0).sum() == 3 * patch**2


@pytest.mark.parametrize(("patch", "side"), [(1, 256), (16, 126), (46, 16), (70, 30), (286, 6)])
def test_patchgan_logits_of_a_256_pixel_image_form_the_known_grid(patch, side):
    assert PatchGAN(6, patch, filters=1)(torch.zeros(1, 6, 256, 256)).shape == (1, 1, side, side)


@pytest.mark.parametrize("patch", PATCHES)
def test_smallest_input_gives_one_logit_and_a_smaller_one_gives_none(patch):
    network = PatchGAN(3, patch, filters=1).eval()
    side = smallest_input(patch)
    assert network(torch.zeros(1, 3, side, side)).shape == (1, 1, 1, 1)
    with pytest.raises(RuntimeError):
        network(torch.zeros(1, 3, side - 1, side - 1))
