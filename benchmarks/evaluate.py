"""From scores and paths to the numbers of a table; docs/protocols.md says what they mean.

A ranking row is measured as `exactly_k` (the k best labels) and `at_most_k` (those of them above
a threshold fitted on held-out images). A path model is measured as `first_k` (its best path cut at
k), `as_decoded` (the whole best path) and `exactly_k` (the k best of its ranking).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from cnn_rnn.metrics import functional


def table_decisions(
    scores: Tensor, best_path: Tensor | None, top_k: int, threshold: float | None = None
) -> Tensor:
    """The labels that count in the table.

    `first_k` of a path model, `exactly_k` of the others, `at_most_k` of those with a threshold.

    Args:
        scores: (B, K).
        best_path: (B, T) int64, padded with -1; None for ranking rows.
        top_k: k; all labels where there are fewer.
        threshold: of ranking rows, to be exceeded; None: whatever the scores are.
    Returns:
        (B, K) bool.
    """
    num_labels = scores.shape[1]
    if best_path is not None:
        return functional.first_k(best_path, top_k, num_labels)
    if threshold is not None:
        return functional.at_most_k(scores, min(top_k, num_labels), threshold)
    return functional.exactly_k(scores, min(top_k, num_labels))


def table_protocol(best_path: Tensor | None, threshold: float | None = None) -> str:
    """The name of what `table_decisions` does."""
    if best_path is not None:
        return "first_k"
    return "exactly_k" if threshold is None else "at_most_k"


def fit_threshold(scores: Tensor, target: Tensor, ignored: Tensor, top_k: int) -> float:
    """The threshold with the highest O-F1 of at most k labels an image.

    Args:
        scores: (B, K) finite.
        target: (B, K) bool.
        ignored: (B, K) bool, neither right nor wrong.
        top_k: k.
    Returns:
        A number between two scores (the lower of two neighbouring floats), to be exceeded; of
        equally good ones the highest. 0.0 without any label to decide on.
    """
    top_k = min(top_k, scores.shape[1])
    counted = functional.exactly_k(scores, top_k) & ~ignored
    candidates, order = scores[counted].double().sort(descending=True)
    if not len(candidates):
        return 0.0
    correct = target[counted][order].cumsum(0).double()
    given = torch.arange(1, len(candidates) + 1, dtype=torch.float64)
    f1 = 2 * correct / (given + (target & ~ignored).sum())
    # A threshold cannot stand between equal scores.
    ends_group = torch.ones(len(candidates), dtype=torch.bool)
    ends_group[:-1] = candidates[:-1] > candidates[1:]
    best = int(f1.masked_fill(~ends_group, -1.0).argmax())
    above = float(candidates[best])
    below = float(candidates[best + 1]) if best + 1 < len(candidates) else above - 1.0
    middle = (above + below) / 2
    # Scores are compared in their own precision, which may have no number between the two.
    return middle if bool(torch.tensor(middle, dtype=scores.dtype) < above) else below


def measure(
    scores: Tensor,
    best_path: Tensor | None,
    target: Tensor,
    ignored: Tensor,
    *,
    top_k: int,
    map_k: int,
    threshold: float | None = None,
) -> dict[str, Any]:
    """All numbers of a row's answers.

    Args:
        scores: (B, K) float.
        best_path: (B, T) int64, padded with -1; None for ranking rows.
        target: (B, K) bool.
        ignored: (B, K) bool, neither right nor wrong.
        top_k: k of the decisions.
        map_k: k of MAP@k.
        threshold: of `at_most_k`, for ranking rows; None: not measured.
    Returns:
        `decided`: C-P ... O-F1 by protocol; `ranked`: MAP@k (both normalisers), mAP (all-point
        and 11-point) and the number of classes without positives; `average_precision`: by method,
        one number a class; `empty_paths`: their share. All in [0, 1], or None where undefined.
    """
    num_labels = scores.shape[1]
    top_k, map_k = min(top_k, num_labels), min(map_k, num_labels)
    decisions = {"exactly_k": functional.exactly_k(scores, top_k)}
    empty = None
    if best_path is not None:
        decisions["first_k"] = functional.first_k(best_path, top_k, num_labels)
        decisions["as_decoded"] = functional.as_decoded(best_path, num_labels)
        empty = float((best_path < 0).all(dim=1).float().mean())
    elif threshold is not None:
        decisions["at_most_k"] = functional.at_most_k(scores, top_k, threshold)
    return {
        "decided": {
            protocol: {
                name: float(value)
                for name, value in functional.precision_recall_f1(given, target, ignored).items()
            }
            for protocol, given in decisions.items()
        },
        **_ranking(scores, target, ignored, map_k),
        "empty_paths": empty,
    }


def _ranking(scores: Tensor, target: Tensor, ignored: Tensor, map_k: int) -> dict[str, Any]:
    all_points = functional.average_precision(scores, target, ignored, "all_points")
    eleven_points = functional.average_precision(scores, target, ignored, "11_points")
    mean, num_empty_classes = functional.mean_over_classes(all_points)
    return {
        "ranked": {
            "map_at_k": _number(functional.map_at_k(scores, target, map_k, ignored)),
            "map_at_k_r": _number(functional.map_at_k(scores, target, map_k, ignored, "r")),
            "map": _number(mean),
            "map_11": _number(functional.mean_over_classes(eleven_points).mean),
            "empty_classes": num_empty_classes,
        },
        "average_precision": {
            "all_points": [_number(value) for value in all_points],
            "11_points": [_number(value) for value in eleven_points],
        },
    }


def _number(value: Tensor) -> float | None:
    """None for NaN, which JSON does not have: the metric is undefined."""
    return None if value.isnan() else float(value)
