"""What the decoding benchmark decodes: a CNN-RNN trained for a while on label lists.

Features stand for images: the sum of one random vector a label, plus noise. With
``$CNN_RNN_REAL_DATA`` the 80-label lists are those of COCO train2014; all others are drawn from
scenes with a long tail, at COCO's mean of 2.9 labels an image.
"""

import gzip
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from cnn_rnn.network import CNNRNN

FEATURE_DIM = 256
NOISE = 4.0  # a quarter of a label vector's length: most labels are seen, some are not
MEAN_LABELS = 2.9
LONGEST_PATH = 12
NUM_SCENES = 12


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
    train_steps: int = 150,
    hidden_dim: int = 512,
    seed: int = 0,
) -> Workload:
    """Train on label lists, then make features of ``num_images`` further ones."""
    generator = torch.Generator().manual_seed(seed)
    batch_size = 256
    count = num_images + batch_size * train_steps
    real = _coco_lists(count, generator) if num_labels == 80 else None
    targets = _drawn_lists(num_labels, count, generator) if real is None else real
    order = targets.sum(dim=0).argsort(descending=True, stable=True)
    targets = targets[:, order]
    features = targets.float() @ torch.randn(num_labels, FEATURE_DIM, generator=generator)
    features += NOISE * torch.randn(features.shape, generator=generator)

    torch.manual_seed(seed)
    network = CNNRNN(
        num_labels,
        FEATURE_DIM,
        hidden_dim=hidden_dim,
        joint_activation=joint_activation,
        dropout=0.0,
        label_scale=0.3,
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    for step in range(train_steps):
        rows = slice(num_images + batch_size * step, num_images + batch_size * (step + 1))
        optimizer.zero_grad()
        _path_loss(network, features[rows], targets[rows]).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    network.eval().requires_grad_(False)
    source = "drawn label lists" if real is None else "COCO train2014 label lists"
    return Workload(network, features[:num_images], source)


def _path_loss(network: CNNRNN, features: Tensor, targets: Tensor) -> Tensor:
    lengths = targets.sum(dim=1).clamp(max=LONGEST_PATH)
    # Labels in order of frequency: the ids are sorted by it already.
    order = torch.where(targets, torch.arange(targets.shape[1]), network.end_id).sort(dim=1).values
    paths = order[:, :LONGEST_PATH]
    log_probs = network(features, paths.masked_fill(paths == network.end_id, -1))
    wanted = torch.cat([paths, torch.full_like(paths[:, :1], network.end_id)], dim=1)
    counted = torch.arange(wanted.shape[1]) <= lengths.unsqueeze(1)
    picked: Tensor = -log_probs.gather(2, wanted.unsqueeze(2)).squeeze(2)[counted]
    return picked.sum() / len(features)


def _drawn_lists(num_labels: int, count: int, generator: torch.Generator) -> Tensor:
    """(count, K) bool: scenes whose labels have a long tail."""
    tail = 1 / torch.arange(1, num_labels + 1, dtype=torch.float64)
    preference = torch.rand(NUM_SCENES, num_labels, generator=generator, dtype=torch.float64) ** 6
    weights = tail * preference
    rates = (MEAN_LABELS * weights / weights.sum(dim=1, keepdim=True)).clamp(max=0.95)
    scenes = torch.randint(NUM_SCENES, (count,), generator=generator)
    return torch.rand(count, num_labels, generator=generator) < rates[scenes].float()


def _coco_lists(count: int, generator: torch.Generator) -> Tensor | None:
    """(count, 80) bool, in random order, again from the start where they run out."""
    folder = os.environ.get("CNN_RNN_REAL_DATA")
    path = Path(folder or ".") / "coco2014" / "train2014_labels.txt.gz"
    if folder is None or not path.is_file():
        return None
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        lists = [[int(word) for word in line.split()[1:]] for line in lines]
    targets = torch.zeros(len(lists), 80, dtype=torch.bool)
    for row, label_ids in enumerate(lists):
        targets[row, label_ids] = True
    order = torch.randperm(len(lists), generator=generator)
    return targets[order.repeat(-(-count // len(lists)))[:count]]
