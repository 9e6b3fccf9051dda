import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from pixcycle.base.errors import UserError
from pixcycle.models.foreign import load_foreign
from pixcycle.models.patchgan import PatchGAN
from pixcycle.models.resnet import ResnetGenerator


@pytest.fixture
def published(authors_shapes):
    """Return a state dict as the authors' code saves it, with random values and 2 filters."""

    def state(generator, norm="batch"):
        random = torch.Generator().manual_seed(0)
        return {key: torch.randn(shape, generator=random) for key, shape in authors_shapes(generator, 2, norm).items()}

    return state


@pytest.fixture
def path(tmp_path):
    return tmp_path / "latest_net_G.pth"


def assert_loaded(foreign, weights):
    loaded = foreign.network.state_dict()
    assert all(torch.equal(loaded[key], value.to(loaded[key])) for key, value in weights.items())


@pytest.mark.parametrize("generator", ["unet_128", "unet_256", "resnet_6blocks", "resnet_9blocks"])
@pytest.mark.parametrize("zipped", [True, False])
def test_load_foreign_reads_new_and_old_file_formats(published, path, generator, zipped):
    weights = published(generator)
    torch.save(weights, path, _use_new_zipfile_serialization=zipped)
    foreign = load_foreign(path, generator, filters=2)
    assert foreign.network.state_dict().keys() == weights.keys()
    assert_loaded(foreign, weights)


def test_load_foreign_reads_weights_saved_from_data_parallel(published, path):
    weights = published("unet_128")
    torch.save({f"module.{key}": value for key, value in weights.items()}, path)
    assert_loaded(load_foreign(path, "unet_128", filters=2), weights)


def test_load_foreign_ignores_old_instance_norm_statistics(published, path):
    weights = published("resnet_9blocks")
    statistics = {"model.2.running_mean": torch.ones(2), "model.2.running_var": torch.ones(2)}
    statistics["model.10.conv_block.2.num_batches_tracked"] = torch.tensor(7)
    torch.save(weights | statistics, path)
    assert_loaded(load_foreign(path, "resnet_9blocks", filters=2), weights)


def test_load_foreign_reads_batch_norm_without_counter(published, path):
    weights = {k: v for k, v in published("unet_256").items() if not k.endswith("num_batches_tracked")}
    torch.save(weights, path)
    assert_loaded(load_foreign(path, "unet_256", filters=2), weights)


def test_load_foreign_reads_weights_of_another_norm_if_named(published, path):
    weights = published("unet_128", norm="instance")
    torch.save(weights, path)
    assert_loaded(load_foreign(path, "unet_128", norm="instance", filters=2), weights)


def test_load_foreign_keeps_dropout_of_pix2pix_and_none_of_cyclegan(published, path):
    for generator, dropouts in (("unet_256", 3), ("resnet_9blocks", 0)):
        torch.save(published(generator), path)
        network = load_foreign(path, generator, filters=2).network
        assert sum(isinstance(m, torch.nn.Dropout) for m in network.modules()) == dropouts


class Hostile:
    """Object that creates a file when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


def refusal(path, generator="unet_256", **options):
    with pytest.raises(UserError) as error:
        load_foreign(path, generator, **options)
    message = str(error.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("with_torch", [True, False])
def test_load_foreign_rejects_pickled_code_without_running_it(path, tmp_path, with_torch):
    marker = tmp_path / "executed"
    content = {"model.model.0.weight": torch.zeros(1), "extra": Hostile(marker)}
    if with_torch:
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content, protocol=2))
    assert refusal(path).startswith(f"{path}: damaged, or contains Python objects")
    assert not marker.exists()
    torch.load(path, weights_only=False) if with_torch else pickle.loads(path.read_bytes())
    assert marker.exists(), "the file must have been dangerous"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ([torch.zeros(1)], "found list of 1 entries"),
        (torch.zeros(3), "found Tensor"),
        ({}, "found dict of 0 entries"),
        ({"epoch": 3}, "found int under 'epoch'"),
        ({"netG": {"a": torch.zeros(1)}}, "found dict of 1 entries under 'netG'"),
    ],
)
def test_load_foreign_rejects_anything_but_a_flat_dict_of_tensors(path, content, found):
    torch.save(content, path)
    message = refusal(path)
    assert message.startswith(f"{path}: expected a flat dict of tensors") and message.endswith(f"; {found}")


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><html>404</html>", bytes(range(256)) * 8])
def test_load_foreign_rejects_files_of_other_formats(path, content):
    path.write_bytes(content)
    assert "expected only tensors" in refusal(path)


@pytest.mark.parametrize("zipped", [True, False])
def test_load_foreign_rejects_truncated_file(published, path, zipped):
    torch.save(published("unet_128"), path, _use_new_zipfile_serialization=zipped)
    path.write_bytes(path.read_bytes()[:-2000])
    assert "damaged" in refusal(path, "unet_128", filters=2)


def test_load_foreign_names_missing_file_and_unknown_generator(path):
    assert refusal(path).startswith(f"{path}: ")
    assert refusal(path, "unet_512").endswith("'unet_512'; known: unet_128, unet_256, resnet_6blocks, resnet_9blocks")


@pytest.mark.parametrize(
    ("saved", "requested", "options", "fitting"),
    [
        ("resnet_9blocks", "unet_256", {}, "resnet_9blocks with instance norm, 2 filters"),
        ("unet_128", "unet_256", {"filters": 2}, "unet_128 with batch norm, 2 filters"),
        ("resnet_6blocks", "resnet_9blocks", {"filters": 2}, "resnet_6blocks with instance norm, 2 filters"),
        ("unet_256", "unet_256", {"filters": 4}, "unet_256 with batch norm, 2 filters"),
        ("unet_256", "unet_256", {"filters": 2, "norm": "instance"}, "unet_256 with batch norm, 2 filters"),
    ],
)
def test_load_foreign_names_the_generator_that_fits_the_weights(published, path, saved, requested, options, fitting):
    torch.save(published(saved), path)
    message = refusal(path, requested, **options)
    assert message.startswith(f"{path}: not the weights of {requested} with ")
    assert message.endswith(f"; they fit {fitting}")


def test_load_foreign_recognises_resnet_trained_with_dropout(published, path):
    published_keys = published("resnet_6blocks")
    weights = {key.replace("conv_block.5", "conv_block.6"): value for key, value in published_keys.items()}
    torch.save(weights, path)
    message = refusal(path, "resnet_6blocks", dropout=False)
    assert message.endswith("resnet_6blocks with instance norm, 2 filters and dropout")
    for given in ({"dropout": True, "filters": 2}, {}):
        foreign = load_foreign(path, "resnet_6blocks", **given)
        assert_loaded(foreign, weights)
        assert foreign.settings["dropout"]


def test_load_foreign_lists_keys_and_shapes_if_no_generator_fits(published, path):
    weights = published("resnet_9blocks")
    weights["model.1.weight"] = torch.zeros(2, 1, 7, 7)
    weights["extra.weight"] = torch.zeros(1)
    for block in (10, 11):
        del weights[f"model.{block}.conv_block.1.weight"], weights[f"model.{block}.conv_block.1.bias"]
    torch.save(weights, path)
    message = refusal(path, "resnet_9blocks", filters=2)
    assert message.startswith(f"{path}: not the weights of resnet_9blocks with instance norm, 2 filters; ")
    missing = [f"model.{key}" for key in ("10.conv_block.1.weight", "10.conv_block.1.bias", "11.conv_block.1.weight")]
    assert f"missing: {', '.join(missing)} and 1 more; unexpected: extra.weight; " in message
    assert message.endswith("model.1.weight (2, 1, 7, 7) instead of (2, 3, 7, 7)")


@pytest.mark.parametrize(
    ("generator", "norm"),
    [
        ("unet_128", "batch"),
        ("unet_256", "batch"),
        ("unet_256", "instance"),
        ("resnet_6blocks", "instance"),
        ("resnet_9blocks", "instance"),
    ],
)
def test_load_foreign_recognises_generator_norm_and_filters(published, path, generator, norm):
    weights = published(generator, norm=norm)
    torch.save(weights, path)
    foreign = load_foreign(path)
    assert_loaded(foreign, weights)
    assert str(foreign) == f"{generator} with {norm} norm, 2 filters"


def test_load_foreign_recognises_resnet_with_batch_norm(path):
    weights = ResnetGenerator(filters=2, blocks=6, norm="batch").state_dict()
    torch.save(weights, path)
    foreign = load_foreign(path)
    assert_loaded(foreign, weights)
    assert str(foreign) == "resnet_6blocks with batch norm, 2 filters"


def test_load_foreign_reads_what_import_weights_wrote(published, path):
    weights = published("resnet_6blocks")
    save_file(weights, path.with_suffix(".safetensors"))
    assert_loaded(load_foreign(path.with_suffix(".safetensors")), weights)


@pytest.mark.parametrize("generator", ["resnet_9blocks", None])
@pytest.mark.parametrize(("in_channels", "patch"), [(3, 70), (6, 70), (6, 286), (3, 16), (6, 1)])
def test_load_foreign_calls_a_discriminator_one(path, generator, in_channels, patch):
    torch.save(PatchGAN(in_channels, patch, filters=4).state_dict(), path)
    assert refusal(path, generator).startswith(f"{path}: the weights of a discriminator, which translates nothing; ")
