"""What figures of photos share: a picture that is enlarged well, boxes, and marked labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cnn_rnn.plots.style import BLACK, BLUE, VERMILLION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Picture = npt.NDArray[np.uint8]  # (H, W, 3)


class Mark(NamedTuple):
    """How a label is shown: the sign alone tells the marks apart, colour and slant help."""

    sign: str
    words: str
    colour: str
    slant: str


RIGHT = Mark("✓", "predicted, in the image", BLUE, "normal")
WRONG = Mark("✗", "predicted, not in the image", VERMILLION, "italic")
MISSED = Mark("○", "in the image, not predicted", BLACK, "normal")
MARKS = (RIGHT, WRONG, MISSED)


def show_picture(axes: Axes, picture: Picture) -> None:
    """A picture without axes; a small one is enlarged smoothly.

    Args:
        axes: to draw on.
        picture: (H, W, 3) uint8.
    """
    axes.imshow(picture, interpolation="lanczos", aspect="equal")
    bare(axes)


def bare(axes: Axes) -> None:
    """Takes ticks, grid and frame away."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def outline_boxes(axes: Axes, boxes: Sequence[Sequence[float]], colour: str, style: str) -> None:
    """Outlines boxes, with a dark rim that shows on any ground.

    Args:
        axes: that show the picture.
        boxes: left, top, width, height in its pixels.
        colour: of the line.
        style: of the line, as matplotlib names it.
    """
    from matplotlib.patches import Rectangle

    for left, top, width, height in boxes:
        for line, width_of_line, how in ((BLACK, 2.0, "-"), (colour, 1.1, style)):
            axes.add_patch(
                Rectangle(
                    (left - 0.5, top - 0.5),
                    width,
                    height,
                    fill=False,
                    edgecolor=line,
                    linewidth=width_of_line,
                    linestyle=how,
                )
            )


def shortened(name: str, longest: int) -> str:
    """A name of at most `longest` letters; a longer one ends in an ellipsis."""
    return name if len(name) <= longest else name[: longest - 1].rstrip() + "…"


def mark_legend(axes: Axes, marks: Sequence[Mark], **where: Any) -> None:
    """A line that says what the signs mean.

    Args:
        axes: whose whole area the line may use.
        marks: in order.
        where: arguments of `Axes.legend`.
    """
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linestyle="", marker=f"${mark.sign}$", color=mark.colour, markersize=6)
        for mark in marks
    ]
    axes.legend(
        handles,
        [mark.words for mark in marks],
        ncols=len(marks),
        handletextpad=0.2,
        columnspacing=1.6,
        **where,
    )
