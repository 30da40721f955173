"""The metrics of a run as functions of how often each test image is drawn, for the bootstrap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.metric_names import DECIDED
from benchmarks.statistics import FloatArray, Measure

Decisions = npt.NDArray[np.bool_]


def decided(
    decisions: Decisions, target: Decisions, ignored: Decisions, prefix: str = ""
) -> Measure:
    """C-P ... O-F1; with every image drawn once they are those of `cnn_rnn.metrics.functional`.

    Args:
        decisions: (B, K).
        target: (B, K).
        ignored: (B, K), neither right nor wrong.
        prefix: of the metrics' names.
    """
    # Counts are whole numbers: float32 holds them exactly up to 2 ** 24 images, at half the time.
    parts = [
        (part & ~ignored).astype(np.float32) for part in (decisions & target, decisions, target)
    ]

    def measured(weights: FloatArray) -> FloatArray:
        drawn = weights.astype(np.float32)
        counts = [(drawn @ part).astype(np.float64) for part in parts]  # (R, K) each
        sums = [count.sum(axis=1) for count in counts]
        columns: list[FloatArray] = []
        for precision, recall in (
            (_ratio(counts[0], counts[1]).mean(axis=1), _ratio(counts[0], counts[2]).mean(axis=1)),
            (_ratio(sums[0], sums[1]), _ratio(sums[0], sums[2])),
        ):
            f1 = _ratio(2 * precision * recall, precision + recall)
            columns += [precision, recall, f1]
        return np.stack(columns, axis=1)

    return Measure(tuple(prefix + name for name in DECIDED), measured)


def recall_in_bins(
    decisions: Decisions,
    target: Decisions,
    ignored: Decisions,
    bins: npt.NDArray[np.int64],
    names: Sequence[str],
) -> Measure:
    """The share of the true labels of each bin that are given; NaN for a bin without any.

    Args:
        decisions: (B, K).
        target: (B, K).
        ignored: (B, K), neither right nor wrong.
        bins: (B, K), the bin of each label of each image; -1: in none.
        names: of the bins 0, 1, ...
    """
    found: list[FloatArray] = []
    for index in range(len(names)):
        correct, true = _as_floats(decisions & target, target, kept=~ignored & (bins == index))
        found += [correct.sum(axis=1), true.sum(axis=1)]
    counts = np.stack(found, axis=1)  # (B, 2 * bins)

    def measured(weights: FloatArray) -> FloatArray:
        sums = weights @ counts
        return np.asarray(_ratio(sums[:, ::2], sums[:, 1::2], undefined=np.nan))

    return Measure(tuple(names), measured)


def mean_of_images(values: npt.NDArray[np.floating], name: str) -> Measure:
    """The mean of one number an image; NaN: the image takes no part.

    Args:
        values: (B,).
        name: of the metric.
    """
    there = ~np.isnan(values)
    known = np.where(there, values, 0).astype(np.float64)

    def measured(weights: FloatArray) -> FloatArray:
        return _ratio(weights @ known, weights @ there, undefined=np.nan)[:, None]

    return Measure((name,), measured)


def together(measures: Sequence[Measure]) -> Measure:
    """Several measures of one run as one."""
    names = tuple(name for measure in measures for name in measure.names)

    def measured(weights: FloatArray) -> FloatArray:
        return np.concatenate([measure.of(weights) for measure in measures], axis=1)

    return Measure(names, measured)


def chosen(measure: Measure, names: Sequence[str]) -> Measure:
    """Some metrics of a measure, in the order of their names.

    Raises:
        ValueError: it has no such metric.
    """
    places = [measure.names.index(name) for name in names]
    return Measure(tuple(names), lambda weights: measure.of(weights)[:, places])


def _as_floats(*parts: Decisions, kept: Decisions) -> list[FloatArray]:
    return [(part & kept).astype(np.float64) for part in parts]


def _ratio(numerator: FloatArray, denominator: FloatArray, undefined: float = 0.0) -> FloatArray:
    """Their quotient; `undefined` where the denominator is 0."""
    return np.divide(
        numerator, denominator, out=np.full_like(numerator, undefined), where=denominator > 0
    )
