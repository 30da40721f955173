"""Figure 6: example images with what was predicted of them, in order, and what was missed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnn_rnn.plots.pictures import (
    MARKS,
    MISSED,
    RIGHT,
    WRONG,
    Mark,
    Picture,
    mark_legend,
    shortened,
    show_picture,
)
from cnn_rnn.plots.style import GREY, PAGE_WIDTH, new_figure, say_mini, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 4
LINE = 0.145  # inches: a line of text of 7.5 points
LONGEST_NAME = 24  # letters that fit beside the sign


def draw_examples(
    pictures: Sequence[Picture],
    truth: Sequence[Sequence[str]],
    predicted: Sequence[Sequence[str]],
    titles: Sequence[str],
    is_mini: bool = False,
) -> Figure:
    """Images in rows of four, each above its labels.

    Args:
        pictures: B of (H, W, 3) uint8.
        truth: the labels of each.
        predicted: the labels given to each, in the order of the path.
        titles: of each, short.
        is_mini: whether the figure has to say that these are drawn scenes.
    Raises:
        ValueError: no picture, or other numbers of them than of labels and titles.
    """
    if not pictures or len({len(pictures), len(truth), len(predicted), len(titles)}) != 1:
        raise ValueError("expected at least one picture, and truth, predictions and title of each")
    lines = [_lines(*pair) for pair in zip(truth, predicted, strict=True)]
    rows = [
        range(start, min(start + COLUMNS, len(lines))) for start in range(0, len(lines), COLUMNS)
    ]
    deepest = [max(len(lines[index]) for index in row) for row in rows]
    side = PAGE_WIDTH / COLUMNS - 0.15
    heights = [part for depth in deepest for part in (side, LINE * max(depth, 1))]
    with styled():
        figure = new_figure(PAGE_WIDTH, sum(heights) + 0.3 * len(rows) + 0.45)
        grid = figure.add_gridspec(
            len(heights) + 1, COLUMNS, height_ratios=[*heights, 0.2], hspace=0.02
        )
        for number, row in enumerate(rows):
            for column, index in enumerate(row):
                above = figure.add_subplot(grid[2 * number, column])
                show_picture(above, pictures[index])
                above.set_title(titles[index], fontsize=7.5, color=GREY, pad=3)
                below = figure.add_subplot(grid[2 * number + 1, column])
                _write(below, lines[index], deepest[number])
        legend = figure.add_subplot(grid[-1, :])
        legend.set_axis_off()
        mark_legend(legend, MARKS, loc="center")
        if is_mini:
            say_mini(figure)
    return figure


def _lines(truth: Sequence[str], predicted: Sequence[str]) -> list[tuple[str, Mark, str]]:
    """The step, the mark and the label of each line: the path first, then what it lacks."""
    given = [
        (f"{step}", RIGHT if label in truth else WRONG, label)
        for step, label in enumerate(predicted, start=1)
    ]
    return given + [("", MISSED, label) for label in truth if label not in predicted]


def _write(axes: Axes, lines: Sequence[tuple[str, Mark, str]], depth: int) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(max(depth, 1), 0)
    for place, (step, mark, label) in enumerate(lines):
        axes.text(0.0, place + 0.5, step, va="center", fontsize=7, color=GREY)
        axes.text(0.08, place + 0.5, mark.sign, va="center", fontsize=7.5, color=mark.colour)
        axes.text(
            0.18,
            place + 0.5,
            shortened(label, LONGEST_NAME),
            va="center",
            fontsize=7.5,
            color=mark.colour,
            style=mark.slant,
        )
