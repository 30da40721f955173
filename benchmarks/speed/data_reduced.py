"""Decoding JPEG at half size: the decoder leaves out the finest frequencies of each block.

It is faster and gives other pixels, so it is no part of the comparison at equal outputs. What it
does to mAP is seen on real photos: a linear classifier on frozen MobileNetV2 features, trained and
tested on whole decoding and on halved decoding.
"""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms.v2.functional import pil_to_tensor

from cnn_rnn.backbones import BackboneSpec
from cnn_rnn.metrics.functional import average_precision
from data_modules import VOC2007DataModule
from data_modules.images import read_image
from data_modules.transforms import evaluation_transform

Reader = Callable[[Path], Tensor]

WEIGHTS = Path("weights") / "mobilenet_v2_tfslim_dequant.pth"


def read_half(path: Path) -> Tensor:
    """(3, H/2, W/2) uint8 of a JPEG file."""
    with Image.open(path) as image:
        image.draft("RGB", (max(1, image.width // 2), max(1, image.height // 2)))
        pixels: Tensor = pil_to_tensor(image.convert("RGB"))
        return pixels


def milliseconds(function: Callable[[Any], object], inputs: Sequence[Any]) -> float:
    """Processor time an input, in this thread: the best of three passes."""
    passes = []
    for _ in range(3):
        start = time.thread_time()
        for one in inputs:
            function(one)
        passes.append(time.thread_time() - start)
    return min(passes) / len(inputs) * 1000


def compare_reduced(files: Sequence[Path], size: int) -> dict[str, Any]:
    """Speed of reading and resizing, and mAP where there are real photos and weights."""
    transform = evaluation_transform(size)
    whole = milliseconds(lambda file: transform(read_image(file)), files)
    half = milliseconds(lambda file: transform(read_half(file)), files)
    result: dict[str, Any] = {
        "ms_whole": round(whole, 3),
        "ms_half": round(half, 3),
        "ratio": round(whole / half, 2),
    }
    named = os.environ.get("CNN_RNN_REAL_DATA")
    if named and (Path(named) / WEIGHTS).is_file():
        result |= map_of_readers(Path(named), size, {"whole": read_image, "half": read_half})
    else:
        result["map"] = "not measured: set CNN_RNN_REAL_DATA to real photos and weights"
    return result


def map_of_readers(root: Path, size: int, readers: dict[str, Reader]) -> dict[str, Any]:
    """MAP (all points) of `devtest` in every combination of reading in training and in the test."""
    data = VOC2007DataModule(root / "voc2007", train_split="devtrain", test_split="devtest")
    spec = BackboneSpec(
        "mobilenet_v2", str(root / WEIGHTS), (0.5,) * 3, (0.5,) * 3, padding="tensorflow"
    )
    backbone = spec.build()
    train, test = data.dataset("devtrain"), data.dataset("devtest")
    features = {
        name: [_features(backbone, split.image_paths, reader, size) for split in (train, test)]
        for name, reader in readers.items()
    }
    result = {}
    for trained, (train_features, _) in features.items():
        classifier = _fit_linear(train_features, train.targets, ~train.ignored)
        for tested, (_, test_features) in features.items():
            with torch.no_grad():
                scores = classifier(test_features)
            precisions = average_precision(scores, test.targets, test.ignored)
            result[f"map_train_{trained}_test_{tested}"] = round(float(precisions.mean()), 4)
    return result


@torch.no_grad()
def _features(backbone: nn.Module, files: Sequence[Path], reader: Reader, size: int) -> Tensor:
    transform = evaluation_transform(size)
    parts = []
    for start in range(0, len(files), 50):
        images = torch.stack([transform(reader(file)) for file in files[start : start + 50]])
        parts.append(backbone(images))
    return torch.cat(parts)


def _fit_linear(features: Tensor, targets: Tensor, counted: Tensor) -> nn.Linear:
    """A linear layer under binary cross-entropy; ignored labels are not counted."""
    torch.manual_seed(0)
    layer = nn.Linear(features.shape[1], targets.shape[1])
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        errors = nn.functional.binary_cross_entropy_with_logits(
            layer(features), targets.float(), reduction="none"
        )
        # The weight is chosen once and is the same for every reader.
        value = (errors * counted).mean() + 1e-4 * layer.weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]  # torch's own
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]  # torch's own
    return layer
