"""K nearest neighbours: an image has the labels of the training images like it (section 4.1)."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from cnn_rnn.baselines.checks import check_features, check_training_data, not_fitted
from cnn_rnn.baselines.estimator import FeatureEstimator
from cnn_rnn.baselines.neighbors import Metric, nearest

Weighting = Literal["uniform", "distance"]


class KNearestNeighbors(FeatureEstimator):
    """The share of an image's neighbours that have a label, by feature.

    A neighbour for which a label is ignored has no vote on that label. Neighbours share their
    votes with `smoothing` of a vote for the training frequency of each label: labels that no
    neighbour has would tie otherwise, and the lower id would win. Ties that remain: images whose
    neighbours give a label the same share (with `uniform` only neighbours + 1 shares exist), and
    labels of equal frequency that no neighbour has.

    The paper names the row without its settings; NUS-WIDE's own baseline (Chua et al. 2009) is a
    k-NN too.

    Args:
        neighbors: images that vote; all of them where the training set is smaller.
        metric: `cosine` or `euclidean`.
        weighting: `uniform`, or `distance`: votes count 1 / distance, and where some neighbours
            lie at distance 0 they alone vote (as in scikit-learn's KNeighborsClassifier).
        smoothing: weight of the training frequencies against 1 for all neighbours together.
    Raises:
        ValueError: an argument is outside its range.
    """

    def __init__(
        self,
        neighbors: int = 50,
        metric: Metric = "cosine",
        weighting: Weighting = "distance",
        smoothing: float = 1e-3,
    ) -> None:
        if neighbors < 1:
            raise ValueError(f"neighbors must be at least 1, got {neighbors}: 50 is usual")
        if metric not in get_args(Metric):
            raise ValueError(f"metric must be one of {get_args(Metric)}, got {metric!r}")
        if weighting not in get_args(Weighting):
            raise ValueError(f"weighting must be one of {get_args(Weighting)}, got {weighting!r}")
        if smoothing < 0:
            raise ValueError(f"smoothing must not be negative, got {smoothing}: 0 has none")
        self.neighbors = neighbors
        self.metric: Metric = metric
        self.weighting: Weighting = weighting
        self.smoothing = smoothing
        self._training: tuple[Tensor, Tensor, Tensor] | None = None

    def fit(self, features: Tensor, target: Tensor, ignored: Tensor, *, seed: int) -> None:
        """Keeps the training set (not a copy); nothing is random."""
        check_training_data(features, target, ignored)
        self._training = features, target & ~ignored, ~ignored
        counted = (~ignored).sum(dim=0).clamp(min=1)
        self._frequency = (target & ~ignored).sum(dim=0) / counted

    def scores(self, features: Tensor) -> Tensor:
        """(B, K) shares of votes in [0, 1]; 0 of a label that all neighbours ignore, unsmoothed."""
        if self._training is None:
            raise not_fitted(self)
        training, positive, known = self._training
        check_features(features, training.shape[1])
        neighbors = min(self.neighbors, len(training))
        distances, rows = nearest(training, features, neighbors, self.metric)
        weights = self._weights(distances)
        result = torch.empty(len(features), positive.shape[1])
        for image, (weight, row) in enumerate(zip(weights, rows, strict=True)):
            votes = weight @ positive[row].float()
            voters = weight @ known[row].float()
            result[image] = (votes + self.smoothing * self._frequency) / (
                voters + self.smoothing
            ).clamp(min=torch.finfo(torch.float32).tiny)
        return result

    def _weights(self, distances: Tensor) -> Tensor:
        """(B, n), each row of sum 1."""
        if self.weighting == "uniform":
            return torch.full_like(distances, 1 / distances.shape[1])
        at_zero = distances == 0
        weights = torch.where(at_zero.any(dim=1, keepdim=True), at_zero.float(), 1 / distances)
        return weights / weights.sum(dim=1, keepdim=True)
