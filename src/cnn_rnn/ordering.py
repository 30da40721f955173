"""In which order the labels of an image stand on its training path (section 3.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeGuard, get_args

import torch
from torch import Tensor

# One order of all labels, for all images and the whole training.
FixedOrder = Literal["frequency", "rare_first", "alphabetical", "random"]
# Orders that change: from batch to batch, or with what the network says of an image. The last
# three are those of `cnn_rnn.aligned_orders`.
MovingOrder = Literal["random_per_batch", "easiest_first", "minimal_loss", "predicted_label"]
LabelOrder = Literal[FixedOrder, MovingOrder]


def is_fixed(order: LabelOrder) -> TypeGuard[FixedOrder]:
    """Whether an order is one permutation for the whole training.

    Raises:
        ValueError: an unknown order.
    """
    if order in get_args(FixedOrder):
        return True
    if order in get_args(MovingOrder):
        return False
    raise ValueError(f"unknown order {order!r}: expected one of {get_args(LabelOrder)}")


def label_order(
    strategy: FixedOrder, names: Sequence[str], counts: Tensor, seed: int = 0
) -> Tensor:
    """A fixed order of all labels.

    Args:
        strategy: `frequency`, most frequent in training first (the paper's); `rare_first`, its
            reverse; `alphabetical`; `random`, one draw for the whole training.
        names: K label names.
        counts: (K,) int64 training counts; equal counts keep the order of the ids.
        seed: of `random`.
    Returns:
        (K,) int64 label ids, first to last.
    Raises:
        ValueError: no fixed order, or counts of another length than names.
    """
    if len(counts) != len(names):
        raise ValueError(f"{len(counts)} counts for {len(names)} names")
    if not is_fixed(strategy):
        raise ValueError(f"{strategy} is no fixed order: expected one of {get_args(FixedOrder)}")
    if strategy == "frequency":
        return torch.argsort(counts, descending=True, stable=True)
    if strategy == "rare_first":
        return torch.argsort(counts, stable=True)
    if strategy == "alphabetical":
        return torch.tensor(sorted(range(len(names)), key=lambda label: names[label]))
    return torch.randperm(len(names), generator=torch.Generator().manual_seed(seed))
