"""The beam's tree (section 3.3) as an SVG drawing, from left to right, a column a label."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass

from cnn_rnn.beam_tree import BeamNode

_COLUMN, _ROW = 187, 31  # pixels from one label to the next, sideways and downwards
_BOX, _HEIGHT = 164, 25  # of a label
_START = 58  # width of the first box
_LONGEST = 15  # letters that fit into a box
_MARGIN = 3


@dataclass(frozen=True)
class _Box:
    """Where a label or an END stands, and how it is drawn: best, kept, lost, or end."""

    words: str
    value: str
    kind: str
    column: int
    row: int
    parent: tuple[int, int] | None


def tree_svg(root: BeamNode) -> str:
    """Every prefix that was alive, as a box with its label's probability; ENDs with their path.

    The best path is filled, what was given up is dashed. It has a description for those who do not
    see it, takes its colours from the page (classes best, kept, lost, end) and asks for nothing.

    Args:
        root: of the tree; without children only START and perhaps its END are drawn.
    """
    boxes: list[_Box] = []
    rows = _place(root, 0, 0, None, boxes)
    width = max(_right(box.column) for box in boxes) + _MARGIN
    height = rows * _ROW + 2 * _MARGIN
    # Edges first; those of the best path last, so that no other one crosses them.
    ordered = sorted(boxes, key=lambda box: box.kind.startswith("best"))
    parts = [_edge(box) for box in ordered] + [_drawn(box) for box in boxes]
    return (
        f'<svg class="beam" xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" aria-label="{_described(root)}">'
        f"{''.join(parts)}</svg>"
    )


def percent(probability: float) -> str:
    """A probability as a reader wants it: 97%, 3.1%, <0.1%."""
    value = 100 * probability
    if value < 0.1:
        return "<0.1%"
    return f"{value:.0f}%" if value >= 9.95 else f"{value:.1f}%"


def _place(
    node: BeamNode, column: int, row: int, parent: tuple[int, int] | None, boxes: list[_Box]
) -> int:
    """Places a node and all below it from `row` on; gives the first free row."""
    rank = node.best_rank
    kind = "lost" if rank is None else "best" if rank == 0 else "kept"
    words, value = (node.label, percent(node.probability)) if parent else ("START", "")
    boxes.append(_Box(words, value, kind, column, row, parent))
    # The node stands beside the continuation on the best path: a path is a line, no staircase.
    ways: list[tuple[float, BeamNode | None]] = [
        (math.inf if child.best_rank is None else child.best_rank, child) for child in node.children
    ]
    if node.rank is not None:
        ways.append((node.rank, None))
    free = row
    for _, child in sorted(ways, key=lambda way: way[0]):
        if child is None:
            boxes.append(_end(node, column + 1, free, (column, row)))
            free += 1
        else:
            free = _place(child, column + 1, free, (column, row), boxes)
    return max(free, row + 1)


def _end(node: BeamNode, column: int, row: int, parent: tuple[int, int]) -> _Box:
    assert node.rank is not None
    assert node.end_probability is not None
    kind = "best end" if node.rank == 0 else "end"
    total = percent(math.exp(node.log_prob) * node.end_probability)
    words, value = f"END {percent(node.end_probability)}", f"path {node.rank + 1}: {total}"
    return _Box(words, value, kind, column, row, parent)


def _edge(box: _Box) -> str:
    if box.parent is None:
        return ""
    column, row = box.parent
    left, right = _right(column), _left(box.column)
    middle = (left + right) / 2
    start, stop = _middle(row), _middle(box.row)
    return (
        f'<path class="{box.kind}" d="M{left} {start:g}C{middle:g} {start:g} {middle:g} '
        f'{stop:g} {right} {stop:g}"/>'
    )


def _drawn(box: _Box) -> str:
    left, right, middle = _left(box.column), _right(box.column), _middle(box.row)
    shown = box.words if len(box.words) <= _LONGEST else box.words[: _LONGEST - 1].rstrip() + "…"
    title = f"<title>{_text(box.words)} {_text(box.value)}</title>"
    return (
        f'<g class="{box.kind}">{title}<rect x="{left}" y="{middle - _HEIGHT / 2:g}" '
        f'width="{right - left}" height="{_HEIGHT}" rx="6"/>'
        f'<text x="{left + 8}" y="{middle + 4.5:g}">{_text(shown)}</text>'
        f'<text class="value" x="{right - 8}" y="{middle + 4.5:g}" text-anchor="end">'
        f"{_text(box.value)}</text></g>"
    )


def _described(root: BeamNode) -> str:
    nodes = list(root.walk())
    ends = sum(node.rank is not None for node in nodes)
    return f"The beam as a tree: {len(nodes) - 1} labels, {ends} paths that end; listed below"


def _left(column: int) -> int:
    return _MARGIN + (column * _COLUMN - (_BOX - _START) if column else 0)


def _right(column: int) -> int:
    return _left(column) + (_BOX if column else _START)


def _middle(row: int) -> float:
    return _MARGIN + (row + 0.5) * _ROW


def _text(value: str) -> str:
    return html.escape(value, quote=True)
