"""The other rows of the tables."""

from cnn_rnn.baselines.linear import LinearClassifier

__all__ = ["LinearClassifier"]
