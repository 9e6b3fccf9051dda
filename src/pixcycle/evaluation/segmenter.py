"""The segmentation network behind FCN-score, "our segmenter": trained on real pairs, applied to generated photos."""

import time
from itertools import chain, count, islice
from pathlib import Path

import numpy as np
import torch
from safetensors import torch as safetensors
from torch import nn
from torch.nn.functional import cross_entropy

from pixcycle.base.checksums import write_checksums
from pixcycle.base.files import finished_folder, write_bytes
from pixcycle.base.progress import Progress
from pixcycle.data.batches import Batches, test_images, to_tensor, to_uint8
from pixcycle.machine import ranks
from pixcycle.machine.fabric import Fabric
from pixcycle.metrics.metric import Colour
from pixcycle.metrics.segmentation import VOID, confusion, decode, fcn_score, scores
from pixcycle.models.weights import read_safetensors, refuse_misfits, refuse_not_finite
from pixcycle.params.schema import Segmenter
from pixcycle.records.manifest import read_manifest
from pixcycle.records.metrics import SegmenterRecord

Classes = dict[str, Colour]
Void = list[Colour]


def train_segmenter(
    settings: Segmenter, classes: Classes, void: Void, prepared: Path, out: Path, fingerprint: str, seed: int = 0
) -> None:
    """Train a segmenter and write it to the folder `out`, as model.safetensors and segmenter.json.

    segmenter.json records what the network was trained on, and its scores. Those under `real`, on the real test photos,
    decide whether scores of generated photos are shown. On one CPU the result depends on the arguments alone.

    Raises
    ------
    UserError
        If the dataset is unpaired.
    """
    with finished_folder(out) as work:
        manifest = read_manifest(prepared)
        fabric = ranks.fabric()
        batches = Batches(
            prepared,
            "train",
            crop_size=manifest.spec.crop_size,
            flip=True,
            paired=True,
            batch_size=settings.batch_size,
            seed=seed,
            device=fabric.device,
        )
        epochs = -(-settings.steps // len(batches))
        progress = Progress(f"segmenter of {manifest.dataset}", epochs, len(batches), epochs_done=0)
        started = time.monotonic()
        torch.manual_seed(seed)
        network = fcn(settings.backbone, len(classes)).to(memory_format=torch.channels_last)
        class_pixels = _train(network, settings, classes, void, batches, fabric, progress)
        seconds = time.monotonic() - started
        progress.finish(seconds)

        photos, labels, _, _ = test_images(prepared)
        real = fcn_score(photos, labels, classes, void, lambda images: segment(network, images, fabric.device))
        constant = np.full(labels.shape[:-1], class_pixels.argmax(), np.uint8)
        baseline = scores(confusion(decode(labels, classes.values(), void), constant, len(classes)))

        weights = {key: value.cpu().contiguous() for key, value in network.state_dict().items()}
        write_bytes(_weights(work), safetensors.save(weights))
        record = SegmenterRecord(
            fingerprint=fingerprint,
            classes=classes,
            void=void,
            settings=settings.model_dump(exclude={"min_accuracy"}),
            seed=seed,
            steps=settings.steps,
            seconds=round(seconds, 2),
            n_train=manifest.splits["train"]["A"].n,
            n_test=len(photos),
            images_sha256=manifest.sha256("train"),
            real=real,
            most_common_class_accuracy=baseline["pixel_accuracy"],
        )
        record.write(_record(work))
        write_checksums(work, _record(work).name)


def load_segmenter(folder: Path) -> tuple[nn.Module, SegmenterRecord]:
    """Return the trained network, in evaluation mode on the CPU, and the content of its segmenter.json."""
    record = SegmenterRecord.read(_record(folder))
    network = fcn(record.settings["backbone"], len(record.classes))
    weights = read_safetensors(_weights(folder))
    refuse_misfits(_weights(folder), weights, network)
    refuse_not_finite(_weights(folder), weights)
    network.load_state_dict(weights)
    return network.eval().requires_grad_(False), record


def segment(
    network: nn.Module, photos: np.ndarray, device: torch.device | str = "cpu", batch_size: int = 16
) -> np.ndarray:
    """Return the most probable class of each pixel, uint8 (N, H, W).

    Parameters
    ----------
    photos
        uint8 (N, H, W, 3); may be memory-mapped.
    """
    network = network.to(device).eval()
    classes = []
    with torch.inference_mode():
        for start in range(0, len(photos), batch_size):
            logits = network(to_tensor(photos[start : start + batch_size], device))["out"]
            classes.append(logits.argmax(dim=1).to(torch.uint8).cpu().numpy())
    return np.concatenate(classes)


def fcn(backbone: str, classes: int) -> nn.Module:
    """Return torchvision's FCN with random weights: one prediction per 8x8 pixels, enlarged to the image's size.

    torchvision's ResNet-18 cannot be dilated like its ResNet-50, so it ends where its output stride is 8: after layer2.
    """
    # Imported late: torchvision takes as long to import as torch, and only datasets with classes need it.
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
    """Train with cross entropy and Adam, the learning rate falling linearly to 0; return the pixels seen per class."""
    network.train()
    wrapped = fabric.setup_module(network)
    adam = torch.optim.Adam(network.parameters(), lr=settings.lr, fused=True)
    optimiser = fabric.setup_optimizers(adam)
    schedule = torch.optim.lr_scheduler.PolynomialLR(adam, settings.steps)
    class_pixels = np.zeros(len(classes), np.int64)
    endless = chain.from_iterable(map(batches.epoch, count()))
    for step, (photos, labels) in enumerate(islice(endless, settings.steps)):
        # Labels are decoded after the crops and flips that they share with the photos, as these mix no colours.
        truth = decode(to_uint8(labels), classes.values(), void)
        class_pixels += np.bincount(truth.ravel(), minlength=VOID + 1)[: len(classes)]
        logits = wrapped(photos)["out"]
        loss = cross_entropy(logits, torch.from_numpy(truth).long().to(fabric.device), ignore_index=VOID)
        optimiser.zero_grad()
        fabric.backward(loss)
        optimiser.step()
        schedule.step()
        progress.show(*divmod(step, len(batches)), {}, settings.batch_size)
    return class_pixels


def _weights(folder: Path) -> Path:
    return folder / "model.safetensors"


def _record(folder: Path) -> Path:
    return folder / "segmenter.json"
