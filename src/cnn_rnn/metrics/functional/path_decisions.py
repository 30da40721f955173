"""Decisions from decoded label paths: the best path as it is, or cut at k labels (section 4)."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from cnn_rnn.metrics.functional._checks import check_k


class HasLabelIds(Protocol):
    """Paths, best first, as `cnn_rnn.decoding.beam_search` gives them."""

    @property
    def label_ids(self) -> Tensor:
        """(B, N, T) int64, padded with -1."""


def first_k(paths: HasLabelIds | Tensor, k: int, num_labels: int | None = None) -> Tensor:
    """The first k labels of each image's best path: the table's rule for path models.

    A path may be shorter than k, so this is an at-most-k decision.

    Args:
        paths: a beam search's result, or its label ids: (B, N, T), best path first, or one path an
            image, (B, T); int64, padded with -1. An empty slot gives no label.
        k: 1 or more; beyond T it cuts nothing.
        num_labels: K. None makes the result as wide as the largest label id + 1, which is K only
            if the last label is on some path: pass K to compare with a target.
    Returns:
        (B, K) bool.
    Raises:
        ValueError: wrong shape or dtype, an id outside -1..K-1, or k below 1.
    """
    check_k(k)
    return _decide(_best_paths(paths)[:, :k], num_labels)


def as_decoded(paths: HasLabelIds | Tensor, num_labels: int | None = None) -> Tensor:
    """All labels of each image's best path.

    Args:
        paths: as for `first_k`.
        num_labels: as for `first_k`.
    Returns:
        (B, K) bool.
    Raises:
        ValueError: wrong shape or dtype, or an id outside -1..K-1.
    """
    return _decide(_best_paths(paths), num_labels)


def _best_paths(paths: HasLabelIds | Tensor) -> Tensor:
    """(B, T): the first path of each image."""
    label_ids = paths if isinstance(paths, Tensor) else paths.label_ids
    if label_ids.ndim not in (2, 3):
        raise ValueError(
            f"expected label ids of shape (B, N, T) or (B, T), got {tuple(label_ids.shape)}"
        )
    if label_ids.dtype != torch.int64:
        raise ValueError(f"expected label ids of dtype torch.int64, got {label_ids.dtype}")
    if label_ids.ndim == 2:
        return label_ids
    if label_ids.shape[1] == 0:
        raise ValueError("expected at least one path an image, got (B, N, T) with N = 0")
    return label_ids[:, 0]


def _decide(label_ids: Tensor, num_labels: int | None) -> Tensor:
    lowest, highest = (
        (int(label_ids.min()), int(label_ids.max())) if label_ids.numel() else (-1, -1)
    )
    if num_labels is None:
        num_labels = highest + 1
    if lowest < -1 or highest >= num_labels:
        wrong = lowest if lowest < -1 else highest
        raise ValueError(
            f"expected label ids in 0..{num_labels - 1} and padding of -1, got {wrong}; "
            "START and END are never stored on a path"
        )
    # Padding goes to a column of its own, which is cut off.
    decisions = label_ids.new_zeros((len(label_ids), num_labels + 1), dtype=torch.bool)
    decisions.scatter_(1, torch.where(label_ids < 0, num_labels, label_ids), True)
    return decisions[:, :num_labels]
