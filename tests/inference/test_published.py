"""Files of the authors' code, translated with and exported without a run."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from PIL import Image

from pixcycle.models.patchgan import PatchGAN
from pixcycle.models.resnet import ResnetGenerator
from pixcycle.models.unet import UNet

NETWORKS = {
    "unet_128": lambda: UNet(num_downs=7, filters=2),
    "unet_256": lambda: UNet(num_downs=8, filters=2),
    "resnet_6blocks": lambda: ResnetGenerator(filters=2, blocks=6),
    "resnet_9blocks": lambda: ResnetGenerator(filters=2, blocks=9),
}
"""Constructors of the authors' generators; tests/models/test_authors_networks.py holds their arithmetic."""


def published(name, path):
    """Save a generator with random weights and statistics as the authors' code does; return it in evaluation mode."""
    torch.manual_seed(3)
    network = NETWORKS[name]()
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_(std=0.1)
            layer.running_var.uniform_(0.01, 0.1)
    torch.save(network.state_dict(), path)
    return network.eval()


@pytest.fixture
def image(tmp_path, monkeypatch):
    """Return an image of 256 x 256 pixels, saved as 0.png in the current folder."""
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    Image.fromarray(pixels).save("0.png")
    return pixels


def through(network, pixels):
    """Return a network's output (H, W, 3), float in [0, 255], for an image."""
    x = torch.tensor(pixels).permute(2, 0, 1)[None] / 127.5 - 1
    with torch.inference_mode():
        return ((network(x)[0].permute(1, 2, 0) + 1) * 127.5).numpy()


@pytest.mark.parametrize("name", NETWORKS)
def test_translate_with_published_weights_equals_their_network(name, image, pixcycle):
    network = published(name, "latest_net_G.pth")
    code, out, err = pixcycle("translate", "--weights", "latest_net_G.pth", "--input", "0.png", "--output", "1.png")
    assert (code, err) == (0, "") and out == f"1.png: 1 translated with {name}\n"
    expected = through(network, image)
    assert expected.std() > 1
    assert np.abs(np.asarray(Image.open("1.png")) - expected).max() <= 0.51  # rounded to whole numbers


@pytest.mark.parametrize("name", ["unet_128", "resnet_9blocks"])
def test_export_of_published_weights_equals_their_network(name, image, pixcycle):
    network = published(name, "latest_net_G.pth")
    options = ("--height", "256", "--width", "256")
    command = ("export", "--weights", "latest_net_G.pth", "--generator", name, "--format", "onnx", *options)
    code, out, err = pixcycle(*command, "--output", "g.onnx")
    assert code == 0, err
    assert out.startswith(f"g.onnx: with {name}; differs from PyTorch by at most ")
    x = np.random.default_rng(1).uniform(-1, 1, (1, 3, 256, 256)).astype(np.float32)
    session = onnxruntime.InferenceSession("g.onnx", providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        np.testing.assert_allclose(session.run(None, {"image": x})[0], network(torch.tensor(x)).numpy(), atol=1e-4)
    metadata = {entry.key: entry.value for entry in onnx.load("g.onnx").metadata_props}
    assert metadata["weights"] == "latest_net_G.pth" and metadata["generator"].startswith(f"{name} with ")


def test_translate_takes_what_import_weights_wrote(image, pixcycle):
    published("resnet_6blocks", "latest_net_G.pth")
    assert pixcycle("import-weights", "latest_net_G.pth", "--out", "g.safetensors")[0] == 0
    for weights, output in (("latest_net_G.pth", "1.png"), ("g.safetensors", "2.png")):
        assert pixcycle("translate", "--weights", weights, "--input", "0.png", "--output", output)[0] == 0
    assert np.array_equal(np.asarray(Image.open("1.png")), np.asarray(Image.open("2.png")))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "Give --run FOLDER of a finished run, or --weights FILE"),
        (("--weights", "g.pth", "--run", "results"), "leave out --run"),
        (("--weights", "g.pth", "--direction", "a_to_b"), "leave out --direction"),
        (("--run", "results", "--generator", "unet_256"), "--generator names the network of --weights"),
        (
            ("--weights", "g.pth", "--generator", "resnet_9blocks"),
            "they fit resnet_6blocks with instance norm, 2 filters",
        ),
        (("--weights", "d.pth"), "d.pth: the weights of a discriminator"),
        (("--weights", "0.png"), "0.png: damaged"),
    ],
)
@pytest.mark.parametrize("command", ["translate", "export"])
def test_commands_refuse_unfit_weights_and_options_in_one_line(command, options, told, image, pixcycle):
    published("resnet_6blocks", "g.pth")
    torch.save(PatchGAN(3, 70, filters=2).state_dict(), "d.pth")
    more = {"translate": ("--input", "0.png"), "export": ("--format", "onnx")}[command]
    code, out, err = pixcycle(command, *options, *more, "--output", "made")
    assert (code, out, err.count("\n")) == (2, "", 1) and told in err
