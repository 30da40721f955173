"""Mean and spread over seeds, and how sure a difference between two rows is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
RESAMPLES_AT_ONCE = 250  # bounds memory: 250 x 40,000 images x 8 bytes are 80 MB
HIGHER, LOWER, NO_DIFFERENCE = "higher", "lower", "no difference shown"


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

    @property
    def verdict(self) -> str:
        """`higher` or `lower` only where the interval says so."""
        if not self.excludes_zero:
            return NO_DIFFERENCE
        return HIGHER if self.low > 0 else LOWER

    def in_percent(self) -> dict[str, Any]:
        """Percentage points and the verdict, for JSON."""
        return {
            "difference": 100 * self.difference,
            "low": 100 * self.low,
            "high": 100 * self.high,
            "verdict": self.verdict,
        }


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


@dataclass(frozen=True)
class Resampled:
    """What several rows reach on the images as they are, and on the same resamples of them.

    Attributes:
        names: M metrics.
        observed: (M,) by row; means over the row's runs, NaN where a metric is undefined.
        drawn: (resamples, M) by row.
        level: share of the resamples within an interval.
    """

    names: tuple[str, ...]
    observed: Mapping[str, FloatArray]
    drawn: Mapping[str, FloatArray]
    level: float

    def difference(self, row: str, baseline: str) -> dict[str, Interval]:
        """Row minus baseline for each metric, with its percentile interval.

        Resamples for which a metric is undefined are left out, and so is a metric that is
        undefined for the images as they are.
        """
        observed = self.observed[row] - self.observed[baseline]
        drawn = self.drawn[row] - self.drawn[baseline]
        tail = (1 - self.level) / 2
        intervals: dict[str, Interval] = {}
        for index, name in enumerate(self.names):
            if not math.isnan(observed[index]):
                low, high = np.nanquantile(drawn[:, index], [tail, 1 - tail])
                intervals[name] = Interval(float(observed[index]), float(low), float(high))
        return intervals


def resample(
    rows: Mapping[str, Iterable[Measure]],
    num_images: int,
    resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Resampled:
    """Measures every run of every row on the same resamples of the test images.

    Images are drawn with replacement. A row's value is the mean over its runs: an interval speaks
    of the sample of test images, for the models at hand; the spread over seeds is shown apart.

    Args:
        rows: a measure for each run of each row, all of the same metrics; taken one by one, so that
            a generator need not hold more than one run in memory.
        num_images: B.
        resamples: how often B images are drawn.
        seed: of the draws.
        level: share of the resamples within an interval.
    Raises:
        ValueError: no row, a row without runs, or measures of different metrics.
    """
    generator = np.random.default_rng(seed)
    share = np.full(num_images, 1 / num_images)
    # A multinomial count above 65,535 does not happen: on average an image is drawn once.
    draws = [
        generator.multinomial(num_images, share, min(RESAMPLES_AT_ONCE, resamples - start)).astype(
            np.uint16
        )
        for start in range(0, resamples, RESAMPLES_AT_ONCE)
    ]
    names: tuple[str, ...] | None = None
    found: dict[str, FloatArray] = {}  # (1 + resamples, M): the images as they are come first
    for row, measures in rows.items():
        count, total = 0, np.zeros(0)
        for measure in measures:
            if names not in (None, measure.names):
                raise ValueError("expected all runs measured alike")
            names = measure.names
            parts = [measure.of(np.ones((1, num_images)))]
            parts += [measure.of(drawn.astype(np.float64)) for drawn in draws]
            values = np.concatenate(parts)
            count, total = count + 1, values if count == 0 else total + values
        if count == 0:
            raise ValueError(f"expected at least one run of row {row}")
        found[row] = total / count
    if names is None:
        raise ValueError("expected at least one row")
    return Resampled(
        names=names,
        observed={row: values[0] for row, values in found.items()},
        drawn={row: values[1:] for row, values in found.items()},
        level=level,
    )


def paired_bootstrap(
    rows: Sequence[Measure],
    baselines: Sequence[Measure],
    num_images: int,
    resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Interval]:
    """The difference of two rows over test images that both saw: `resample` for two rows.

    Args:
        rows: a measure for each run of the row.
        baselines: a measure for each run of the baseline, of the same metrics.
        num_images: B.
        resamples: how often B images are drawn.
        seed: of the draws.
        level: share of the resamples within the interval.
    Returns:
        Row minus baseline for each metric, as `Resampled.difference`.
    Raises:
        ValueError: as `resample`.
    """
    both = {"row": rows, "baseline": baselines}
    return resample(both, num_images, resamples, seed, level).difference("row", "baseline")
