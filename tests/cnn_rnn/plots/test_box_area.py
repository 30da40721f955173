"""Figure 8."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from cnn_rnn.plots import draw_recall_by_area

BINS = ["< 1", "1 to 4", "4 to 16", ">= 16"]


def drawn() -> Figure:
    middle = np.array([[10.0, 30, 60, 40], [8, 31, 58, np.nan]])
    recall = np.stack([middle, middle - 2, middle + 3], axis=-1)
    difference = recall[0] - recall[1]
    difference[:, 1:] = difference[:, :1] + np.array([-2.0, 2.0])
    return draw_recall_by_area(
        BINS, [1200, 3, 40, 0], ["CNN-RNN", "No RNN"], recall, difference, True
    )


def test_bins_counts_and_models_are_legible(
    legible_texts: Callable[[Figure], list[str]],
) -> None:
    shown = legible_texts(drawn())
    for bin_name, count in zip(BINS, ("1,200", "3", "40", "0"), strict=True):
        assert f"{bin_name}\n({count})" in shown
    assert {"CNN-RNN", "No RNN"} <= set(shown)


def test_points_and_intervals_are_where_the_numbers_are() -> None:
    above, below = drawn().axes
    line = above.containers[0]
    assert np.asarray(line[0].get_ydata()).tolist() == [10, 30, 60, 40]
    low_and_high = [segment[:, 1].tolist() for segment in line[2][0].get_segments()]
    assert low_and_high[0] == [8, 13]
    assert np.asarray(below.containers[0][0].get_ydata())[:3].tolist() == [2, -1, 2]


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="4 bins"):
        draw_recall_by_area(BINS, [1], ["a", "b"], np.ones((2, 4, 3)), np.ones((4, 3)))
