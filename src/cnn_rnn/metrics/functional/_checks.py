"""One check of arguments at each public entry of the metrics; messages say what to pass instead."""

from __future__ import annotations

import torch
from torch import Tensor


def check_decisions(preds: Tensor, target: Tensor, ignored: Tensor | None) -> None:
    """Decisions and labels: bool, (B, K), alike.

    Raises:
        ValueError: they are not.
    """
    _check_bool("preds", preds, "make decisions from scores with exactly_k or at_most_k")
    check_target(target, ignored)
    if preds.shape != target.shape:
        raise ValueError(
            f"expected preds and target of one shape (B, K), got {_shape(preds)} and "
            f"{_shape(target)}; decisions from paths are K wide when num_labels=K is passed"
        )


def check_ranking(scores: Tensor, target: Tensor, ignored: Tensor | None) -> None:
    """Scores (B, K) without NaN, labels bool (B, K).

    Raises:
        ValueError: they are not.
    """
    check_target(target, ignored)
    if scores.shape != target.shape:
        raise ValueError(
            f"expected scores and target of one shape (B, K), got {_shape(scores)} and "
            f"{_shape(target)}"
        )
    check_scores(scores)


def check_scores(scores: Tensor) -> None:
    """Scores (B, K) of a real dtype, without NaN.

    Raises:
        ValueError: they are not.
    """
    _check_matrix("scores", scores)
    if scores.dtype == torch.bool or scores.is_complex():
        raise ValueError(f"expected scores of a real dtype, got {scores.dtype}")
    bad = scores.isnan()
    if bad.any():
        image, label = bad.nonzero()[0].tolist()
        raise ValueError(
            f"scores[{image}, {label}] is NaN ({int(bad.sum())} of {bad.numel()} are): "
            "NaN has no rank; has training diverged?"
        )


def check_target(target: Tensor, ignored: Tensor | None) -> None:
    """Labels, and which of them to ignore: bool (B, K).

    Raises:
        ValueError: they are not.
    """
    _check_bool("target", target, "pass target.bool() for 0/1 labels")
    if ignored is None:
        return
    _check_bool("ignored", ignored, "True where a label is neither right nor wrong")
    if ignored.shape != target.shape:
        raise ValueError(
            f"expected ignored and target of one shape (B, K), got {_shape(ignored)} and "
            f"{_shape(target)}"
        )


def check_k(k: int, num_labels: int | None = None) -> None:
    """The number of labels to take: 1..K (or 1 and more, without K).

    Raises:
        ValueError: it is not.
    """
    if isinstance(k, bool) or not isinstance(k, int):
        raise ValueError(f"expected k to be an int, got {k!r}")
    if num_labels is None and k < 1:
        raise ValueError(f"expected k of at least 1, got {k}")
    if num_labels is not None and not 1 <= k <= num_labels:
        raise ValueError(f"expected k in 1..{num_labels} (the number of labels), got {k}")


def check_num_labels(got: Tensor, num_labels: int) -> None:
    """The width of an update against that of the metric.

    Raises:
        ValueError: they differ.
    """
    if got.shape[1] != num_labels:
        raise ValueError(f"expected {num_labels} labels, got a tensor of shape {_shape(got)}")


def _check_bool(name: str, value: Tensor, remedy: str) -> None:
    _check_matrix(name, value)
    if value.dtype != torch.bool:
        raise ValueError(f"expected {name} of dtype torch.bool, got {value.dtype}; {remedy}")


def _check_matrix(name: str, value: Tensor) -> None:
    if value.ndim != 2 or value.shape[1] == 0:
        raise ValueError(
            f"expected {name} of shape (images, labels) with at least one label, "
            f"got {_shape(value)}"
        )


def _shape(value: Tensor) -> tuple[int, ...]:
    return tuple(value.shape)
