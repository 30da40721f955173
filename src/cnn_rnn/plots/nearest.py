"""Figure 9: the labels nearest to an image in the joint embedding beside those of a softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnn_rnn.plots.pictures import Mark, Picture, bare, mark_legend, shortened, show_picture
from cnn_rnn.plots.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    PAGE_WIDTH,
    new_figure,
    say_mini,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

IN_IMAGE = Mark("✓", "in the image", BLUE, "normal")
NOT_IN_IMAGE = Mark("✗", "not in the image", BLACK, "normal")
COLUMNS = 2
LONGEST_NAME = 15
LINE = 0.17  # inches

Ranked = Sequence[tuple[str, float]]


def draw_nearest(
    pictures: Sequence[Picture],
    truth: Sequence[Sequence[str]],
    nearest: Sequence[Ranked],
    softmax: Sequence[Ranked],
    is_mini: bool = False,
) -> Figure:
    """Images in two columns, each beside two ranked lists with a bar for each label.

    Args:
        pictures: B of (H, W, 3) uint8.
        truth: the labels of each.
        nearest: labels and their cosine with the image, best first.
        softmax: labels and their probability, best first.
        is_mini: whether the figure has to say that these are drawn scenes.
    Raises:
        ValueError: no picture, or other numbers of them than of labels and lists.
    """
    if not pictures or len({len(pictures), len(truth), len(nearest), len(softmax)}) != 1:
        raise ValueError("expected at least one picture, and labels and two lists of each")
    depth = max(len(ranked) for ranked in (*nearest, *softmax))
    rows = -(-len(pictures) // COLUMNS)
    with styled():
        figure = new_figure(PAGE_WIDTH, rows * (LINE * depth + 0.5) + 0.5)
        grid = figure.add_gridspec(
            rows + 1,
            3 * COLUMNS,
            height_ratios=[*[LINE * depth + 0.3] * rows, 0.2],
            width_ratios=[0.95, 1.1, 1.1] * COLUMNS,
        )
        for index, picture in enumerate(pictures):
            row, column = index // COLUMNS, 3 * (index % COLUMNS)
            shown = figure.add_subplot(grid[row, column])
            show_picture(shown, picture)
            shown.set_anchor("N")
            lists = (("nearest labels, cosine", nearest), ("softmax, probability", softmax))
            for place, (title, ranked) in enumerate(lists):
                axes = figure.add_subplot(grid[row, column + 1 + place])
                axes.set_title(title, fontsize=7, color=GREY, pad=2)
                _bars(axes, ranked[index], set(truth[index]), depth, (BLUE, ORANGE)[place])
        legend = figure.add_subplot(grid[-1, :])
        legend.set_axis_off()
        mark_legend(legend, (IN_IMAGE, NOT_IN_IMAGE), loc="center")
        if is_mini:
            say_mini(figure)
    return figure


def _bars(axes: Axes, ranked: Ranked, truth: set[str], depth: int, colour: str) -> None:
    """Each label above a thin bar of its value."""
    bare(axes)
    axes.set_xlim(0, 1)
    axes.set_ylim(depth, 0)
    for place, (label, value) in enumerate(ranked):
        mark = IN_IMAGE if label in truth else NOT_IN_IMAGE
        axes.text(0.0, place + 0.4, mark.sign, va="center", fontsize=7, color=mark.colour)
        weight = "bold" if mark is IN_IMAGE else "normal"
        name = shortened(label, LONGEST_NAME)
        axes.text(0.1, place + 0.4, name, va="center", fontsize=7, weight=weight)
        axes.text(1.0, place + 0.4, f"{value:.2f}", va="center", ha="right", fontsize=6.5)
        axes.barh(place + 0.83, max(value, 0), 0.12, color=colour)
