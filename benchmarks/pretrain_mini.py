"""Trains the mini VGG16 on pictures of single objects: `python -m benchmarks.pretrain_mini`.

What ImageNet is to VGG16 (section 4), these pictures are to the narrow one: drawn from seeds of
their own, never from mini-COCO's scenes or labels. The packaged weights came from the defaults.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import math
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.vgg import VGG
from tqdm import tqdm

import cnn_rnn
from cnn_rnn.backbone_bodies import mini_vgg16
from cnn_rnn.backbones import IMAGENET_MEAN, IMAGENET_STD, build_backbone
from data_modules.mini import CLASS_NAMES, single_object_pictures
from data_modules.mini.coco import GENERATOR_VERSION

logger = logging.getLogger("benchmarks.pretrain_mini")

PACKAGED = Path(cnn_rnn.__file__).parent / "weights" / "vgg16_mini.safetensors"
# Held-out pictures have indices that no training set reaches.
HELD_OUT_START = 10_000_000
_DRAWN_AT_ONCE = 2000


@dataclass(frozen=True)
class Recipe:
    """How the weights are trained.

    The optimiser's settings were seen to work for a plain VGG16 without batch normalisation;
    PyTorch's default initialisation stays at chance.

    Attributes:
        num_pictures: drawn for the first cycle; each further cycle has twice as many new ones.
        cycles: trainings one after the other, each with a new classifier and a schedule of its own
            on the layers of the one before. After the first one the loss has only begun to fall.
        num_held_out: drawn for the accuracy.
        epochs: passes over the pictures of a cycle.
        batch_size: pictures a step.
        learning_rate: Adam's, after the warm-up; falls as a cosine.
        warmup_steps: from 0 to the learning rate.
        clip_norm: of the gradient.
        image_size: side in pixels.
        seed: of the pictures, the initialisation, the order and the dropout.
    """

    num_pictures: int = 32_000
    cycles: int = 2
    num_held_out: int = 2_000
    epochs: int = 4
    batch_size: int = 64
    learning_rate: float = 7e-4
    warmup_steps: int = 200
    clip_norm: float = 5.0
    image_size: int = 96
    seed: int = 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the mini VGG16 and write its weights with a record of how they came about."""
    defaults = Recipe()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pretrain_mini", description=main.__doc__, allow_abbrev=False
    )
    parser.add_argument("--out", type=Path, default=PACKAGED, help="the .safetensors file")
    for name, value in asdict(defaults).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    options = vars(parser.parse_args(arguments))
    out: Path = options.pop("out")
    recipe = Recipe(**options)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    model = train(recipe)
    record = write(model, recipe, out)
    logger.info("held-out accuracy %.1f%%; wrote %s", 100 * record["accuracy"], out)


def pictures(recipe: Recipe, start: int, count: int, title: str) -> tuple[Tensor, Tensor]:
    """Pictures `start` to `start + count - 1` of the recipe's seed.

    Returns:
        (count, 3, H, W) uint8, channels last in memory, and (count,) int64.
    """
    size = recipe.image_size
    images = torch.empty(
        (count, 3, size, size), dtype=torch.uint8, memory_format=torch.channels_last
    )
    labels = torch.empty(count, dtype=torch.int64)
    with tqdm(total=count, desc=title, unit="picture") as bar:
        for first in range(0, count, _DRAWN_AT_ONCE):
            last = min(first + _DRAWN_AT_ONCE, count)
            drawn, classes = single_object_pictures(recipe.seed, start + first, last - first, size)
            images[first:last] = torch.from_numpy(drawn).permute(0, 3, 1, 2)
            labels[first:last] = torch.from_numpy(classes)
            bar.update(last - first)
    return images, labels


def initialise(model: VGG, seed: int) -> None:
    """Kaiming's normal initialisation by fan-in, zero biases, a small last layer."""
    torch.manual_seed(seed)
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    head = model.classifier[-1]
    assert isinstance(head, nn.Linear)
    nn.init.normal_(head.weight, std=0.01)


def train(recipe: Recipe) -> VGG:
    """The trained network, with its last classifier, in evaluation mode."""
    model = mini_vgg16(num_classes=len(CLASS_NAMES)).to(memory_format=torch.channels_last)
    start, count = 0, recipe.num_pictures
    for cycle in range(recipe.cycles):
        trained = {key: value.clone() for key, value in _layers(model).items()}
        initialise(model, recipe.seed + cycle)
        if cycle > 0:
            model.load_state_dict(trained, strict=False)
        _train_cycle(model, recipe, *pictures(recipe, start, count, f"drawing {cycle + 1}"))
        start, count = start + count, 2 * count
    return model.eval()


def _layers(model: VGG) -> dict[str, Tensor]:
    """What is kept of a network: everything but the classifier."""
    kept = build_backbone("vgg16_mini").body.state_dict()
    return {key: value for key, value in model.state_dict().items() if key in kept}


def _train_cycle(model: VGG, recipe: Recipe, images: Tensor, labels: Tensor) -> None:
    total = math.ceil(len(images) / recipe.batch_size) * recipe.epochs
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: _rate(step, total, recipe.warmup_steps)
    )
    model.train()
    with tqdm(total=total, desc="training", unit="step") as bar:
        for _ in range(recipe.epochs):
            for rows in torch.split(torch.randperm(len(images)), recipe.batch_size):
                loss = F.cross_entropy(model(normalise(images[rows])), labels[rows])
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]  # torch's own
                nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm)
                optimizer.step()
                schedule.step()
                bar.set_postfix(loss=f"{loss.item():.2f}", refresh=False)
                bar.update()


def _rate(step: int, total: int, warmup: int) -> float:
    """The learning rate at a step as a part of its peak: linear warm-up, then a cosine to 0."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(total - warmup, 1)))


def normalise(images: Tensor) -> Tensor:
    """As the backbone does: (B, 3, H, W) uint8 -> float, by ImageNet's mean and deviation."""
    mean = torch.tensor(IMAGENET_MEAN).view(3, 1, 1)
    std = torch.tensor(IMAGENET_STD).view(3, 1, 1)
    return (images.float().div(255) - mean) / std


def write(model: VGG, recipe: Recipe, out: Path) -> dict[str, Any]:
    """Writes all layers up to fc7 in half precision, and beside it a record as JSON.

    The accuracy in the record is that of the *written* weights, read back as any user reads them,
    below the classifier of the training, which is not kept.

    Returns:
        The record.
    """
    state = _layers(model)
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: value.half().contiguous() for key, value in state.items()}, out)
    record = {
        "command": "python -m benchmarks.pretrain_mini",
        "recipe": asdict(recipe),
        "pictures": {"generator": GENERATOR_VERSION, "categories": len(CLASS_NAMES)},
        "accuracy": accuracy(model, recipe, out),
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in ("torch", "torchvision", "pillow")},
        },
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
    }
    text = json.dumps(record, indent=2) + "\n"
    out.with_suffix(".json").write_text(text, encoding="utf-8")
    return record


def accuracy(model: VGG, recipe: Recipe, weights: Path) -> float:
    """Top-1 accuracy on held-out pictures of the written backbone below `model`'s classifier."""
    backbone = build_backbone("vgg16_mini", str(weights))
    images, labels = pictures(recipe, HELD_OUT_START, recipe.num_held_out, "held-out")
    right = 0
    with torch.inference_mode():
        for rows in torch.split(torch.arange(len(images)), recipe.batch_size):
            guess = model.classifier[-1](backbone(images[rows])).argmax(dim=1)
            right += int((guess == labels[rows]).sum())
    return right / len(images)


if __name__ == "__main__":
    main()
