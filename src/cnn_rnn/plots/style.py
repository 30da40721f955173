"""How every figure looks: colours, sizes, labels beside what they name, files that do not change.

No global state of matplotlib is touched: figures are made without pyplot, on the Agg canvas, and
parameters hold only inside `styled()`. The palette is Okabe and Ito's, which colour-blind readers
tell apart. The same data gives the same bytes: files carry neither date nor version.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#6E6E6E"  # for what is no data: rules, notes
# Yellow last: a yellow line on white paper is hard to see.
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK, YELLOW)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")  # colour is never the only difference

COLUMN_WIDTH = 3.5  # inches: a column of the paper's two
PAGE_WIDTH = 7.2  # inches: both columns
DPI = 300
_LINE_POINTS = 9.0  # from one name at the end of a line to the next
MINI_NOTE = "MINI: drawn scenes, not the paper's photos"

_PARAMETERS: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # matplotlib brings it: the same letters on every machine
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.5,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "lines.linewidth": 1.4,
    "lines.markersize": 4,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "cnn-rnn",
}


def matplotlib() -> ModuleType:
    """The library, on first use.

    Raises:
        ImportError: it is not installed; says how to install it.
    """
    try:
        import matplotlib
        import matplotlib.figure
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install 'cnn-rnn[plots]'") from error
    return matplotlib


@contextmanager
def styled() -> Iterator[None]:
    """Inside, matplotlib draws in this style; whatever it was set to before holds again after."""
    library = matplotlib()
    defaults = library.rcParamsDefault
    # Asking for the backend would load pyplot and choose one.
    plain = {name: defaults[name] for name in defaults if not name.startswith("backend")}
    with library.rc_context():
        library.rcParams.update(plain | _PARAMETERS)
        yield


def new_figure(width: float = COLUMN_WIDTH, height: float | None = None) -> Figure:
    """An empty figure whose parts make room for each other; call it within `styled()`.

    Args:
        width: inches.
        height: inches; None: the golden section of the width.
    """
    made: Figure = matplotlib().figure.Figure(
        figsize=(width, width * 0.618 if height is None else height), layout="constrained"
    )
    return made


def save(figure: Figure, stem: Path) -> list[Path]:
    """Writes a figure as PNG (300 dots an inch) and SVG, without date or version.

    Args:
        figure: any.
        stem: the files' path without suffix; a dot in its name is kept. Its folder is made.
    Returns:
        [the .png, the .svg].
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    stem.parent.mkdir(parents=True, exist_ok=True)
    files = [stem.with_name(f"{stem.name}.{suffix}") for suffix in ("png", "svg")]
    unmarked: list[dict[str, Any]] = [{"Software": None}, {"Date": None, "Creator": None}]
    FigureCanvasAgg(figure)
    with styled():
        for file, metadata in zip(files, unmarked, strict=True):
            figure.savefig(file, dpi=DPI, metadata=metadata)
    return files


def say_mini(figure: Figure) -> None:
    """Says below a figure that its numbers are those of drawn scenes."""
    figure.supxlabel(MINI_NOTE, x=0.995, ha="right", fontsize=6.5, color=GREY)


def spread_out(positions: Sequence[float], gap: float, lowest: float = -math.inf) -> list[float]:
    """Moves positions apart until neighbours are `gap` from each other, as little as possible.

    Args:
        positions: any order; it is kept in the result, equal ones in the order given.
        gap: at least 0.
        lowest: no result lies below.
    Returns:
        The nearest positions in the least-squares sense.
    """
    order = sorted(range(len(positions)), key=lambda index: positions[index])
    # With multiples of the gap taken off, only the order has to be kept: isotonic regression, by
    # pooling neighbours that violate it.
    pools: list[tuple[float, int]] = []
    for rank, index in enumerate(order):
        pools.append((positions[index] - rank * gap, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (left, many), (right, more) = pools[-2:]
            pools[-2:] = [((left * many + right * more) / (many + more), many + more)]
    level = [max(mean, lowest) for mean, size in pools for _ in range(size)]
    moved = [0.0] * len(positions)
    for rank, index in enumerate(order):
        moved[index] = level[rank] + rank * gap
    return moved


def label_line_ends(
    axes: Axes, ends: Sequence[tuple[float, float]], names: Sequence[str], colours: Sequence[str]
) -> None:
    """Names lines at their right ends, moved apart where they would overlap.

    Call it when all else is drawn and the limits of the vertical axis are final.

    Args:
        axes: whose lines they are.
        ends: the last point of each line, in data coordinates.
        names: of the lines.
        colours: of the lines.
    """
    whole = axes.figure.canvas.figure
    whole.draw_without_rendering()  # only now the axes have their height
    points = 72 / whole.dpi
    natural = [float(axes.transData.transform(end)[1]) * points for end in ends]
    bottom = float(axes.get_window_extent().y0) * points
    heights = spread_out(natural, _LINE_POINTS, bottom + _LINE_POINTS / 2)
    right = max((x for x, _ in ends), default=0.0)
    for (_, y), was, height, name, colour in zip(
        ends, natural, heights, names, colours, strict=True
    ):
        axes.annotate(
            name,
            (right, y),
            xytext=(5, height - was),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            color=colour,
            annotation_clip=False,
        )
