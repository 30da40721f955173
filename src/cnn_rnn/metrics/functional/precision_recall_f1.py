"""Per-class and overall precision, recall and F1 of decided labels (section 4)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from cnn_rnn.metrics.functional._checks import check_decisions


class DecisionCounts(NamedTuple):
    """Counts of a set of images, label by label; counts of parts of the set add up.

    Attributes:
        correct: (K,) int64, predicted and true (N^c).
        predicted: (K,) int64 (N^p).
        true: (K,) int64 (N^g).
    """

    correct: Tensor
    predicted: Tensor
    true: Tensor


def precision_recall_f1(
    preds: Tensor, target: Tensor, ignored: Tensor | None = None
) -> dict[str, Tensor]:
    """C-P, C-R, C-F1, O-P, O-R and O-F1 (docs/protocols.md, Metrics).

    C-P and C-R are means over all K classes, O-P and O-R are ratios of sums; F1 is the harmonic
    mean of the two. A class that is never predicted has precision 0, a class without positives
    recall 0, and both count in the means; F1 is 0 where both precision and recall are.

    Args:
        preds: (B, K) bool, the labels given to each image.
        target: (B, K) bool.
        ignored: (B, K) bool; such a label is neither right nor wrong, predicted or not.
    Returns:
        c_p, c_r, c_f1, o_p, o_r, o_f1: 0-d float32 in [0, 1], all 0 for B = 0.
    Raises:
        ValueError: shapes differ or are not (B, K) with K > 0, or a dtype is not bool.
    """
    return precision_recall_f1_from_counts(count_decisions(preds, target, ignored))


def count_decisions(preds: Tensor, target: Tensor, ignored: Tensor | None = None) -> DecisionCounts:
    """Correct, predicted and true labels of each class; ignored ones are in no count.

    Args:
        preds: (B, K) bool.
        target: (B, K) bool.
        ignored: (B, K) bool, or None.
    Raises:
        ValueError: as `precision_recall_f1`.
    """
    check_decisions(preds, target, ignored)
    if ignored is not None:
        preds = preds & ~ignored
        target = target & ~ignored
    return DecisionCounts((preds & target).sum(dim=0), preds.sum(dim=0), target.sum(dim=0))


def precision_recall_f1_from_counts(counts: DecisionCounts) -> dict[str, Tensor]:
    """The six numbers of `precision_recall_f1` from counts of any number of images."""
    correct, predicted, true = counts
    c_p = _ratio(correct, predicted).mean()
    c_r = _ratio(correct, true).mean()
    o_p = _ratio(correct.sum(), predicted.sum())
    o_r = _ratio(correct.sum(), true.sum())
    return {
        "c_p": c_p,
        "c_r": c_r,
        "c_f1": _harmonic_mean(c_p, c_r),
        "o_p": o_p,
        "o_r": o_r,
        "o_f1": _harmonic_mean(o_p, o_r),
    }


def _ratio(part: Tensor, whole: Tensor) -> Tensor:
    """The quotient in float32; 0 / 0 is 0."""
    return part.to(torch.float32) / whole.clamp(min=1).to(torch.float32)


def _harmonic_mean(precision: Tensor, recall: Tensor) -> Tensor:
    total = precision + recall
    return torch.where(total > 0, 2 * precision * recall / total, 0.0)
