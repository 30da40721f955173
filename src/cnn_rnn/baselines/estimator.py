"""What a row of the tables has that is fitted on frozen features without Lightning."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor


class FeatureEstimator(ABC):
    """A row that is fitted on frozen features without Lightning.

    A subclass takes plain hyper-parameters only: whatever depends on the data comes with `fit`.
    The same data and the same seed give the same scores.
    """

    @abstractmethod
    def fit(self, features: Tensor, target: Tensor, ignored: Tensor, *, seed: int) -> None:
        """Learns from a whole training set; a second call starts anew.

        Args:
            features: (N, F) float32, finite, N >= 1; may be kept, and is never written to.
            target: (N, K) bool.
            ignored: (N, K) bool; an ignored label is neither positive nor negative.
            seed: of everything random.
        Raises:
            ValueError: a shape or dtype is wrong, or a feature is not finite.
        """

    @abstractmethod
    def scores(self, features: Tensor) -> Tensor:
        """A ranking of all labels for each image.

        Args:
            features: (B, F) float32, finite.
        Returns:
            (B, K) float32, finite; of an image's labels and of a label's images only the order
            counts.
        Raises:
            RuntimeError: `fit` was not called.
            ValueError: the shape or dtype is wrong, or a feature is not finite.
        """
