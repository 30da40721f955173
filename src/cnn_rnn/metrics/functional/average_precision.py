"""Average precision of each class over images: all-point, VOC2007's 11 points, area (section 4)."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor

from cnn_rnn.metrics.functional._checks import check_ranking
from cnn_rnn.metrics.functional._ranking import chunks, descending_order

Method = Literal["all_points", "11_points", "area"]


class MeanOverClasses(NamedTuple):
    """A mean over the classes where it is defined.

    Attributes:
        mean: 0-d float32; NaN if no class has positives.
        num_empty_classes: classes without positives, which are left out of the mean.
    """

    mean: Tensor
    num_empty_classes: int


def average_precision(
    scores: Tensor,
    target: Tensor,
    ignored: Tensor | None = None,
    method: Method = "all_points",
) -> Tensor:
    """Average precision of each class (docs/protocols.md, Metrics).

    The images are ranked for each class by score; images of equal score keep their order.

    `all_points`: the mean of the precision at each positive. `11_points`: the mean, over recalls
    0, 0.1, ..., 1, of the highest precision at that recall or a higher one (VOC2007); recall is
    compared in integers. `area`: the area under that interpolated curve (VOC from 2010 on).

    Args:
        scores: (B, K) float, any scale, -inf allowed.
        target: (B, K) bool.
        ignored: (B, K) bool; such an image is left out of that class's ranking.
        method: see above.
    Returns:
        (K,) float32 in [0, 1]; NaN for a class without positives.
    Raises:
        ValueError: shapes differ, a dtype is wrong, a score is NaN, or the method is unknown.
    """
    check_method(method)
    check_ranking(scores, target, ignored)
    num_images, num_labels = scores.shape
    result = torch.full((num_labels,), torch.nan, device=scores.device)
    if num_images == 0:
        return result
    for classes in chunks(num_labels, num_images):
        order = descending_order(scores[:, classes].T.contiguous())  # (k, B)
        relevant = target[:, classes].T.gather(1, order)
        if ignored is None:
            kept = torch.ones_like(relevant)
        else:
            kept = ~ignored[:, classes].T.gather(1, order)
            relevant &= kept
        result[classes] = _average(relevant, kept, method)
    return result


def mean_average_precision(
    scores: Tensor,
    target: Tensor,
    ignored: Tensor | None = None,
    method: Method = "all_points",
) -> MeanOverClasses:
    """Mean of `average_precision` over the classes that have positives, and how many have not.

    Args:
        scores: (B, K) float.
        target: (B, K) bool.
        ignored: (B, K) bool, or None.
        method: as for `average_precision`.
    Raises:
        ValueError: as `average_precision`.
    """
    return mean_over_classes(average_precision(scores, target, ignored, method))


def mean_over_classes(average_precisions: Tensor) -> MeanOverClasses:
    """The mean of what is not NaN in (K,), and how many are."""
    return MeanOverClasses(average_precisions.nanmean(), int(average_precisions.isnan().sum()))


def check_method(method: str) -> None:
    """Refuses an unknown method.

    Raises:
        ValueError: it is none of `Method`.
    """
    if method not in get_args(Method):
        raise ValueError(f"expected method to be one of {get_args(Method)}, got {method!r}")


def _average(relevant: Tensor, kept: Tensor, method: Method) -> Tensor:
    """Average precision of ranked images, a class a row.

    Args:
        relevant: (k, B) bool, best first.
        kept: (k, B) bool, where an image has a place in the ranking.
        method: one of `Method`.
    Returns:
        (k,) float32; NaN without relevant images.
    """
    found = relevant.cumsum(dim=1)  # (k, B)
    places = kept.cumsum(dim=1).clamp_(min=1)
    num_positives = found[:, -1]
    precisions = torch.where(relevant, found.to(torch.float32) / places, 0.0)
    if method == "all_points":
        return precisions.sum(dim=1) / num_positives
    # The highest precision at this place or a later one: it is always at a relevant image.
    interpolated = precisions.flip(1).cummax(dim=1).values.flip(1)
    if method == "area":
        return torch.where(relevant, interpolated, 0.0).sum(dim=1) / num_positives
    # Recall >= t/10 means 10 * found >= t * positives: in integers, tenths are exact.
    tenths = torch.arange(11, device=found.device)
    needed = (tenths * num_positives.unsqueeze(1) + 9) // 10  # (k, 11)
    places_of_recall = torch.searchsorted(found, needed)
    mean = interpolated.gather(1, places_of_recall).mean(dim=1)
    return torch.where(num_positives > 0, mean, torch.nan)
