"""What every figure has to keep: its texts lie inside it, and do not lie on each other."""

import itertools
from collections.abc import Callable, Iterator

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text


def _texts(figure: Figure) -> list[str]:
    """The texts of a figure; fails where one is cut off or overlaps another."""
    canvas = FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]  # matplotlib's
    shown = [
        found
        for found in figure.findobj(Text)
        if isinstance(found, Text) and found.get_visible() and found.get_text().strip()
    ]
    hidden = {id(label) for axes in figure.axes for label in _outside(axes)}
    shown = [text for text in shown if id(text) not in hidden]
    boxes = [text.get_window_extent(renderer) for text in shown]
    whole = figure.bbox
    for text, box in zip(shown, boxes, strict=True):
        inside = (
            box.x0 >= whole.x0 - 1
            and box.x1 <= whole.x1 + 1
            and box.y0 >= whole.y0 - 1
            and box.y1 <= whole.y1 + 1
        )
        assert inside, f"{text.get_text()!r} is cut off"
    for (one, box), (other, its_box) in itertools.combinations(zip(shown, boxes, strict=True), 2):
        # A text's box has room for letters above and below those it shows.
        wide = min(box.x1, its_box.x1) - max(box.x0, its_box.x0)
        high = min(box.y1, its_box.y1) - max(box.y0, its_box.y0)
        overlap = wide > 1 and high > 0.4 * min(box.height, its_box.height)
        assert not overlap, f"{one.get_text()!r} lies on {other.get_text()!r}"
    return [text.get_text() for text in shown]


def _outside(axes: Axes) -> Iterator[Text]:
    """Labels of ticks beyond the limits, which are not drawn."""
    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        for tick in axis.get_major_ticks():
            if not min(low, high) <= tick.get_loc() <= max(low, high):
                yield tick.label1


@pytest.fixture
def legible_texts() -> Callable[[Figure], list[str]]:
    """Gives a figure's texts, once it is known that they can all be read."""
    return _texts
