import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import nn

from pixcycle.models.build import build_discriminator, build_generator
from pixcycle.report.drawing.architecture import architecture, trace


def resnet(name: str, **settings) -> nn.Module:
    with torch.device("meta"):
        return build_generator(name, crop_size=256, filters=64, norm="instance", **{"dropout": False} | settings)


def patchgan(patch: int) -> nn.Module:
    with torch.device("meta"):
        return build_discriminator(patch, 3, 64, "instance")


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts if text.get_text()]


def test_trace_resnet9_has_the_layers_of_the_cyclegan_paper():
    """c7s1-64, d128, d256, R256 nine times, u128, u64, c7s1-3 (Zhu et al. 2017, section 7.2)."""
    boxes = trace(resnet("resnet9"), (3, 256, 256))
    assert [(box.name, box.times, box.shape) for box in boxes] == [
        ("input", 1, (3, 256, 256)),
        ("conv 7×7", 1, (64, 256, 256)),
        ("conv 3×3 /2", 1, (128, 128, 128)),
        ("conv 3×3 /2", 1, (256, 64, 64)),
        ("residual", 9, (256, 64, 64)),
        ("deconv 3×3 /2", 1, (128, 128, 128)),
        ("deconv 3×3 /2", 1, (64, 256, 256)),
        ("conv 7×7", 1, (3, 256, 256)),
    ]
    assert boxes[1].joined == ["instance norm", "ReLU"]
    assert boxes[4].joined == ["conv 3×3", "instance norm", "ReLU", "conv 3×3", "instance norm"]
    assert boxes[-1].joined == ["tanh"]


def test_trace_resnet6_with_dropout_at_128_pixels():
    residual = trace(resnet("resnet6", dropout=True), (3, 128, 128))[4]
    assert (residual.name, residual.times, residual.shape) == ("residual", 6, (256, 32, 32))
    assert residual.joined == ["conv 3×3", "instance norm", "ReLU", "dropout", "conv 3×3", "instance norm"]


def test_trace_shows_resize_convolution():
    names = [box.name for box in trace(resnet("resnet9", upsampling="resize"), (3, 256, 256))]
    assert names[5:] == ["resize ×2", "conv 3×3", "resize ×2", "conv 3×3", "conv 7×7"]


def test_trace_patchgan_has_the_layers_of_the_cyclegan_paper():
    """C64, C128, C256, C512, then one channel; the first without norm (Zhu et al. 2017, section 7.2)."""
    boxes = trace(patchgan(70), (3, 256, 256))
    assert [(box.name, *box.shape) for box in boxes[1:]] == [
        ("conv 4×4 /2", 64, 128, 128),
        ("conv 4×4 /2", 128, 64, 64),
        ("conv 4×4 /2", 256, 32, 32),
        ("conv 4×4", 512, 31, 31),
        ("conv 4×4", 1, 30, 30),
    ]
    assert [box.joined for box in boxes[1:3]] == [["leaky ReLU"], ["instance norm", "leaky ReLU"]]
    assert boxes[-1].joined == []


def test_trace_leaves_the_network_unchanged():
    network = build_generator("resnet6", crop_size=8, filters=2, norm="batch", dropout=True)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    trace(network, (3, 8, 8))
    assert network.training
    assert not any(module._forward_hooks for module in network.modules())
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())


def test_architecture_labels_layers_with_channels_and_sizes():
    shown = texts(architecture(resnet("resnet9"), (3, 256, 256), "Generator"))
    assert [text for text in shown if "conv" in text or "residual" in text] == [
        *("conv 7×7", "conv 3×3 /2", "conv 3×3 /2"),
        *("9 × residual", "conv 3×3", "conv 3×3"),
        *("deconv 3×3 /2", "deconv 3×3 /2", "conv 7×7"),
    ]
    channels = [3, 64, 128, 256, 256, 128, 64, 3]
    assert [text for text in shown if "channel" in text] == [f"{n} channels" for n in channels]
    sides = [256, 256, 128, 64, 64, 128, 256, 256]
    assert [text for text in shown if text.split(" × ")[0].isdigit() and "res" not in text] == [
        f"{side} × {side}" for side in sides
    ]
    assert "1 channel" in texts(architecture(patchgan(70), (3, 256, 256)))


def test_architecture_boxes_scale_with_output_size_and_channels():
    figure = architecture(patchgan(70), (3, 256, 256))
    drawn = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    heights = [box.get_height() / drawn[0].get_height() for box in drawn]
    assert heights == pytest.approx([1, 1 / 2, 1 / 4, 1 / 8, 31 / 256, 30 / 256])
    widths = [box.get_width() for box in drawn]
    assert widths[1:5] == sorted(widths[1:5])
    assert widths[2] == pytest.approx(widths[4] / 2)


@pytest.mark.parametrize(
    ("network", "shape", "widest"),
    [
        (lambda: resnet("resnet9"), (3, 256, 256), 9),
        (lambda: resnet("resnet6", dropout=True), (3, 128, 128), 9),
        (lambda: resnet("resnet9", upsampling="resize"), (3, 256, 256), 10.5),
        (lambda: patchgan(70), (3, 256, 256), 9),
        (lambda: patchgan(286), (3, 256, 256), 9),
    ],
)
def test_architecture_fits_the_page_without_overlapping_texts(network, shape, widest):
    figure = architecture(network(), shape, "The architecture of a network")
    assert figure.get_figwidth() <= widest
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    panel = figure.axes[0]
    drawn = [figure._suptitle, *(text for text in panel.texts if text.get_text())]
    drawn = [artist.get_window_extent(renderer) for artist in drawn]
    boxes = [patch.get_window_extent(renderer) for patch in panel.patches if isinstance(patch, Rectangle)]
    for box in drawn:
        assert 0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert 0 <= box.y0 < box.y1 <= figure.bbox.y1
    assert not any(a.overlaps(b) for i, a in enumerate(drawn) for b in [*drawn[:i], *boxes])
