"""Plots of studies: what is drawn where, and that nothing overlaps."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from cnn_rnn.plots import studies, style
from cnn_rnn.plots.studies import Difference, DotPanel, LinePanel, Losses, Series

ROWS = (
    Difference("reference", 0.0, 0.0, 0.0),
    Difference("better", 2.0, 1.0, 3.0),
    Difference("worse", -2.0, -3.0, -1.0),
    Difference("unclear", 0.5, -0.5, 1.5),
    Difference("not there", None, 0.0, 0.0),
)


def dots() -> Figure:
    panels = [DotPanel("C-F1", 27.5, ROWS), DotPanel("O-F1", 36.6, ROWS)]
    losses = [
        Losses("frequency", [[3.0, 2.0, 1.9], [3.1, 2.1]]),
        Losses("random", [[3.5, 3.4, 3.3, 3.3]]),
    ]
    return studies.differences(panels, losses, is_mini=True)


def texts(figure: Figure) -> str:
    return " ".join(found.get_text() for found in figure.findobj(match=_is_text))  # type: ignore[attr-defined]


def _is_text(found: object) -> bool:
    return hasattr(found, "get_text")


def test_only_a_difference_that_the_interval_shows_is_filled_and_coloured() -> None:
    axes = dots().get_axes()[0]
    points = [line for line in axes.lines if line.get_marker() == "o"]
    drawn = {int(np.asarray(line.get_ydata())[0]): line for line in points}
    assert len(drawn) == 4  # nothing for the row without runs
    assert to_hex(drawn[1].get_markerfacecolor()) == style.BLUE.lower()
    assert to_hex(drawn[2].get_markerfacecolor()) == style.VERMILLION.lower()
    assert drawn[3].get_markerfacecolor() == "white"


def test_axes_say_what_and_in_which_unit_and_the_figure_says_mini() -> None:
    said = texts(dots())
    for words in ("C-F1", "points over 27.5%", "held-out loss", "nats", "epoch", "no run", "MINI"):
        assert words in said


def test_a_row_far_off_is_an_arrow_with_its_number_and_the_others_keep_the_axis() -> None:
    far = Difference("far", -20.0, -21.0, -19.0)
    figure = studies.differences([DotPanel("C-F1", 27.5, (*ROWS, far))], is_mini=False)
    (axes,) = figure.get_axes()
    low, high = axes.get_xlim()
    assert -4 < low < -3
    assert 3 < high < 4
    assert "\N{MINUS SIGN}20.0" in texts(figure)
    assert [line.get_marker() for line in axes.lines].count("<") == 1


def test_real_data_are_not_called_mini() -> None:
    assert "MINI" not in texts(studies.differences([DotPanel("C", 1.0, ROWS)], is_mini=False))


@pytest.mark.parametrize("count", [1, 2])
def test_lines_are_named_and_ticks_are_what_was_measured(count: int, tmp_path: Path) -> None:
    series = [
        Series("C-F1", [1, 2, 10], [20.0, 21.0, 22.0], [0.5, 0.5, 0.0]),
        Series("O-F1", [1, 2, 10], [20.1, 21.1, 22.1], [0.5, 0.5, 0.0]),
    ]
    figure = studies.lines([LinePanel("beam width", series)] * count, "percent", is_mini=True)
    assert figure.get_size_inches()[0] == style.COLUMN_WIDTH
    for axes in figure.get_axes():
        assert [tick.get_text() for tick in axes.get_xticklabels()] == ["1", "2", "10"]
        assert axes.get_ylabel() == "percent"
        assert [text.get_text() for text in axes.texts] == ["C-F1", "O-F1"]
    style.save(figure, tmp_path / "lines")
    for axes in figure.get_axes():
        boxes = [text.get_window_extent() for text in axes.texts]
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
        assert all(box.x1 <= figure.bbox.x1 for box in boxes)


def test_recall_has_a_place_for_each_size(tmp_path: Path) -> None:
    series = [
        Series("No RNN", [0, 1], [8.0, 30.0], [0.1, 0.2]),
        Series("CNN-RNN", [0, 1], [9.0, 31.0], [0.1, 0.2]),
    ]
    figure = studies.recall_by_size(series, ROWS[1:3], ["< 1%", ">= 1%"], is_mini=False)
    style.save(figure, tmp_path / "recall")
    above, below = figure.get_axes()
    assert len(above.containers) == 2
    assert [tick.get_text() for tick in below.get_xticklabels()] == ["< 1%", ">= 1%"]
    assert "recall (%)" in texts(figure)
