"""Mean and spread over seeds, and how sure a difference between two rows is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Measure:
    """Several metrics of one run as functions of how often each test image is drawn.

    Attributes:
        names: M metrics.
        of: weights (R, B) -> (R, M); NaN where a metric is undefined.
    """

    names: tuple[str, ...]
    of: Callable[[FloatArray], FloatArray]


def paired_bootstrap(
    rows: Sequence[Measure],
    baselines: Sequence[Measure],
    num_images: int,
    resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Interval]:
    """The difference of two rows over test images that both saw (percentile bootstrap).

    Images are drawn with replacement; a resample measures every run of both rows on the same
    images. The difference is that of the means over each row's runs: the interval speaks of the
    sample of test images, for the models at hand; the spread over seeds is shown apart.

    Args:
        rows: a measure for each run of the row.
        baselines: a measure for each run of the baseline, of the same metrics.
        num_images: B.
        resamples: how often B images are drawn.
        seed: of the draws.
        level: share of the resamples within the interval.
    Returns:
        Row minus baseline for each metric; resamples for which it is undefined are left out, and
        so is a metric that is undefined for the images as they are.
    Raises:
        ValueError: no run, or measures of different metrics.
    """
    names = {measure.names for measure in (*rows, *baselines)}
    if not rows or not baselines or len(names) != 1:
        raise ValueError("expected at least one run of each row, all measured alike")

    def difference(weights: FloatArray) -> FloatArray:
        ours = np.mean([measure.of(weights) for measure in rows], axis=0)
        theirs = np.mean([measure.of(weights) for measure in baselines], axis=0)
        return np.asarray(ours - theirs, dtype=np.float64)

    observed = difference(np.ones((1, num_images)))[0]
    generator = np.random.default_rng(seed)
    share = np.full(num_images, 1 / num_images)
    parts: list[FloatArray] = []
    for start in range(0, resamples, RESAMPLES_AT_ONCE):
        size = min(RESAMPLES_AT_ONCE, resamples - start)
        parts.append(difference(generator.multinomial(num_images, share, size).astype(np.float64)))
    drawn = np.concatenate(parts)  # (resamples, M)
    tail = (1 - level) / 2
    intervals: dict[str, Interval] = {}
    for index, name in enumerate(names.pop()):
        if not math.isnan(observed[index]):
            low, high = np.nanquantile(drawn[:, index], [tail, 1 - tail])
            intervals[name] = Interval(float(observed[index]), float(low), float(high))
    return intervals
