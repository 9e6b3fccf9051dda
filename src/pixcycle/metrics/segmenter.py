"""The network behind FCN-score, "our segmenter": trained on real pairs, asked about generated photos."""

import time
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import torch as safetensors
from torch import nn
from torch.nn.functional import cross_entropy

from pixcycle.data.batches import Batches, test_images, to_tensor, to_uint8
from pixcycle.engine import ranks
from pixcycle.engine.fabric import Fabric
from pixcycle.files import finished_folder, read_json, write_bytes, write_json
from pixcycle.metrics.segmentation import VOID, confusion, decode, scores
from pixcycle.models.weights import read_safetensors, refuse_misfits, refuse_not_finite
from pixcycle.schema import Segmenter
from pixcycle.training.progress import Progress

Classes = dict[str, tuple[int, int, int]]
Void = list[tuple[int, int, int]]


def train_segmenter(
    settings: Segmenter, classes: Classes, void: Void, prepared: Path, out: Path, fingerprint: str, seed: int = 0
) -> None:
    """Make the folder `out`: model.safetensors, and segmenter.json with what it was trained on and how good it is.

    `real` are its scores on the real test photos, which decide whether those of generated ones are shown.
    On one CPU the result depends on the arguments alone. Raises UserError for an unpaired dataset.
    """
    with finished_folder(out) as work:
        manifest = read_json(prepared / "manifest.json", "dataset", "spec", "splits")
        fabric = ranks.fabric()
        batches = Batches(
            prepared,
            "train",
            crop_size=manifest["spec"]["crop_size"],
            flip=True,
            paired=True,
            batch_size=settings.batch_size,
            seed=seed,
            device=fabric.device,
        )
        epochs = -(-settings.steps // len(batches))
        progress = Progress(f"segmenter of {manifest['dataset']}", epochs, len(batches), epochs_done=0)
        started = time.monotonic()
        torch.manual_seed(seed)
        network = fcn(settings.backbone, len(classes)).to(memory_format=torch.channels_last)
        seen = _train(network, settings, classes, void, batches, fabric, progress)
        seconds = time.monotonic() - started
        progress.finish(seconds)

        photos, labels, _, _ = test_images(prepared)
        real = fcn_score(photos, labels, classes, void, network, fabric.device)
        constant = np.full(labels.shape[:-1], seen.argmax(), np.uint8)
        guess = scores(confusion(decode(labels, classes.values(), void), constant, len(classes)))

        weights = {key: value.cpu().contiguous() for key, value in network.state_dict().items()}
        write_bytes(_weights(work), safetensors.save(weights))
        record = {
            "fingerprint": fingerprint,
            "classes": classes,
            "void": void,
            "settings": settings.model_dump(exclude={"min_accuracy"}),
            "seed": seed,
            "steps": settings.steps,
            "seconds": round(seconds, 2),
            "n_train": manifest["splits"]["train"]["A"]["n"],
            "n_test": len(photos),
            "real": real,
            "most_common_class_accuracy": guess["pixel_accuracy"],
        }
        write_json(_record(work), record)


def load_segmenter(folder: Path) -> tuple[nn.Module, dict[str, Any]]:
    """The trained network, in evaluation mode on the CPU, and its segmenter.json."""
    record = read_json(_record(folder), "settings", "classes")
    network = fcn(record["settings"]["backbone"], len(record["classes"]))
    weights = read_safetensors(_weights(folder))
    refuse_misfits(_weights(folder), weights, network)
    refuse_not_finite(_weights(folder), weights)
    network.load_state_dict(weights)
    return network.eval().requires_grad_(False), record


def segment(
    network: nn.Module, photos: np.ndarray, device: torch.device | str = "cpu", batch_size: int = 16
) -> np.ndarray:
    """The most probable class of each pixel: uint8 (N, H, W, 3), maybe memory-mapped, to uint8 (N, H, W)."""
    network = network.to(device).eval()
    found = []
    with torch.inference_mode():
        for start in range(0, len(photos), batch_size):
            logits = network(to_tensor(photos[start : start + batch_size], device))["out"]
            found.append(logits.argmax(dim=1).to(torch.uint8).cpu().numpy())
    return np.concatenate(found)


def fcn_score(
    images: np.ndarray,
    labels: np.ndarray,
    classes: Classes,
    void: Void,
    network: nn.Module | None = None,
    device: torch.device | str = "cpu",
) -> dict[str, float]:
    """The three `scores` of images against the real label maps of the same places (report 004).

    images: uint8 (N, H, W, 3): photos, which `network` segments; without a network, label maps, read by their colours.
    labels: uint8 (N, H, W, 3).
    """
    found = decode(images, classes.values(), void) if network is None else segment(network, images, device)
    return scores(confusion(decode(labels, classes.values(), void), found, len(classes)))


def fcn(backbone: str, classes: int) -> nn.Module:
    """torchvision's FCN with random weights, and one answer for every 8x8 pixels, enlarged to the image's size.

    Its ResNet-18 cannot be dilated as its ResNet-50 is, so that it ends where its output stride is 8: with layer2.
    """
    # Late: torchvision takes as long to import as torch, and only data with classes need it.
    from torchvision.models import resnet18
    from torchvision.models._utils import IntermediateLayerGetter
    from torchvision.models.segmentation import FCN, fcn_resnet50
    from torchvision.models.segmentation.fcn import FCNHead

    if backbone == "resnet50":
        return fcn_resnet50(weights=None, weights_backbone=None, num_classes=classes, aux_loss=None)
    layers = IntermediateLayerGetter(resnet18(weights=None), {"layer2": "out"})
    return FCN(layers, FCNHead(128, classes))


def _train(
    network: nn.Module,
    settings: Segmenter,
    classes: Classes,
    void: Void,
    batches: Batches,
    fabric: Fabric,
    progress: Progress,
) -> np.ndarray:
    """Cross entropy, Adam, a learning rate that falls linearly to 0; returns how many pixels of each class it saw."""
    network.train()
    wrapped = fabric.setup_module(network)
    adam = torch.optim.Adam(network.parameters(), lr=settings.lr, fused=True)
    optimiser = fabric.setup_optimizers(adam)
    schedule = torch.optim.lr_scheduler.PolynomialLR(adam, settings.steps)
    seen = np.zeros(len(classes), np.int64)
    endless = chain.from_iterable(map(batches.epoch, count()))
    for step, (photos, labels) in enumerate(islice(endless, settings.steps)):
        # Labels pass through the same crops and flips as photos do, which mix no colours, and are read after them.
        truth = decode(to_uint8(labels), classes.values(), void)
        seen += np.bincount(truth.ravel(), minlength=VOID + 1)[: len(classes)]
        logits = wrapped(photos)["out"]
        loss = cross_entropy(logits, torch.from_numpy(truth).long().to(fabric.device), ignore_index=VOID)
        optimiser.zero_grad()
        fabric.backward(loss)
        optimiser.step()
        schedule.step()
        progress.show(*divmod(step, len(batches)), {}, settings.batch_size)
    return seen


def _weights(folder: Path) -> Path:
    return folder / "model.safetensors"


def _record(folder: Path) -> Path:
    return folder / "segmenter.json"
