"""Metrics of decided and of ranked labels, as torchmetrics metrics (section 4)."""

from cnn_rnn.metrics.average_precision import AveragePrecision, MeanAveragePrecision
from cnn_rnn.metrics.map_at_k import MAPAtK
from cnn_rnn.metrics.precision_recall_f1 import PrecisionRecallF1

__all__ = ["AveragePrecision", "MAPAtK", "MeanAveragePrecision", "PrecisionRecallF1"]
