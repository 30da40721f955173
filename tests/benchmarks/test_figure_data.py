"""Numbers of Figures 7 and 8, by hand."""

import numpy as np
import pytest

from benchmarks import figure_data
from benchmarks.store import Arrays

TARGET = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0]], dtype=bool)


def run(decisions: list[list[int]], ignored: list[list[int]] | None = None) -> Arrays:
    return Arrays(
        image_id=np.array(["a", "b", "c", "d"]),
        label_names=np.array(["x", "y", "z"]),
        scores=np.zeros((4, 3), dtype=np.float32),
        decisions=np.array(decisions, dtype=bool),
        target=TARGET,
        ignored=np.zeros_like(TARGET) if ignored is None else np.array(ignored, dtype=bool),
        best_path=np.zeros((4, 0), dtype=np.int16),
    )


FIRST = run([[1, 0, 0], [1, 1, 0], [1, 0, 0], [0, 0, 0]])
SECOND = run([[1, 0, 0], [1, 0, 0], [0, 0, 0], [1, 0, 0]])


def test_precision_is_the_mean_of_runs_where_never_predicted_counts_zero() -> None:
    found = figure_data.class_precision([FIRST, SECOND])
    assert found[:2].tolist() == pytest.approx([(200 / 3 + 100) / 2, 0])
    assert np.isnan(found[2])
    assert np.isnan(figure_data.class_precision([SECOND])[1])


def test_recall_is_undefined_without_positives_and_leaves_out_what_is_ignored() -> None:
    found = figure_data.class_recall([FIRST, SECOND])
    assert found[:2].tolist() == pytest.approx([(200 / 3 + 100) / 2, 0])
    assert np.isnan(found[2])
    ignored = run([[1, 0, 0]] * 4, [[0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]])
    assert figure_data.class_precision([ignored])[0] == pytest.approx(200 / 3)


def test_recall_in_bins_and_its_difference_with_intervals() -> None:
    bins = np.array([[0, 1, -1], [0, -1, -1], [-1, 1, -1], [1, -1, -1]])
    recall, difference = figure_data.recall_by_area(
        [[SECOND], [FIRST]], bins, ["small", "large", "huge"], resamples=200
    )
    assert recall.shape == (2, 3, 3)
    assert recall[:, 0, 0].tolist() == [100, 100]
    assert recall[:, 1, 0].tolist() == pytest.approx([100 / 3, 0])
    assert np.isnan(recall[:, 2]).all()
    assert difference[1, 0] == pytest.approx(100 / 3)
    for means, lows, highs in (recall[..., :2, :].reshape(-1, 3).T, difference[:2].T):
        assert (lows <= means).all()
        assert (means <= highs).all()
