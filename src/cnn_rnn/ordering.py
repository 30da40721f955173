"""In which order the labels of an image stand on its training path (section 3.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor

LabelOrder = Literal["frequency", "rare_first", "alphabetical", "random"]


def label_order(
    strategy: LabelOrder, names: Sequence[str], counts: Tensor, seed: int = 0
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
        ValueError: an unknown strategy, or counts of another length than names.
    """
    if len(counts) != len(names):
        raise ValueError(f"{len(counts)} counts for {len(names)} names")
    if strategy == "frequency":
        return torch.argsort(counts, descending=True, stable=True)
    if strategy == "rare_first":
        return torch.argsort(counts, stable=True)
    if strategy == "alphabetical":
        return torch.tensor(sorted(range(len(names)), key=lambda label: names[label]))
    if strategy == "random":
        return torch.randperm(len(names), generator=torch.Generator().manual_seed(seed))
    raise ValueError(f"unknown order {strategy!r}: expected one of {get_args(LabelOrder)}")
