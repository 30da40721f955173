"""What the decoding benchmark decodes: a CNN-RNN trained on label lists, as good as the paper's.

Features stand for images: the sum of one random vector a label, plus noise. With COCO's label
lists the network reaches an O-F1 of 0.67 on them (the paper on COCO: 0.678): how sure a network is
decides how many prefixes its beams visit, and with it the speed. Trained networks are kept on disk.
"""

import hashlib
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import platformdirs
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from benchmarks.speed.label_lists import label_lists
from cnn_rnn.losses import path_cross_entropy
from cnn_rnn.network import CNNRNN

_LOGGER = logging.getLogger(__name__)

FEATURE_DIM = 256
NOISE = 5.5  # a label vector's length is 16; measured, see above
LONGEST_PATH = 12
TRAIN_STEPS = 400  # 17 s of one core for K = 80
BATCH_SIZE = 256
LEARNING_RATE = 2e-3


@dataclass(frozen=True)
class Workload:
    """A trained network and images that it has not seen."""

    network: CNNRNN
    features: Tensor  # (n, F)
    source: str


def build_workload(
    num_labels: int,
    num_images: int,
    joint_activation: Literal["identity", "relu"] = "identity",
    train_steps: int = TRAIN_STEPS,
    hidden_dim: int = 512,
    seed: int = 0,
) -> Workload:
    """Train on label lists, then make features of ``num_images`` further ones."""
    generator = torch.Generator().manual_seed(seed)
    batches = train_steps * BATCH_SIZE
    targets, source = label_lists(num_labels, num_images + batches, generator)
    vectors = torch.randn(num_labels, FEATURE_DIM, generator=generator)
    features = _features(targets[:num_images], vectors, generator)
    torch.manual_seed(seed)
    network = CNNRNN(
        num_labels,
        FEATURE_DIM,
        hidden_dim=hidden_dim,
        joint_activation=joint_activation,
        dropout=0.0,
        label_scale=0.3,
    )
    sizes = [num_labels, num_images, train_steps, hidden_dim, FEATURE_DIM]
    recipe = [source, *sizes, joint_activation, seed, NOISE]
    kept = _kept_file([*recipe, LONGEST_PATH, BATCH_SIZE, LEARNING_RATE, torch.__version__])
    if kept.is_file():
        network.load_state_dict(load_file(kept))
    else:
        _LOGGER.info("training the network of %s", kept)
        _train(network, targets[num_images:], vectors, generator)
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}")
        save_file(network.state_dict(), part)
        os.replace(part, kept)
    network.eval().requires_grad_(False)
    return Workload(network, features, source)


def _features(targets: Tensor, vectors: Tensor, generator: torch.Generator) -> Tensor:
    features = targets.float() @ vectors
    return features + NOISE * torch.randn(features.shape, generator=generator)


def _kept_file(recipe: list[object]) -> Path:
    home = os.environ.get("CNN_RNN_HOME")
    folder = Path(home) if home else platformdirs.user_cache_path("cnn-rnn")
    key = hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:20]
    return folder / "speed" / f"{key}.safetensors"


@torch.enable_grad()
def _train(network: CNNRNN, targets: Tensor, vectors: Tensor, generator: torch.Generator) -> None:
    parts = torch.split(targets, BATCH_SIZE)
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=0.0)
    if not parts[0].shape[0]:
        return
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=len(parts))
    for part in parts:
        # The labels are in the order of frequency already: a path is its row from left to right.
        order = torch.where(part, torch.arange(part.shape[1]), part.shape[1]).sort(dim=1).values
        paths = order[:, :LONGEST_PATH]
        paths = paths.masked_fill(paths == part.shape[1], -1)
        optimizer.zero_grad()
        log_probs = network(_features(part, vectors, generator), paths)
        path_cross_entropy(log_probs, paths).backward()  # type: ignore[no-untyped-call]  # torch's
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
