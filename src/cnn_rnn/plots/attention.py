"""Figure 10: where the model looks before any label is given, and after the first one is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from cnn_rnn.plots.pictures import Picture, bare, outline_boxes, shortened, show_picture
from cnn_rnn.plots.style import GREY, PAGE_WIDTH, new_figure, say_mini, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

FloatArray = npt.NDArray[np.floating]
Boxes = Sequence[Sequence[float]]
MAP_COLOURS = "magma"  # dark to light, evenly: reads without colour too
BOX_COLOUR = "#56B4E9"
BRIGHTEST = 99.5  # percentile of a picture's maps that is drawn brightest
SMOOTHING = 1 / 64  # of the side, sigma of a Gaussian: a deconvnet's maps are speckled. Our choice
HEADS = ("image", "nothing given", "first label given", "after minus before")


class Attention(NamedTuple):
    """One image of the figure.

    Attributes:
        picture: (H, W, 3) uint8.
        before: (H, W) >= 0: attention when nothing is given.
        after: (H, W) >= 0: attention when the first label is given.
        labels: the labels about to be predicted before and after.
        probabilities: of these labels at their step.
        boxes: of these labels: left, top, width, height in pixels of the picture.
    """

    picture: Picture
    before: FloatArray
    after: FloatArray
    labels: tuple[str, str]
    probabilities: tuple[float, float]
    boxes: tuple[Boxes, Boxes]


def draw_attention(examples: Sequence[Attention], is_mini: bool = False) -> Figure:
    """A row an image: the image, its two maps with the box of the label to come, the change.

    Maps are shares of an image's attention, smoothed for the eye; both are drawn on one scale.

    Args:
        examples: at least one.
        is_mini: whether the figure has to say that these are drawn scenes.
    Raises:
        ValueError: no image.
    """
    if not examples:
        raise ValueError("expected at least one image")
    side = (PAGE_WIDTH - 0.5) / len(HEADS)
    with styled():
        figure = new_figure(PAGE_WIDTH, (side + 0.16) * len(examples) + 0.85)
        heads, *grid = figure.subplots(
            len(examples) + 1,
            len(HEADS),
            squeeze=False,
            height_ratios=[0.08, *[1] * len(examples)],
        )
        for axes, head in zip(heads, HEADS, strict=True):
            axes.set_axis_off()
            axes.text(0, 0.5, head, fontsize=8.5, weight="bold", va="center")
        for row, example in zip(grid, examples, strict=True):
            shown = _row(row, example)
        below = np.stack(grid)
        for image, columns, ticks in ((shown[0], below[:, 1:3], 2), (shown[1], below[:, 3:], 3)):
            bar = figure.colorbar(
                image, ax=columns, location="bottom", shrink=0.7, aspect=30, pad=0.02
            )
            words = ("low", "high") if ticks == 2 else ("less", "same", "more")
            low, high = image.get_clim()
            bar.set_ticks(np.linspace(low, high, ticks).tolist(), labels=words)
            bar.outline.set_visible(False)
            bar.ax.tick_params(length=0, labelsize=7)
        if is_mini:
            say_mini(figure)
    return figure


def _row(row: Sequence[Axes], example: Attention) -> tuple[AxesImage, AxesImage]:
    before, after = (_as_shown(values) for values in (example.before, example.after))
    brightest = float(np.percentile(np.stack([before, after]), BRIGHTEST)) or 1.0
    show_picture(row[0], example.picture)
    shown: list[AxesImage] = []
    for axes, values, label, probability, boxes in zip(
        row[1:3],
        (before, after),
        example.labels,
        example.probabilities,
        example.boxes,
        strict=True,
    ):
        shown.append(
            axes.imshow(values, cmap=MAP_COLOURS, vmin=0, vmax=brightest, interpolation="bilinear")
        )
        bare(axes)
        outline_boxes(axes, boxes, BOX_COLOUR, "-")
        words = f"next: {shortened(label, 16)}, p = {probability:.2f}"
        axes.set_title(words, fontsize=7.5, color=GREY, pad=2)
    change = after - before
    largest = float(np.percentile(np.abs(change), BRIGHTEST)) or 1.0
    shown.append(
        row[3].imshow(change, cmap="PuOr_r", vmin=-largest, vmax=largest, interpolation="bilinear")
    )
    bare(row[3])
    outline_boxes(row[3], example.boxes[1], BOX_COLOUR, "-")
    return shown[0], shown[-1]


def _as_shown(values: FloatArray) -> FloatArray:
    """A map that sums to 1, smoothed along both sides."""
    sigma = SMOOTHING * max(values.shape)
    reach = max(1, round(3 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    shown = values / max(float(values.sum()), 1e-30)
    for axis in (0, 1):
        margins = [(reach, reach) if side == axis else (0, 0) for side in (0, 1)]
        shown = np.apply_along_axis(
            np.convolve, axis, np.pad(shown, margins, mode="edge"), weights / weights.sum(), "valid"
        )
    return shown
