"""MAP@k, the mean over images of the average precision of k labels, as a torchmetrics metric."""

from __future__ import annotations

import torch
from torch import Tensor

from cnn_rnn.metrics.functional._checks import check_k
from cnn_rnn.metrics.functional.map_at_k import (
    Normaliser,
    average_precision_at_k,
    check_normaliser,
)
from cnn_rnn.metrics.list_states import ListStateMetric


class MAPAtK(ListStateMetric):
    """MAP@k over any number of batches and processes (section 4).

    One number an image is kept, so that the split into batches does not change the mean.
    See `cnn_rnn.metrics.functional.map_at_k` and docs/protocols.md, Metrics.

    Args:
        k: 1 or more; at most K when scores come.
        normaliser: `min_k_r`, or `r`.
    Raises:
        ValueError: k is below 1, or the normaliser is unknown.
    """

    def __init__(self, k: int, normaliser: Normaliser = "min_k_r") -> None:
        super().__init__()
        check_k(k)
        check_normaliser(normaliser)
        self.k = k
        self.normaliser: Normaliser = normaliser
        # A MetricCollection merges metrics whose states are equal after the first batch, as MAP@3
        # and MAP@10 can be by chance: the name keeps them apart.
        self._state = f"average_precisions_at_{k}_over_{normaliser}"
        self.add_state(self._state, default=[], dist_reduce_fx="cat")

    def update(self, scores: Tensor, target: Tensor, ignored: Tensor | None = None) -> None:
        """Keep the average precision of each image of a batch.

        Args:
            scores: (B, K) float, any scale, -inf allowed; ties go to the lower label id.
            target: (B, K) bool.
            ignored: (B, K) bool, or None; such a label is taken out of the image's ranking.
        Raises:
            ValueError: wrong shapes or dtypes, a NaN, or k is above K.
        """
        kept: list[Tensor] = getattr(self, self._state)
        kept.append(
            average_precision_at_k(scores.detach(), target, self.k, ignored, self.normaliser)
        )

    def compute(self) -> Tensor:
        """0-d float32 in [0, 1]; NaN if no image has a label.

        Raises:
            ValueError: no image was seen.
        """
        return self.rows(self._state).nanmean()

    def empty_states(self) -> dict[str, Tensor]:
        """No image's average precision."""
        return {self._state: torch.zeros(0, dtype=torch.float32, device=self.device)}
