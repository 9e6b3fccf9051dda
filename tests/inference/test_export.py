"""Exported files run without our classes, in onnxruntime and in TorchScript."""

import io
import json
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from pixcycle.base.errors import UserError
from pixcycle.inference import export as exporting
from pixcycle.inference.export import export
from pixcycle.inference.generator import load
from pixcycle.inference.test_split import at_inference
from pixcycle.methods.networks import generator_of
from tests.conftest import tiny_experiment

RESNET = {"generator": "resnet6", "norm": "instance", "dropout": False}
SHORT = {"generator": "resnet6_short", "norm": "instance", "dropout": False}
UNET_OF_000 = {"layers": "ucsd", "norm": "instance"}  # its bottleneck has a single pixel at 16 x 16
RESNET_OF_003 = RESNET | {"layers": "kth"}
SHORT_OF_001 = SHORT | {"layers": "wustl", "patch": 46}
BY_THE_BATCH = {"inference_norm": "batch", "inference_dropout": True}


def as_trained(trained, images):
    e = trained.experiment.model_copy(update={"inference_dropout": False})
    with torch.inference_mode():
        return at_inference(e, trained.direction, trained.weights)(torch.tensor(images)).numpy()


def random_images(*shape):
    return np.random.default_rng(5).uniform(-1, 1, (*shape[:1], 3, *shape[1:])).astype(np.float32)


def through_onnx(file, images):
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"]).run(None, {"image": images})[0]


@pytest.mark.parametrize("settings", [RESNET, BY_THE_BATCH, {"norm": "instance", "skips": False}, UNET_OF_000])
def test_export_torchscript_equals_generator_at_any_size(settings, finished, tmp_path):
    trained = load(finished(tiny_experiment(**settings)))
    difference = export(trained, "torchscript", tmp_path / "g.pt")
    metadata = {"direction": "", "experiment": ""}
    script = torch.jit.load(tmp_path / "g.pt", _extra_files=metadata)
    for shape in ((1, 16, 16), (3, 32, 48)):
        images = random_images(*shape)
        with torch.inference_mode():
            outputs = script(torch.tensor(images)).numpy()
        np.testing.assert_allclose(outputs, as_trained(trained, images), atol=1e-5)
        assert outputs.std() > 0.01
    assert difference < 1e-5
    assert metadata["direction"] == b"b_to_a"
    assert json.loads(metadata["experiment"])["generator"] == trained.experiment.generator


@pytest.mark.parametrize("settings", [RESNET, SHORT, BY_THE_BATCH, UNET_OF_000, RESNET_OF_003, SHORT_OF_001])
def test_export_onnx_can_leave_sizes_open(settings, finished, tmp_path):
    trained = load(finished(tiny_experiment(**settings)))
    assert export(trained, "onnx", tmp_path / "g.onnx", free=True) < 1e-5
    for shape in ((1, 16, 16), (3, 32, 48)):
        images = random_images(*shape)
        np.testing.assert_allclose(through_onnx(tmp_path / "g.onnx", images), as_trained(trained, images), atol=1e-5)
    [image] = onnx.load(tmp_path / "g.onnx").graph.input
    assert [side.dim_param or side.dim_value for side in image.type.tensor_type.shape.dim] == [
        "images",
        3,
        "height",
        "width",
    ]


def test_export_onnx_has_given_size_and_only_the_network_layers(finished, tmp_path):
    trained = load(finished(tiny_experiment(**RESNET)))
    export(trained, "onnx", tmp_path / "g.onnx", height=24, width=16)
    images = random_images(1, 24, 16)
    np.testing.assert_allclose(through_onnx(tmp_path / "g.onnx", images), as_trained(trained, images), atol=1e-5)
    model = onnx.load(tmp_path / "g.onnx")
    onnx.checker.check_model(model)
    [image] = model.graph.input
    assert [side.dim_value for side in image.type.tensor_type.shape.dim] == [1, 3, 24, 16]
    assert {(entry.key, entry.value) for entry in model.metadata_props} >= {("direction", "b_to_a")}
    kinds = [node.op_type for node in model.graph.node]
    layers = [type(layer) for layer in exporting.plain(generator_of(trained.experiment)).modules()]
    assert kinds.count("Conv") == layers.count(nn.Conv2d) == 16
    assert kinds.count("ConvTranspose") == layers.count(nn.ConvTranspose2d) == 2
    assert kinds.count("InstanceNormalization") == layers.count(nn.InstanceNorm2d)
    assert "MatMul" not in kinds and "Gemm" not in kinds
    weights = sum(value.numel() for value in trained.weights.values()) * 4
    assert (tmp_path / "g.onnx").stat().st_size < weights + 200_000


def test_export_never_leaves_file_with_other_outputs(finished, tmp_path, monkeypatch):
    trained = load(finished(tiny_experiment()))
    plain = exporting.plain

    def perturbed(network):
        next(p for p in network.parameters() if p.ndim == 4).data += 0.01
        return plain(network)

    monkeypatch.setattr(exporting, "plain", perturbed)
    with pytest.raises(UserError, match=r"PyTorch's by 0\.\d+, more than 0.0001"):
        export(trained, "torchscript", tmp_path / "g.pt")
    monkeypatch.setattr(exporting, "plain", lambda network: plain(network.apply(_spoil)))
    with pytest.raises(UserError, match="its output would differ from PyTorch's by nan"):
        export(trained, "torchscript", tmp_path / "g.pt")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def _spoil(layer):
    for parameter in layer.parameters(recurse=False):
        parameter.data.fill_(float("nan"))


@pytest.mark.parametrize("side", [{"height": 17}, {"width": 8}])
def test_export_refuses_sizes_that_do_not_fit(side, finished, tmp_path):
    with pytest.raises(UserError, match="multiples of 16, at least 16"):
        export(load(finished(tiny_experiment())), "onnx", tmp_path / "g.onnx", **side)


def test_export_does_not_overwrite_existing_file(finished, tmp_path):
    (tmp_path / "g.pt").write_bytes(b"mine")
    with pytest.raises(UserError, match="exists already"):
        export(load(finished(tiny_experiment())), "torchscript", tmp_path / "g.pt")
    assert (tmp_path / "g.pt").read_bytes() == b"mine"


@pytest.mark.parametrize("package", ["onnxruntime", "onnxscript"])
def test_export_names_missing_package_and_install_command(package, finished, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=f"{package} .*: pip install onnx onnxruntime onnxscript"):
        export(load(finished(tiny_experiment())), "onnx", tmp_path / "g.onnx")


def test_export_command_prints_valid_sides_and_difference(finished, pixcycle, tmp_path):
    run = finished(tiny_experiment(**RESNET))
    code, out, _ = pixcycle("export", "--run", run, "--format", "torchscript", "--output", tmp_path / "g.pt")
    assert code == 0
    assert out.startswith(f"{tmp_path / 'g.pt'}: b_to_a,") and "multiples of 4, at least 8;" in out
    assert float(out.split()[-1]) < 1e-5
    assert torch.jit.load(io.BytesIO((tmp_path / "g.pt").read_bytes()))
    both = ("--dynamic", "--height", "16")
    code, _, err = pixcycle("export", "--run", run, "--format", "onnx", "--output", tmp_path / "g.onnx", *both)
    assert code == 2
    assert err.startswith("pixcycle: --dynamic ") and err.endswith("--dynamic, or --height and --width\n")
