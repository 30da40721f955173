"""Average precision of each image's k best labels, and its mean over images (section 4, MAP@k)."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from cnn_rnn.metrics.functional._checks import check_k, check_ranking
from cnn_rnn.metrics.functional._ranking import chunks, descending_order

Normaliser = Literal["min_k_r", "r"]


def average_precision_at_k(
    scores: Tensor,
    target: Tensor,
    k: int,
    ignored: Tensor | None = None,
    normaliser: Normaliser = "min_k_r",
) -> Tensor:
    """AP@k of each image (docs/protocols.md, Metrics).

    AP@k = (1 / min(k, R)) * sum over j <= k of precision(j) * relevant(j), for an image of R
    labels whose labels are ranked by score. The paper gives no formula.

    Args:
        scores: (B, K) float, any scale, -inf allowed; ties go to the lower label id.
        target: (B, K) bool.
        k: 1..K.
        ignored: (B, K) bool; such a label is taken out of the image's ranking and of R.
        normaliser: `r` divides by R instead, so that k < R labels cannot reach 1.
    Returns:
        (B,) float32 in [0, 1]; NaN for an image without labels.
    Raises:
        ValueError: shapes differ, a dtype is wrong, a score is NaN, k is outside 1..K, or the
            normaliser is unknown.
    """
    check_normaliser(normaliser)
    check_ranking(scores, target, ignored)
    check_k(k, scores.shape[1])
    result = torch.full((len(scores),), torch.nan, device=scores.device)
    for rows in chunks(*scores.shape):
        order = descending_order(scores[rows])  # (b, K)
        relevant = target[rows].gather(1, order)
        if ignored is None:
            kept = torch.ones_like(relevant)
        else:
            kept = ~ignored[rows].gather(1, order)
            relevant &= kept
        num_relevant = relevant.sum(dim=1)
        places = kept.cumsum(dim=1)
        counted = relevant & (places <= k)
        precisions = counted.cumsum(dim=1).to(torch.float32) / places.clamp(min=1)
        total = torch.where(counted, precisions, 0.0).sum(dim=1)
        most = num_relevant.clamp(max=k) if normaliser == "min_k_r" else num_relevant
        result[rows] = total / most  # 0 / 0 is NaN
    return result


def map_at_k(
    scores: Tensor,
    target: Tensor,
    k: int,
    ignored: Tensor | None = None,
    normaliser: Normaliser = "min_k_r",
) -> Tensor:
    """Mean of `average_precision_at_k` over the images that have a label.

    Args:
        scores: (B, K) float.
        target: (B, K) bool.
        k: 1..K.
        ignored: (B, K) bool, or None.
        normaliser: as for `average_precision_at_k`.
    Returns:
        0-d float32 in [0, 1]; NaN if no image has a label.
    Raises:
        ValueError: as `average_precision_at_k`.
    """
    return average_precision_at_k(scores, target, k, ignored, normaliser).nanmean()


def check_normaliser(normaliser: str) -> None:
    """Refuses an unknown normaliser.

    Raises:
        ValueError: it is none of `Normaliser`.
    """
    if normaliser not in get_args(Normaliser):
        raise ValueError(
            f"expected normaliser to be one of {get_args(Normaliser)}, got {normaliser!r}"
        )
