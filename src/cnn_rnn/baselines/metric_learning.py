"""A learned linear metric, then neighbours: the metric-learning row of Table 1."""

from __future__ import annotations

import logging
import math

import torch
from torch import Tensor

from cnn_rnn.baselines.checks import check_features, check_training_data, not_fitted
from cnn_rnn.baselines.estimator import FeatureEstimator
from cnn_rnn.baselines.knn import KNearestNeighbors, Weighting
from cnn_rnn.baselines.neighbors import Metric

logger = logging.getLogger(__name__)

BATCH_SIZE = 512  # this and the next: our choice
SAMPLE = 4096  # images that the initial principal axes are computed from


class MetricLearningNeighbors(FeatureEstimator):
    """A projection under which images that share labels are near, and a k-NN on the projection.

    Features have the training mean subtracted and are projected by a matrix W (F, dimensions); the
    distance is that between projections, so W W^T is the (low-rank) Mahalanobis matrix. W starts at
    the principal axes and is trained by Adam on the soft neighbours of each mini-batch, as
    neighbourhood components analysis (Goldberger et al. 2004, equations 1 to 4): image i picks j
    with probability p_ij = softmax_j(cosine_ij / temperature), j != i; the loss is
    -log sum_j p_ij s_ij. Two departures: s_ij is the Jaccard overlap of the two label sets, in
    place of "same class", which images with several labels do not have; and the softmax is over
    cosines, which the neighbours then use by default, instead of squared distances, whose scale
    would have to be learned too. A label that is ignored for either image is in neither set. An
    image without a label, or without one in common with the batch, is no i.

    The paper prints one cell for the row and names no method. scikit-learn's
    NeighborhoodComponentsAnalysis takes one class an image and all N x N pairs at once, so it does
    not serve here.

    Args:
        neighbors: as in `KNearestNeighbors`, as are `metric`, `weighting` and `smoothing`.
        metric: in the projected space.
        weighting: of the votes.
        smoothing: weight of the training frequencies.
        dimensions: of the projected space; F or N, where one of them is smaller.
        epochs: passes over the training set; 0 leaves the principal axes.
        temperature: of the soft neighbours.
        lr: learning rate of Adam, on features of mean squared length 1.
    Raises:
        ValueError: an argument is outside its range.
    """

    def __init__(
        self,
        neighbors: int = 50,
        metric: Metric = "cosine",
        weighting: Weighting = "distance",
        smoothing: float = 1e-3,
        dimensions: int = 128,
        epochs: int = 20,
        temperature: float = 0.1,
        lr: float = 3e-3,
    ) -> None:
        if dimensions < 1:
            raise ValueError(f"dimensions must be at least 1, got {dimensions}: 128 is usual")
        if epochs < 0:
            raise ValueError(f"epochs must not be negative, got {epochs}: 0 does not train")
        if not temperature > 0:
            raise ValueError(f"temperature must be positive, got {temperature}: 0.1 is usual")
        if not lr > 0:
            raise ValueError(f"lr must be positive, got {lr}: 0.003 is usual")
        self.classifier = KNearestNeighbors(neighbors, metric, weighting, smoothing)
        self.dimensions = dimensions
        self.epochs = epochs
        self.temperature = temperature
        self.lr = lr
        self._projection: Tensor | None = None

    def fit(self, features: Tensor, target: Tensor, ignored: Tensor, *, seed: int) -> None:
        """Trains the projection, then keeps the projected training set."""
        check_training_data(features, target, ignored)
        generator = torch.Generator().manual_seed(seed)
        self._mean = features.mean(dim=0)
        # Leaves the scale of the features out of the learning rate.
        self._scale = features.var(dim=0, correction=0).sum().sqrt()
        self._scale = self._scale.where(self._scale > 0, 1.0)
        projection = self._principal_axes(features, generator).requires_grad_()
        optimizer = torch.optim.Adam([projection], self.lr)
        for epoch in range(self.epochs):
            total, batches = 0.0, 0
            order = torch.randperm(len(features), generator=generator)
            for start in range(0, len(order), BATCH_SIZE):
                rows = order[start : start + BATCH_SIZE]
                projected = self._centred(features[rows]) @ projection
                loss = soft_neighbor_loss(projected, target[rows], ignored[rows], self.temperature)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]  # torch's own
                optimizer.step()
                total, batches = total + float(loss.detach()), batches + 1
            logger.debug("epoch %d: loss %.4f", epoch, total / batches)
        self._projection = projection.detach()
        self.classifier.fit(self.project(features), target, ignored, seed=seed)

    def project(self, features: Tensor) -> Tensor:
        """Features (B, F) -> (B, dimensions).

        Raises:
            RuntimeError: `fit` was not called.
        """
        if self._projection is None:
            raise not_fitted(self)
        # Without a centred copy of a whole data set.
        return (features @ self._projection - self._mean @ self._projection) / self._scale

    def scores(self, features: Tensor) -> Tensor:
        """(B, K) shares of votes, as `KNearestNeighbors` gives them."""
        if self._projection is None:
            raise not_fitted(self)
        check_features(features, len(self._projection))
        return self.classifier.scores(self.project(features))

    def _centred(self, features: Tensor) -> Tensor:
        return (features - self._mean) / self._scale

    def _principal_axes(self, features: Tensor, generator: torch.Generator) -> Tensor:
        """(F, dimensions), of a sample; orthonormal."""
        rows = torch.randperm(len(features), generator=generator)[:SAMPLE]
        sample = self._centred(features[rows])
        _, _, axes = torch.linalg.svd(sample, full_matrices=False)
        leading: Tensor = axes[: self.dimensions].T.contiguous()
        return leading


def soft_neighbor_loss(
    projected: Tensor, target: Tensor, ignored: Tensor, temperature: float
) -> Tensor:
    """Minus the log of the label overlap that an image's soft neighbours can be expected to have.

    Args:
        projected: (B, D).
        target: (B, K) bool.
        ignored: (B, K) bool.
        temperature: of the softmax over cosines.
    Returns:
        Mean over the images that share a label with another, 0-d; 0 where none does.
    """
    overlap = jaccard_overlap(target, ignored).fill_diagonal_(0)
    unit = torch.nn.functional.normalize(projected, dim=1)
    similarity = (unit @ unit.T / temperature).fill_diagonal_(-math.inf)
    anchors = overlap.sum(dim=1) > 0
    if not anchors.any():
        return projected.sum() * 0
    log_probs = similarity[anchors].log_softmax(dim=1)
    return -(log_probs + overlap[anchors].log()).logsumexp(dim=1).mean()


def jaccard_overlap(target: Tensor, ignored: Tensor) -> Tensor:
    """Labels in common as a share of the labels that either image has.

    Args:
        target: (B, K) bool.
        ignored: (B, K) bool; a label ignored for one image of a pair does not count for the pair.
    Returns:
        (B, B) float32 in [0, 1]; 0 for a pair without labels.
    """
    positive, known = (target & ~ignored).float(), (~ignored).float()
    common = positive @ positive.T
    mine = positive @ known.T  # labels of the row's image that the column's does not ignore
    return common / (mine + mine.T - common).clamp(min=1)
