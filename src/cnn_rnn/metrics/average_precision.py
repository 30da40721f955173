"""Average precision of each class, and its mean, as torchmetrics metrics (section 4)."""

from __future__ import annotations

import torch
from torch import Tensor

from cnn_rnn.metrics.functional._checks import check_num_labels, check_ranking
from cnn_rnn.metrics.functional.average_precision import (
    Method,
    average_precision,
    check_method,
    mean_over_classes,
)
from cnn_rnn.metrics.list_states import ListStateMetric

_POSITIVE, _NEGATIVE, _IGNORED = 1, 0, -1


class AveragePrecision(ListStateMetric):
    """Average precision of each class, over any number of batches and processes.

    Ranking needs every score, so scores are kept: 5 bytes an image and label. They are kept as
    float32 (float64 after `set_dtype(torch.float64)`), half precision is widened. Images with equal
    scores rank in the order in which they were seen, and process after process.
    See `cnn_rnn.metrics.functional.average_precision` and docs/protocols.md, Metrics.

    Args:
        num_labels: K.
        method: `all_points`, `11_points` or `area`.
    Raises:
        ValueError: `num_labels` is below 1, or the method is unknown.
    """

    scores: list[Tensor]
    labels: list[Tensor]

    def __init__(self, num_labels: int, method: Method = "all_points") -> None:
        super().__init__()
        if num_labels < 1:
            raise ValueError(f"num_labels must be at least 1, got {num_labels}")
        check_method(method)
        self.num_labels = num_labels
        self.method: Method = method
        self.add_state("scores", default=[], dist_reduce_fx="cat")
        self.add_state("labels", default=[], dist_reduce_fx="cat")

    def update(self, scores: Tensor, target: Tensor, ignored: Tensor | None = None) -> None:
        """Keep a batch.

        Args:
            scores: (B, K) float, any scale, -inf allowed.
            target: (B, K) bool.
            ignored: (B, K) bool, or None; such an image is left out of that class's ranking.
        Raises:
            ValueError: wrong shapes or dtypes, or a NaN.
        """
        check_ranking(scores, target, ignored)
        check_num_labels(target, self.num_labels)
        labels = torch.where(target, _POSITIVE, _NEGATIVE)
        if ignored is not None:
            labels = labels.masked_fill(ignored, _IGNORED)
        self.scores.append(scores.detach().to(self._score_dtype()))
        self.labels.append(labels.to(torch.int8))

    def compute(self) -> Tensor:
        """(K,) float32 in [0, 1]; NaN for a class without positives; 0-d for K = 1.

        Raises:
            ValueError: no image was seen.
        """
        labels = self.rows("labels")
        return average_precision(
            self.rows("scores"), labels == _POSITIVE, labels == _IGNORED, self.method
        )

    def empty_states(self) -> dict[str, Tensor]:
        """Zero rows of scores and labels."""
        zeros = torch.zeros((0, self.num_labels), device=self.device)
        return {"scores": zeros.to(self._score_dtype()), "labels": zeros.to(torch.int8)}

    def _score_dtype(self) -> torch.dtype:
        # A module in half precision must not make scores tie.
        return torch.promote_types(self.dtype, torch.float32)


class MeanAveragePrecision(AveragePrecision):
    """Mean of the average precision over the classes that have positives.

    In a `MetricCollection` it shares the kept scores with `AveragePrecision`.

    Attributes:
        num_empty_classes: classes that the last `compute` left out; None before.
    """

    num_empty_classes: int | None = None

    def compute(self) -> Tensor:
        """0-d float32 in [0, 1]; NaN if no class has positives.

        Raises:
            ValueError: no image was seen.
        """
        mean, self.num_empty_classes = mean_over_classes(super().compute())
        return mean

    def reset(self) -> None:
        """Forget all images."""
        super().reset()
        self.num_empty_classes = None
