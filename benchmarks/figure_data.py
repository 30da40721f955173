"""The numbers of Figures 7 and 8 from the arrays of runs, with intervals over test images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from benchmarks import resampling
from benchmarks.statistics import FloatArray, Interval, Measure, paired_bootstrap
from benchmarks.store import Arrays

LEVEL = 0.95


def class_precision(runs: Sequence[Arrays]) -> FloatArray:
    """The precision of each class, mean over runs.

    Args:
        runs: of one row.
    Returns:
        (K,) in percent; a run that never predicts a class counts 0, as in the tables; NaN for a
        class that no run predicts.
    """
    found = np.stack([_percent(*_counts(run, run.decisions)) for run in runs])
    means = np.nan_to_num(found).mean(axis=0)
    return np.where(np.isnan(found).all(axis=0), np.nan, means)


def class_recall(runs: Sequence[Arrays]) -> FloatArray:
    """The recall of each class, mean over runs.

    Args:
        runs: of one row.
    Returns:
        (K,) in percent; NaN for a class without positives.
    """
    found = np.stack([_percent(*_counts(run, run.target)) for run in runs])
    means: FloatArray = found.mean(axis=0)
    return means


def recall_by_area(
    rows: Sequence[Sequence[Arrays]],
    bins: npt.NDArray[np.int64],
    names: Sequence[str],
    resamples: int,
) -> tuple[FloatArray, FloatArray]:
    """Recall in bins of area, and the difference of two rows, with intervals.

    Args:
        rows: the runs of two rows, on the same B images.
        bins: (B, K), the bin of each label of each image; -1: in none.
        names: of the M bins.
        resamples: of the bootstrap.
    Returns:
        (2, M, 3) in percent, and (M, 3) in percentage points, first row minus second: mean, low
        end, high end; NaN for a bin without true labels.
    """
    measures = [[_recall(run, bins, names) for run in runs] for runs in rows]
    nothing = [Measure(tuple(names), lambda weights: np.zeros((len(weights), len(names))))]
    pairs = [(measures[0], nothing), (measures[1], nothing), (measures[0], measures[1])]
    found = [
        _rows(paired_bootstrap(ours, theirs, len(bins), resamples, level=LEVEL), names)
        for ours, theirs in pairs
    ]
    return np.stack(found[:2]), found[2]


def _recall(run: Arrays, bins: npt.NDArray[np.int64], names: Sequence[str]) -> Measure:
    return resampling.recall_in_bins(run.decisions, run.target, run.ignored, bins, names)


def _rows(found: dict[str, Interval], names: Sequence[str]) -> FloatArray:
    missing = Interval(np.nan, np.nan, np.nan)
    return 100 * np.array([found.get(name, missing) for name in names])


def _counts(
    run: Arrays, among: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Right labels, and those they are counted among, of each class."""
    kept = ~run.ignored
    return (run.decisions & run.target & kept).sum(axis=0), (among & kept).sum(axis=0)


def _percent(part: npt.NDArray[np.int64], whole: npt.NDArray[np.int64]) -> FloatArray:
    shares: FloatArray = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return 100 * shares
