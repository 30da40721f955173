"""Per-class and overall precision, recall and F1 as a torchmetrics metric (section 4)."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor
from torchmetrics import Metric

from cnn_rnn.metrics.functional._checks import check_num_labels
from cnn_rnn.metrics.functional.precision_recall_f1 import (
    DecisionCounts,
    count_decisions,
    precision_recall_f1_from_counts,
)


class PrecisionRecallF1(Metric):
    """C-P, C-R, C-F1, O-P, O-R and O-F1 of decisions, over any number of batches and processes.

    The states are counts: batches and processes add up exactly, and `set_dtype` leaves them alone.
    See `cnn_rnn.metrics.functional.precision_recall_f1` and docs/protocols.md, Metrics.

    Args:
        num_labels: K.
    Raises:
        ValueError: `num_labels` is below 1.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False

    correct: Tensor
    predicted: Tensor
    true: Tensor
    num_images: Tensor

    def __init__(self, num_labels: int) -> None:
        super().__init__()
        if num_labels < 1:
            raise ValueError(f"num_labels must be at least 1, got {num_labels}")
        self.num_labels = num_labels
        for name in DecisionCounts._fields:
            zeros = torch.zeros(num_labels, dtype=torch.int64)
            self.add_state(name, default=zeros, dist_reduce_fx="sum")
        self.add_state("num_images", default=torch.tensor(0), dist_reduce_fx="sum")

    def update(self, preds: Tensor, target: Tensor, ignored: Tensor | None = None) -> None:
        """Count a batch.

        Args:
            preds: (B, K) bool.
            target: (B, K) bool.
            ignored: (B, K) bool, or None; neither right nor wrong.
        Raises:
            ValueError: wrong shapes or dtypes.
        """
        counts = count_decisions(preds, target, ignored)
        check_num_labels(target, self.num_labels)
        self.correct += counts.correct
        self.predicted += counts.predicted
        self.true += counts.true
        self.num_images += len(target)

    def compute(self) -> dict[str, Tensor]:
        """c_p, c_r, c_f1, o_p, o_r, o_f1: 0-d float32 in [0, 1].

        Raises:
            ValueError: no image was seen.
        """
        if self.num_images == 0:
            raise ValueError("PrecisionRecallF1 has seen no image: call update first")
        return precision_recall_f1_from_counts(
            DecisionCounts(self.correct, self.predicted, self.true)
        )

    def set_dtype(self, dst_type: str | torch.dtype) -> Self:
        """Nothing: counts stay integers (half precision cannot count beyond 2,048)."""
        return self
