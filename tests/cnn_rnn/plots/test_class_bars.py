"""Figure 7."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from cnn_rnn.plots import draw_class_bars

Texts = Callable[[Figure], list[str]]


@pytest.mark.parametrize("num_classes", [1, 20, 80, 81])
def test_every_class_is_named_once_and_legible(num_classes: int, legible_texts: Texts) -> None:
    names = [f"class {index}" for index in range(num_classes)]
    values = np.linspace(0, 100, 2 * num_classes).reshape(2, -1)
    figure = draw_class_bars(names, ["Softmax", "CNN-RNN"], values, values, is_mini=True)
    shown = legible_texts(figure)
    assert [text for text in shown if text.startswith("class ")] == names
    assert shown.count("precision, %") == shown.count("recall, %") == 2


def test_bars_are_as_long_as_the_numbers_and_the_models_differ_in_more_than_colour() -> None:
    precision = np.array([[10.0, 20, 30], [40, 50, 60]])
    recall = np.array([[1.0, 2, 3], [4, 5, np.nan]])
    figure = draw_class_bars(["a", "b", "c"], ["one", "two"], precision, recall)
    bars = [
        [patch.get_width() for patch in axes.patches]  # type: ignore[attr-defined]  # rectangles
        for axes in figure.axes
    ]
    assert bars == [[10, 20, 40, 50], [1, 2, 4, 5], [30, 60], [3, 0]]
    assert [patch.get_hatch() for patch in figure.axes[0].patches] == ["//////"] * 2 + [None] * 2


def test_a_class_that_is_never_predicted_is_marked() -> None:
    values = np.array([[1.0, np.nan], [2.0, 3.0]])
    figure = draw_class_bars(["a", "b"], ["one", "two"], values, np.ones((2, 2)))
    marks = [len(axes.lines) for axes in figure.axes]
    assert marks == [0, 0, 1, 0]


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="expected two models"):
        draw_class_bars(["a"], ["one", "two"], np.ones((2, 2)), np.ones((2, 1)))
