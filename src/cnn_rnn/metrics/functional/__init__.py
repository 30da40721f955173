"""Metrics and decision rules as functions (section 4; docs/protocols.md, Metrics)."""

from cnn_rnn.metrics.functional.average_precision import (
    MeanOverClasses,
    Method,
    average_precision,
    mean_average_precision,
    mean_over_classes,
)
from cnn_rnn.metrics.functional.map_at_k import (
    Normaliser,
    average_precision_at_k,
    map_at_k,
)
from cnn_rnn.metrics.functional.oracle import oracle_exactly_k
from cnn_rnn.metrics.functional.path_decisions import HasLabelIds, as_decoded, first_k
from cnn_rnn.metrics.functional.precision_recall_f1 import (
    DecisionCounts,
    count_decisions,
    precision_recall_f1,
    precision_recall_f1_from_counts,
)
from cnn_rnn.metrics.functional.score_decisions import at_most_k, exactly_k

__all__ = [
    "DecisionCounts",
    "HasLabelIds",
    "MeanOverClasses",
    "Method",
    "Normaliser",
    "as_decoded",
    "at_most_k",
    "average_precision",
    "average_precision_at_k",
    "count_decisions",
    "exactly_k",
    "first_k",
    "map_at_k",
    "mean_average_precision",
    "mean_over_classes",
    "oracle_exactly_k",
    "precision_recall_f1",
    "precision_recall_f1_from_counts",
]
