"""Mean and spread over seeds, and how sure a difference between two rows is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
RESAMPLES_AT_ONCE = 250  # bounds memory: 250 x 40,000 images x 8 bytes are 80 MB


class Spread(NamedTuple):
    """Mean and standard deviation (ddof 1) over seeds; the latter NaN for a single one."""

    mean: float
    sd: float
    seeds: int


class Interval(NamedTuple):
    """A difference and the percentile interval of its bootstrap distribution."""

    difference: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval says that there is a difference."""
        return self.low > 0 or self.high < 0


def spread(values: Sequence[float]) -> Spread:
    """Mean and standard deviation of what several seeds gave.

    Raises:
        ValueError: no value.
    """
    if not values:
        raise ValueError("expected at least one value")
    sd = statistics.stdev(values) if len(values) > 1 else math.nan
    return Spread(statistics.fmean(values), sd, len(values))


Measure = Callable[[FloatArray], FloatArray]
"""From how often each image is drawn, (R, B), to the metric of each resample, (R,)."""


def paired_bootstrap(
    rows: Sequence[Measure],
    baselines: Sequence[Measure],
    num_images: int,
    resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """The difference of two rows over test images that both saw (percentile bootstrap).

    Images are drawn with replacement; a resample measures every run of both rows on the same
    images. The difference is that of the means over each row's runs: the interval speaks of the
    sample of test images, for the models at hand; the spread over seeds is shown apart.

    Args:
        rows: a measure for each run of the row.
        baselines: a measure for each run of the baseline.
        num_images: B.
        resamples: how often B images are drawn.
        seed: of the draws.
        level: share of the resamples within the interval.
    Returns:
        Row minus baseline; resamples for which the metric is undefined (NaN) are left out.
    Raises:
        ValueError: no run, or the metric is undefined for all images.
    """
    if not rows or not baselines:
        raise ValueError("expected at least one run of each row")

    def difference(weights: FloatArray) -> FloatArray:
        ours = np.mean([measure(weights) for measure in rows], axis=0)
        theirs = np.mean([measure(weights) for measure in baselines], axis=0)
        return np.asarray(ours - theirs, dtype=np.float64)

    observed = float(difference(np.ones((1, num_images)))[0])
    if math.isnan(observed):
        raise ValueError("the metric is undefined for these images")
    generator = np.random.default_rng(seed)
    share = np.full(num_images, 1 / num_images)
    parts: list[FloatArray] = []
    for start in range(0, resamples, RESAMPLES_AT_ONCE):
        size = min(RESAMPLES_AT_ONCE, resamples - start)
        parts.append(difference(generator.multinomial(num_images, share, size).astype(np.float64)))
    tail = (1 - level) / 2
    low, high = np.nanquantile(np.concatenate(parts), [tail, 1 - tail])
    return Interval(observed, float(low), float(high))


def decided_measures(
    decisions: npt.NDArray[np.bool_],
    target: npt.NDArray[np.bool_],
    ignored: npt.NDArray[np.bool_],
) -> dict[str, Measure]:
    """C-P ... O-F1 of a run's decisions, each as a measure of resampled images.

    With every image drawn once they are those of `cnn_rnn.metrics.functional`.

    Args:
        decisions: (B, K).
        target: (B, K).
        ignored: (B, K), neither right nor wrong.
    """
    kept = ~ignored
    correct = (decisions & target & kept).astype(np.float64)
    given = (decisions & kept).astype(np.float64)
    true = (target & kept).astype(np.float64)

    def measure(name: str) -> Measure:
        def measured(weights: FloatArray) -> FloatArray:
            counts = [weights @ part for part in (correct, given, true)]  # (R, K) each
            if name.startswith("c_"):
                precision = _ratio(counts[0], counts[1]).mean(axis=1)
                recall = _ratio(counts[0], counts[2]).mean(axis=1)
            else:
                sums = [count.sum(axis=1) for count in counts]
                precision, recall = _ratio(sums[0], sums[1]), _ratio(sums[0], sums[2])
            f1: FloatArray = _ratio(2 * precision * recall, precision + recall)
            found: FloatArray = {"p": precision, "r": recall, "f1": f1}[name[2:]]
            return found

        return measured

    return {name: measure(name) for name in ("c_p", "c_r", "c_f1", "o_p", "o_r", "o_f1")}


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Their quotient; 0 where the denominator is."""
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
