"""Figure 8: recall against how much of the image an object covers, with and without recurrence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cnn_rnn.plots.style import (
    BLACK,
    COLOURS,
    GREY,
    MARKERS,
    PAGE_WIDTH,
    new_figure,
    say_mini,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = npt.NDArray[np.floating]


def draw_recall_by_area(
    bins: Sequence[str],
    counts: Sequence[int],
    model_names: Sequence[str],
    recall: FloatArray,
    difference: FloatArray,
    is_mini: bool = False,
) -> Figure:
    """Recall in bins of area, and below it the difference of the models with its interval.

    Args:
        bins: M names, from the smallest area to the largest.
        counts: true labels in each.
        model_names: two: with and without recurrence.
        recall: (2, M, 3) in percent: mean, low and high end of the interval; NaN in an empty bin.
        difference: (M, 3) in percentage points, the first model minus the second, likewise.
        is_mini: whether the figure has to say that these are drawn scenes.
    Raises:
        ValueError: other shapes.
    """
    num_bins = len(bins)
    if (
        len(counts) != num_bins
        or len(model_names) != 2
        or recall.shape != (2, num_bins, 3)
        or difference.shape != (num_bins, 3)
    ):
        raise ValueError(
            f"expected two models and {num_bins} bins, got {len(model_names)} names, "
            f"{len(counts)} counts, {recall.shape} and {difference.shape}"
        )
    with styled():
        figure = new_figure(PAGE_WIDTH * 0.75, 4.1)
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2.1, 1))
        places = np.arange(num_bins)
        for model, name in enumerate(model_names):
            _line(above, places + (model - 0.5) * 0.14, recall[model], model, name)
        above.set_ylabel("recall, %")
        above.set_ylim(0, min(100, 1.12 * float(np.nanmax(recall[..., 2]))))
        above.legend(loc="upper left")
        below.axhline(0, color=GREY, linewidth=0.8)
        below.errorbar(
            places,
            difference[:, 0],
            _arms(difference),
            fmt=MARKERS[2],
            color=BLACK,
            elinewidth=1,
            capsize=2.5,
        )
        below.set_ylabel("difference,\npoints")
        below.set_xlabel("area of the label's largest box, % of the image (true labels in the bin)")
        labels = [f"{name}\n({count:,})" for name, count in zip(bins, counts, strict=True)]
        below.set_xticks(places, labels)
        below.tick_params(axis="x", labelsize=6.8)
        for axes in (above, below):
            axes.grid(visible=False, axis="x")
        if is_mini:
            say_mini(figure)
    return figure


def _line(axes: Axes, places: FloatArray, values: FloatArray, model: int, name: str) -> None:
    axes.errorbar(
        places,
        values[:, 0],
        _arms(values),
        color=COLOURS[model],
        marker=MARKERS[model],
        linestyle=("-", "--")[model],
        elinewidth=1,
        capsize=2.5,
        label=name,
    )


def _arms(values: FloatArray) -> FloatArray:
    """(2, M): how far the interval reaches below and above the mean."""
    return np.stack([values[:, 0] - values[:, 1], values[:, 2] - values[:, 0]]).clip(min=0)
