"""Decisions from scores: exactly k labels an image, or at most k above a threshold (section 4)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cnn_rnn.metrics.functional._checks import check_k, check_scores
from cnn_rnn.metrics.functional._ranking import chunks, descending_order


def exactly_k(scores: Tensor, k: int) -> Tensor:
    """The k best labels of each image: the paper's rule for ranking methods.

    Args:
        scores: (B, K) float, any scale, -inf allowed; ties go to the lower label id.
        k: 1..K.
    Returns:
        (B, K) bool with k labels in each row.
    Raises:
        ValueError: the shape is not (B, K), a score is NaN, or k is outside 1..K.
    """
    check_scores(scores)
    check_k(k, scores.shape[1])
    decisions = torch.zeros_like(scores, dtype=torch.bool)
    for rows in chunks(*scores.shape):
        decisions[rows].scatter_(1, descending_order(scores[rows])[:, :k], True)
    return decisions


def at_most_k(scores: Tensor, k: int, threshold: float) -> Tensor:
    """Those of the k best labels whose score is greater than the threshold (later papers' top-k).

    Args:
        scores: (B, K) float, any scale, -inf allowed; ties go to the lower label id.
        k: 1..K.
        threshold: on the scale of the scores; a score equal to it is not enough. Later papers'
            0.5 is a probability: for logits it is 0.
    Returns:
        (B, K) bool with at most k labels in each row.
    Raises:
        ValueError: as `exactly_k`, or the threshold is NaN.
    """
    if math.isnan(threshold):
        raise ValueError("expected a threshold on the scale of the scores, got NaN")
    return exactly_k(scores, k) & (scores > threshold)
