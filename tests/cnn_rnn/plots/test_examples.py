"""Figure 6."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from cnn_rnn.plots import draw_examples

Texts = Callable[[Figure], list[str]]


def pictures(count: int) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    return [np.full((48, 64, 3), 20 * index, dtype=np.uint8) for index in range(count)]


def test_labels_are_marked_right_wrong_and_missed_in_the_order_of_the_path(
    legible_texts: Texts,
) -> None:
    figure = draw_examples(pictures(1), [["cat", "dog"]], [["dog", "car"]], ["F1 0.50"], True)
    shown = [text for text in legible_texts(figure) if text != "F1 0.50"]
    assert shown[:8] == ["1", "✓", "dog", "2", "✗", "car", "○", "cat"]
    assert "predicted, not in the image" in shown
    assert any("MINI" in text for text in shown)


@pytest.mark.parametrize("count", [1, 4, 5, 8])
def test_any_number_of_images_and_long_names_stay_legible(count: int, legible_texts: Texts) -> None:
    long = "a label whose name is far too long for its column"
    truth = [[long, "cat"]] * (count - 1) + [[f"label {n}" for n in range(12)]]
    figure = draw_examples(pictures(count), truth, [[long]] * count, ["F1 1.00"] * count)
    shown = legible_texts(figure)
    assert sum(text.endswith("…") for text in shown) == count
    assert not any("MINI" in text for text in shown)


def test_an_image_without_labels_is_shown(legible_texts: Texts) -> None:
    figure = draw_examples(pictures(2), [[], []], [[], []], ["first", "second"])
    assert legible_texts(figure)[:2] == ["first", "second"]


def test_lists_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one picture"):
        draw_examples([], [], [], [])
    with pytest.raises(ValueError, match="of each"):
        draw_examples(pictures(2), [["cat"]], [[], []], ["a", "b"])
