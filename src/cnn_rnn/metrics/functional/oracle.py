"""What decisions of exactly k labels an image can reach at best: the oracle row of a table."""

from __future__ import annotations

import torch
from torch import Tensor

from cnn_rnn.metrics.functional._checks import check_k, check_target
from cnn_rnn.metrics.functional.score_decisions import exactly_k


def oracle_exactly_k(target: Tensor, k: int, ignored: Tensor | None = None) -> Tensor:
    """Exactly k labels an image, chosen with the truth at hand.

    True labels come first, of them the rarest (each adds 1 / N^g to the sum of recalls); then
    ignored labels, which cost nothing; then wrong ones, first of classes without positives (whose
    precision is 0 anyway), then of the most frequent. O-P, O-R, O-F1 and C-R are the highest that
    exactly k labels can reach; C-P is reached, but not proven to be the highest.

    Args:
        target: (B, K) bool, of the whole set of images: the classes are counted here.
        k: 1..K.
        ignored: (B, K) bool, or None.
    Returns:
        (B, K) bool with k labels in each row.
    Raises:
        ValueError: as `precision_recall_f1`, or k is outside 1..K.
    """
    check_target(target, ignored)
    num_labels = target.shape[1]
    check_k(k, num_labels)
    if ignored is None:
        ignored = torch.zeros_like(target)
    positive = target & ~ignored
    counts = positive.sum(dim=0, dtype=torch.int32)
    by_count = counts.argsort(stable=True)
    rarity = torch.empty_like(counts)  # (K,) 0 for the rarest class
    rarity[by_count] = torch.arange(num_labels, dtype=counts.dtype, device=counts.device)
    filling = torch.where(counts == 0, num_labels, rarity)
    scores = torch.where(positive, 3 * num_labels - rarity, filling)
    return exactly_k(torch.where(ignored, num_labels + 1, scores), k)
