"""The other rows of the tables."""

from cnn_rnn.baselines.dual_view import DualViewReconstruction
from cnn_rnn.baselines.estimator import FeatureEstimator
from cnn_rnn.baselines.joint_embedding import JointEmbedding
from cnn_rnn.baselines.knn import KNearestNeighbors
from cnn_rnn.baselines.linear import LinearClassifier
from cnn_rnn.baselines.metric_learning import MetricLearningNeighbors
from cnn_rnn.baselines.svm import LinearSVM

__all__ = [
    "DualViewReconstruction",
    "FeatureEstimator",
    "JointEmbedding",
    "KNearestNeighbors",
    "LinearClassifier",
    "LinearSVM",
    "MetricLearningNeighbors",
]
