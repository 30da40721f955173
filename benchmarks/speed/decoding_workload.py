"""What the decoding benchmark decodes: a CNN-RNN trained for a while on label lists.

Features stand for images: the sum of one random vector a label, plus noise.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from benchmarks.speed.label_lists import label_lists
from cnn_rnn.network import CNNRNN

FEATURE_DIM = 256
NOISE = 4.0  # a quarter of a label vector's length: most labels are seen, some are not
LONGEST_PATH = 12


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
    targets, source = label_lists(num_labels, count, generator)
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
