"""Figure 9."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from cnn_rnn.plots import draw_nearest

Texts = Callable[[Figure], list[str]]


@pytest.mark.parametrize("count", [1, 3, 6])
def test_lists_are_legible_and_labels_of_the_image_marked(count: int, legible_texts: Texts) -> None:
    pictures = [np.zeros((96, 96, 3), dtype=np.uint8)] * count
    nearest = [("person", 0.91), ("a label with a very long name", 0.5), ("cup", -0.2)]
    softmax = [("cup", 0.4), ("person", 0.1)]
    figure = draw_nearest(pictures, [["person"]] * count, [nearest] * count, [softmax] * count)
    shown = legible_texts(figure)
    assert shown.count("person") == 2 * count
    at = shown.index("person")
    assert shown[at - 1] == "✓"
    assert shown[shown.index("cup") - 1] == "✗"
    assert shown.count("-0.20") == count
    assert any(text.endswith("…") for text in shown)


def test_bars_are_as_long_as_the_numbers() -> None:
    picture = np.zeros((9, 9, 3), dtype=np.uint8)
    figure = draw_nearest([picture], [[]], [[("a", 0.5), ("b", -0.5)]], [[("c", 0.25)]], True)
    widths = [
        patch.get_width()  # type: ignore[attr-defined]  # rectangles
        for axes in figure.axes
        for patch in axes.patches
    ]
    assert widths == [0.5, 0, 0.25]


def test_lists_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="two lists of each"):
        draw_nearest([np.zeros((9, 9, 3), dtype=np.uint8)], [[]], [], [[]])
