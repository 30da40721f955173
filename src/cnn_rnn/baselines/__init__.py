"""The other rows of the tables."""

from cnn_rnn.baselines.estimator import FeatureEstimator
from cnn_rnn.baselines.knn import KNearestNeighbors
from cnn_rnn.baselines.linear import LinearClassifier

__all__ = ["FeatureEstimator", "KNearestNeighbors", "LinearClassifier"]
