"""Figure 7: precision and recall of each class, of two models, as bars that can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cnn_rnn.plots.style import BLUE, GREY, ORANGE, PAGE_WIDTH, new_figure, say_mini, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = npt.NDArray[np.floating]
BLOCKS = 2  # classes stand in so many columns
ROW = 0.2  # inches a class
# The second model's bars are filled, the first one's hatched: colour is not the only difference.
LOOKS: tuple[dict[str, Any], ...] = (
    {"facecolor": "white", "edgecolor": ORANGE, "hatch": "//////", "linewidth": 0.5},
    {"facecolor": BLUE, "edgecolor": BLUE, "linewidth": 0.5},
)


def draw_class_bars(
    class_names: Sequence[str],
    model_names: Sequence[str],
    precision: FloatArray,
    recall: FloatArray,
    is_mini: bool = False,
) -> Figure:
    """Two bars a class for precision, two for recall; a class that is never predicted is marked.

    Args:
        class_names: K, from the top to the bottom of the first column, then of the second.
        model_names: two.
        precision: (2, K) in percent; NaN: the class is never predicted.
        recall: (2, K) in percent; NaN: the class has no positives.
        is_mini: whether the figure has to say that these are drawn scenes.
    Raises:
        ValueError: other shapes.
    """
    wanted = (2, len(class_names))
    if precision.shape != wanted or recall.shape != wanted or len(model_names) != 2:
        raise ValueError(
            f"expected two models and arrays {wanted}, got {len(model_names)} names, "
            f"{precision.shape} and {recall.shape}"
        )
    longest = -(-len(class_names) // BLOCKS)
    with styled():
        figure = new_figure(PAGE_WIDTH, ROW * longest + 0.9)
        axes = figure.subplots(1, 2 * BLOCKS, sharex=True, squeeze=False)[0]
        for block in range(BLOCKS):
            part = slice(block * longest, (block + 1) * longest)
            names = class_names[part]
            for place, (values, title) in enumerate(((precision, "precision"), (recall, "recall"))):
                panel = axes[2 * block + place]
                _bars(panel, values[:, part], longest)
                panel.set_title(f"{title}, %", fontsize=8)
                panel.set_yticks(range(len(names)), names if place == 0 else [""] * len(names))
                panel.tick_params(axis="y", length=0, labelsize=6.5)
        figure.legend(
            handles=_handles(model_names), loc="outside upper center", ncols=3, fontsize=8
        )
        if is_mini:
            say_mini(figure)
    return figure


def _bars(axes: Axes, values: FloatArray, rows: int) -> None:
    thick = 0.38
    for model, look in enumerate(LOOKS):
        places = np.arange(values.shape[1]) + (model - 0.5) * thick
        axes.barh(places, np.nan_to_num(values[model]), thick * 0.92, **look)
        for place, value in zip(places, values[model], strict=True):
            if np.isnan(value):
                axes.plot(1.5, place, marker="x", markersize=2.4, color=GREY, markeredgewidth=0.7)
    axes.set_xlim(0, 100)
    axes.set_ylim(rows - 0.4, -0.6)
    axes.set_xticks([0, 25, 50, 75, 100])
    axes.tick_params(axis="x", labelsize=6.5)
    axes.grid(visible=False, axis="y")


def _handles(model_names: Sequence[str]) -> list[object]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    bars: list[object] = [
        Patch(**look, label=name) for look, name in zip(LOOKS, model_names, strict=True)
    ]
    never = Line2D([], [], linestyle="", marker="x", color=GREY, markersize=3.5)
    never.set_label("never predicted")
    return [*bars, never]
