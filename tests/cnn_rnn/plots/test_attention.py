"""Figure 10."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from cnn_rnn.plots import Attention, draw_attention


def example(before: float = 1.0) -> Attention:
    maps = np.full((64, 64), before)
    after = np.zeros((64, 64))
    after[10:30, 10:30] = 5.0
    return Attention(
        np.zeros((64, 64, 3), dtype=np.uint8),
        maps,
        after,
        ("a label with a very long name", "cup"),
        (0.75, 0.031),
        ([[0, 0, 64, 30]], [[10, 10, 20, 20], [40, 40, 5, 5]]),
    )


@pytest.mark.parametrize("count", [1, 4])
def test_columns_and_labels_are_legible(
    count: int, legible_texts: Callable[[Figure], list[str]]
) -> None:
    shown = legible_texts(draw_attention([example()] * count, is_mini=True))
    assert shown.count("next: cup, p = 0.03") == count
    for head in ("image", "nothing given", "first label given", "after minus before"):
        assert shown.count(head) == 1


def test_maps_are_shares_on_one_scale_and_the_change_is_their_difference() -> None:
    row = draw_attention([example()]).axes[4:8]
    before, after, change = (np.asarray(axes.images[0].get_array()) for axes in row[1:])
    assert before.sum() == pytest.approx(1)
    assert after.sum() == pytest.approx(1)
    np.testing.assert_allclose(change, after - before)
    assert row[1].images[0].get_clim() == row[2].images[0].get_clim()
    low, high = row[3].images[0].get_clim()
    assert low == -high


def test_the_boxes_of_the_label_to_come_are_outlined() -> None:
    row = draw_attention([example()]).axes[4:8]
    # Each box has a rim behind its line.
    assert [len(axes.patches) // 2 for axes in row] == [0, 1, 2, 2]


def test_a_map_that_is_zero_everywhere_is_drawn() -> None:
    row = draw_attention([example(before=0.0)]).axes[4:8]
    assert np.asarray(row[1].images[0].get_array()).sum() == 0


def test_no_image_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one image"):
        draw_attention([])
