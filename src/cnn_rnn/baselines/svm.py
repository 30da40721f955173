"""One linear support vector machine a class on frozen features (CNN-SVM of Table 4)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal, get_args

import torch
from torch import Tensor
from torch.nn.functional import normalize

from cnn_rnn.baselines.checks import check_features, check_training_data, not_fitted
from cnn_rnn.baselines.estimator import FeatureEstimator

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

logger = logging.getLogger(__name__)

Scaling = Literal["none", "unit", "standard"]

CONSTANT = 1.0  # score of a class without a decision: far outside of the margins, our choice


class LinearSVM(FeatureEstimator):
    """One scikit-learn `LinearSVC` a class: squared hinge, one against the rest.

    Table 4's CNN-SVM is that of Razavian et al. 2014 ("CNN features off-the-shelf"): OverFeat's
    features, scaled to unit length, a linear SVM a class. Ours has the features of the other rows,
    so the published cell is of another backbone.

    For each class, images for which it is ignored are left out. Where the rest has no positive the
    class scores -1 (below every decision boundary) for every image, where it has no negative +1;
    both are logged. Fitting holds a float64 copy of the training features.

    Args:
        c: weight of the errors against the margin. With `unit` scaling larger values fit than with
            raw features, whose length works like a weight.
        scaling: `unit` gives every image's features length 1 (as in the source; zeros stay),
            `standard` gives every feature mean 0 and deviation 1 over the training images (a
            constant feature becomes 0), `none` takes them as they come.
        max_iterations: of the solver, for each class; one that does not converge is logged.
    Raises:
        ValueError: an argument is outside its range.
    """

    def __init__(
        self, c: float = 1.0, scaling: Scaling = "unit", max_iterations: int = 2000
    ) -> None:
        if not c > 0:
            raise ValueError(f"c must be positive, got {c}: 1.0 is usual")
        if scaling not in get_args(Scaling):
            raise ValueError(f"scaling must be one of {get_args(Scaling)}, got {scaling!r}")
        if max_iterations < 1:
            raise ValueError(
                f"max_iterations must be at least 1, got {max_iterations}: 2000 is usual"
            )
        self.c = c
        self.scaling: Scaling = scaling
        self.max_iterations = max_iterations
        self._weight: Tensor | None = None

    def fit(self, features: Tensor, target: Tensor, ignored: Tensor, *, seed: int) -> None:
        """Solves K problems, one after the other; the seed is the solver's.

        Raises:
            ImportError: scikit-learn is not installed.
            ValueError: as `FeatureEstimator.fit`.
        """
        check_training_data(features, target, ignored)
        self._mean = self._deviation = features.new_zeros(features.shape[1])
        if self.scaling == "standard":
            self._mean = features.mean(dim=0)
            self._deviation = features.std(dim=0, correction=0)
        num_labels = target.shape[1]
        weight = torch.zeros(num_labels, features.shape[1])
        bias = torch.zeros(num_labels)
        # The solver works in float64, and would convert anew for each class.
        scaled = self._scaled(features).double().numpy()
        empty, full, slow = [], [], []
        for label in range(num_labels):
            kept = ~ignored[:, label]
            positive = target[kept, label]
            if not positive.any():
                empty.append(label)
                bias[label] = -CONSTANT
            elif positive.all():
                full.append(label)
                bias[label] = CONSTANT
            else:
                rows = scaled if bool(kept.all()) else scaled[kept.numpy()]
                weight[label], bias[label], converged = self._solve(rows, positive.numpy(), seed)
                if not converged:
                    slow.append(label)
        if empty:
            logger.warning("Classes without positives score %g everywhere: %s", -CONSTANT, empty)
        if full:
            logger.warning("Classes without negatives score %g everywhere: %s", CONSTANT, full)
        if slow:
            logger.warning(
                "The solver stopped after %d iterations, before it converged, for the classes %s: "
                "raise max_iterations or lower c (%g)",
                self.max_iterations,
                slow,
                self.c,
            )
        self._weight, self._bias = weight, bias

    def scores(self, features: Tensor) -> Tensor:
        """(B, K) signed distances from the decision boundaries, in units of the margin."""
        if self._weight is None:
            raise not_fitted(self)
        check_features(features, self._weight.shape[1])
        return torch.addmm(self._bias, self._scaled(features), self._weight.T)

    def _solve(
        self, rows: npt.NDArray[np.float64], positive: npt.NDArray[np.bool_], seed: int
    ) -> tuple[Tensor, float, bool]:
        """Weight (F,), bias, and whether the solver converged."""
        import warnings

        try:
            from sklearn.exceptions import ConvergenceWarning
            from sklearn.svm import LinearSVC
        except ImportError as error:
            raise ImportError(
                "LinearSVM needs scikit-learn: pip install 'cnn-rnn[suite]'"
            ) from error
        machine = LinearSVC(C=self.c, dual="auto", random_state=seed, max_iter=self.max_iterations)
        with warnings.catch_warnings():
            # Said once for all classes instead.
            warnings.simplefilter("ignore", ConvergenceWarning)
            machine.fit(rows, positive)
        weight = torch.from_numpy(machine.coef_[0]).float()
        return weight, float(machine.intercept_[0]), int(machine.n_iter_) < self.max_iterations

    def _scaled(self, features: Tensor) -> Tensor:
        if self.scaling == "unit":
            return normalize(features, dim=1)
        if self.scaling == "standard":
            return (features - self._mean) / self._deviation.where(self._deviation > 0, 1.0)
        return features
