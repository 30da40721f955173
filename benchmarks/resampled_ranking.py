"""Average precision of each class as a function of how often each test image is drawn (section 4).

An image that is drawn w times stands w times in the ranking, at w places in a row: all copies have
its score, and images of equal score keep their order. The sums over copies are harmonic numbers, so
that no ranking is made anew: with F positives among the P images before a positive, its copies add

    sum over j = 1..w of (F + j) / (P + j)  =  w + (F - P) * (H(P + w) - H(P)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.statistics import FloatArray, Measure

Flags = npt.NDArray[np.bool_]
METHODS = {"11_points": "map_11", "all_points": "map"}
PREFIXES = {"11_points": "ap_11/", "all_points": "ap/"}
CLASS_PREFIXES = tuple(PREFIXES.values())


@dataclass(frozen=True)
class _RankedClass:
    """Images of a class, best first, without the ignored ones; and the places of its positives."""

    images: npt.NDArray[np.int64]
    positives: npt.NDArray[np.int64]


def average_precisions(
    scores: npt.NDArray[np.float32], target: Flags, ignored: Flags, label_names: Sequence[str]
) -> Measure:
    """11-point and all-point AP of each class and their means over classes.

    With every image drawn once they are those of `cnn_rnn.metrics.functional.average_precision`.
    A class without positives among the drawn images is NaN and left out of the means.

    Args:
        scores: (B, K), any scale.
        target: (B, K).
        ignored: (B, K); such an image is left out of that class's ranking.
        label_names: K.
    Returns:
        Metrics `map_11`, `map`, `ap_11/<class>` ..., `ap/<class>` ...
    """
    ranked = [
        _ranked(scores[:, label], target[:, label], ignored[:, label])
        for label in range(scores.shape[1])
    ]
    names = tuple(METHODS.values()) + tuple(
        prefix + name for prefix in PREFIXES.values() for name in label_names
    )

    def measured(weights: FloatArray) -> FloatArray:
        most = int(weights.sum(axis=1).max(initial=0))
        harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, most + 1))])
        found = [_both(one, weights, harmonic) for one in ranked]
        by_method = [np.stack([pair[index] for pair in found], axis=1) for index in (0, 1)]
        means = [_mean_of_known(values) for values in by_method]
        return np.concatenate([np.stack(means, axis=1), *by_method], axis=1)

    return Measure(names, measured)


def _ranked(scores: npt.NDArray[np.float32], target: Flags, ignored: Flags) -> _RankedClass:
    order = np.argsort(-scores, kind="stable")
    order = order[~ignored[order]]
    return _RankedClass(order, np.flatnonzero(target[order]))


def _both(
    one: _RankedClass, weights: FloatArray, harmonic: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """11-point and all-point AP of a class, (R,) each; NaN where no positive is drawn."""
    undefined = np.full(len(weights), np.nan)
    if not len(one.positives):
        return undefined, undefined
    drawn = weights[:, one.images]  # (R, images)
    times = drawn[:, one.positives].astype(np.int64)  # (R, positives)
    places = np.cumsum(drawn, axis=1)[:, one.positives].astype(np.int64)
    found = np.cumsum(times, axis=1)
    before = places - times
    sums = times + (found - places) * (harmonic[places] - harmonic[before])
    totals = found[:, -1].astype(np.float64)
    there = totals > 0
    all_points = np.divide(sums.sum(axis=1), totals, out=undefined.copy(), where=there)
    # Precision grows over the copies of a positive: the last copy has the highest.
    precisions = np.where(times > 0, found / np.maximum(places, 1), 0.0)
    best_from_here = np.maximum.accumulate(precisions[:, ::-1], axis=1)[:, ::-1]
    mean = np.zeros(len(weights))
    for tenth in range(11):
        # Recall >= tenth/10 means 10 * found >= tenth * positives: in integers, tenths are exact.
        place = np.argmax(10 * found >= tenth * found[:, -1:], axis=1)
        mean += np.take_along_axis(best_from_here, place[:, None], axis=1)[:, 0] / 11
    return np.where(there, mean, np.nan), all_points


def _mean_of_known(values: FloatArray) -> FloatArray:
    """(R, K) -> (R,): the mean over classes that are defined; NaN where none is."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    count = known.sum(axis=1)
    mean = np.full(len(values), np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean
