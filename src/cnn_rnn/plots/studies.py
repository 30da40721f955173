"""Plots of studies: differences from a reference row, values along a size, losses along epochs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from cnn_rnn.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINE_INCHES = 0.165  # height of a row of dots
FAR = 3.0  # times farther from the reference than the next row: shown as an arrow at the edge


class Difference(NamedTuple):
    """What a row has more or less than the reference, with its interval; the reference has 0."""

    name: str
    difference: float | None  # None: nothing was measured
    low: float
    high: float

    @property
    def is_shown(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


class DotPanel(NamedTuple):
    """One metric: all rows, in the same order in each panel."""

    metric: str
    reference: float  # its value, percent
    rows: Sequence[Difference]


class Series(NamedTuple):
    """A line: values along numbers or named places, with an error bar each (0: none)."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    error: Sequence[float]


class LinePanel(NamedTuple):
    """Lines over one horizontal axis."""

    x_label: str
    series: Sequence[Series]
    ticks: Sequence[str] | None = None  # names of the places 0, 1, ...; None: x are numbers


class Losses(NamedTuple):
    """Held-out loss of each epoch, one sequence a seed."""

    name: str
    of_seeds: Sequence[Sequence[float]]


def differences(
    panels: Sequence[DotPanel], losses: Sequence[Losses] = (), *, is_mini: bool
) -> Figure:
    """A row a line, a metric a panel: dots with intervals around the reference; losses below.

    Args:
        panels: at least one.
        losses: of some rows; none: no second part.
        is_mini: say so on the figure.
    Returns:
        A figure as wide as a column.
    """
    rows = len(panels[0].rows)
    upper, lower = LINE_INCHES * rows + 0.55, 1.75 if losses else 0.0
    with style.styled():
        figure = style.new_figure(style.COLUMN_WIDTH, upper + lower + 0.15 * is_mini)
        heights = [upper, lower] if losses else [upper]
        parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
        for index, panel in enumerate(panels):
            axes = parts[0].add_subplot(1, len(panels), index + 1)
            _dots(axes, panel, names=index == 0)
        if losses:
            _losses(parts[1].add_subplot(), losses)
        if is_mini:
            style.say_mini(figure)
    return figure


def lines(panels: Sequence[LinePanel], y_label: str, *, is_mini: bool) -> Figure:
    """Lines with error bars, each named at its end; panels share the vertical axis.

    Args:
        panels: one: as wide as a column; several: below each other.
        y_label: with its unit.
        is_mini: say so on the figure.
    """
    with style.styled():
        height = 2.0 * len(panels) + 0.25 + 0.15 * is_mini
        figure = style.new_figure(style.COLUMN_WIDTH, height)
        drawn: list[Axes] = []
        for index, panel in enumerate(panels):
            axes = figure.add_subplot(len(panels), 1, index + 1, sharey=drawn[0] if drawn else None)
            _lines(axes, panel)
            axes.set_ylabel(y_label)
            drawn.append(axes)
        for axes, panel in zip(drawn, panels, strict=True):
            _name_lines(axes, [(one.name, one.x[-1], one.y[-1]) for one in panel.series])
        if is_mini:
            style.say_mini(figure)
    return figure


def recall_by_size(
    series: Sequence[Series], gain: Sequence[Difference], sizes: Sequence[str], *, is_mini: bool
) -> Figure:
    """Recall in bins of object size, and above each bin the difference of the two rows.

    Args:
        series: the two rows, x are the bins 0, 1, ...
        gain: second row minus first, a bin each.
        sizes: names of the bins, with the number of labels.
        is_mini: say so on the figure.
    """
    with style.styled():
        figure = style.new_figure(style.COLUMN_WIDTH, 3.3 + 0.15 * is_mini)
        above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [1, 1.9]})
        for place, one in enumerate(gain):
            if one.difference is not None:
                _dot(above, one, place, vertical=True)
        above.axhline(0, color=style.GREY, linewidth=0.8)
        above.set_ylabel("difference\n(points)")
        above.grid(axis="x", visible=False)
        _lines(below, LinePanel("largest box of the label, share of the image", series, sizes))
        below.set_ylabel("recall (%)")
        below.set_ylim(bottom=0)
        _name_lines(below, [(one.name, one.x[-1], one.y[-1]) for one in series])
        if is_mini:
            style.say_mini(figure)
    return figure


def _dots(axes: Axes, panel: DotPanel, names: bool) -> None:
    rows = panel.rows
    low, high = _range(rows)
    for place, row in enumerate(rows):
        if row.difference is None:
            axes.text(0, place, " no run", va="center", fontsize=6.5, color=style.GREY)
        elif low <= row.difference <= high:
            _dot(axes, row, place, vertical=False)
        else:
            _outside(axes, row, place, low if row.difference < low else high)
    axes.set_xlim(low, high)
    axes.axvline(0, color=style.GREY, linewidth=0.8, zorder=1)
    axes.set_yticks(range(len(rows)), [row.name for row in rows] if names else [""] * len(rows))
    axes.tick_params(axis="y", length=0, labelsize=7)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_title(panel.metric, fontsize=8)
    axes.set_xlabel(f"points over {panel.reference:.1f}%", fontsize=7.5)
    axes.spines["left"].set_visible(False)


def _range(rows: Sequence[Difference]) -> tuple[float, float]:
    """What the axis shows: all of the rows, or all but those several times farther than the rest.

    One that is far off would press all the others onto the line of the reference.
    """
    there = [row for row in rows if row.difference is not None]
    far = sorted(max(abs(row.low), abs(row.high)) for row in there)
    limit = far[-1]
    for nearer, farther in pairwise(far):
        if nearer > 0 and farther > FAR * nearer and nearer >= far[len(far) // 2]:
            limit = nearer
            break
    kept = [row for row in there if max(abs(row.low), abs(row.high)) <= limit]
    low, high = min(row.low for row in kept), max(row.high for row in kept)
    margin = 0.12 * ((high - low) or 1.0)
    return low - margin, high + margin


def _outside(axes: Axes, row: Difference, place: float, edge: float) -> None:
    """A row beyond the axis: an arrowhead at its edge, and the number."""
    assert row.difference is not None
    below = row.difference < edge
    colour = _colour(row)
    axes.plot([edge], [place], "<" if below else ">", color=colour, clip_on=False)
    axes.annotate(
        f"{row.difference:+.1f}".replace("-", "\N{MINUS SIGN}"),
        (edge, place),
        xytext=(5 if below else -5, 0),
        textcoords="offset points",
        ha="left" if below else "right",
        va="center",
        fontsize=6.5,
        color=colour,
    )


def _dot(axes: Axes, row: Difference, place: float, *, vertical: bool) -> None:
    """A dot and its interval; filled and coloured by its sign only where the interval says so."""
    assert row.difference is not None
    colour = _colour(row)
    is_reference = row.low == row.high == 0
    errors = [[row.difference - row.low], [row.high - row.difference]]
    where = (place, row.difference) if vertical else (row.difference, place)
    bar = {"yerr": errors} if vertical else {"xerr": errors}
    axes.errorbar(
        *where,
        **bar,  # type: ignore[arg-type]  # either of two names
        fmt="o",
        color=colour,
        markerfacecolor=colour if row.is_shown or is_reference else "white",
        elinewidth=1.2,
    )


def _colour(row: Difference) -> str:
    if not row.is_shown:
        return style.GREY
    return style.BLUE if row.low > 0 else style.VERMILLION


def _lines(axes: Axes, panel: LinePanel) -> None:
    for one, colour, marker in zip(panel.series, style.COLOURS, style.MARKERS, strict=False):
        axes.errorbar(
            one.x, one.y, one.error, color=colour, marker=marker, capsize=2, elinewidth=0.8
        )
    axes.set_xlabel(panel.x_label)
    places = sorted({x for one in panel.series for x in one.x})
    if panel.ticks is not None:
        axes.set_xticks(range(len(panel.ticks)), panel.ticks)
        axes.margins(x=0.08)
        return
    # Sizes and widths are compared as ratios; each that was measured has its tick.
    axes.set_xscale("log", base=2)
    axes.set_xticks(places, [f"{place:g}" for place in places])
    axes.minorticks_off()


def _losses(axes: Axes, losses: Sequence[Losses]) -> None:
    from matplotlib.ticker import LogLocator

    for one, colour in zip(losses, style.COLOURS, strict=False):
        for epochs in one.of_seeds:
            axes.plot(range(1, len(epochs) + 1), epochs, color=colour, linewidth=0.9)
    axes.set_xlabel("epoch")
    axes.set_ylabel("held-out loss\n(nats a step)")
    axes.locator_params(axis="x", integer=True)
    # A first epoch may lie ten times above the last one.
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=[1, 2, 3, 5]))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.minorticks_off()
    longest = [max(one.of_seeds, key=len) for one in losses]
    ends = [(one.name, float(len(of)), of[-1]) for one, of in zip(losses, longest, strict=True)]
    _name_lines(axes, ends)


def _name_lines(axes: Axes, ends: Sequence[tuple[str, float, float]]) -> None:
    names = [name for name, _, _ in ends]
    style.label_line_ends(axes, [(x, y) for _, x, y in ends], names, style.COLOURS[: len(ends)])
