"""COCO annotations of a drawn scene, measured on the canvas's mask."""

from itertools import pairwise
from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from data_modules.mini.catalogue import BY_NAME
from data_modules.mini.pen import SUPERSAMPLING, Canvas
from data_modules.mini.sampling import Scene

# An object counts when at least this part of it is seen, and at least this many pixels.
SEEN_PART = 0.15
SEEN_PIXELS = 3.0
_BANDS = 12  # steps of an outline from top to bottom


class SeenItem(NamedTuple):
    """An item that counts: its place in the scene, and the canvas pixels that are seen of it."""

    place: int
    pixels: int


class Runs(TypedDict):
    """COCO's uncompressed run lengths: column by column, background first."""

    counts: list[int]
    size: list[int]


class Annotation(TypedDict):
    """One annotation in COCO's terms, without its numbers."""

    category_id: int
    bbox: list[float]
    area: float
    segmentation: list[list[float]] | Runs
    iscrowd: int


def annotate(scene: Scene, canvas: Canvas, covered: list[int]) -> list[Annotation]:
    """What is seen of a scene.

    Args:
        scene: the scene.
        canvas: it, drawn.
        covered: for each item the canvas pixels that it had before others hid them.
    Returns:
        An annotation for each item that is seen, in the order of the items. Boxes are
        x, y, width, height in pixels of the finished picture.
    """
    mask = np.asarray(canvas.mask)
    found: list[Annotation] = []
    for index, pixels in seen_items(scene, canvas, covered):
        item = scene.items[index]
        visible = mask == index + 1
        rows = np.flatnonzero(visible.any(axis=1))
        columns = np.flatnonzero(visible.any(axis=0))
        left, right = int(columns[0]), int(columns[-1]) + 1
        top, bottom = int(rows[0]), int(rows[-1]) + 1
        found.append(
            {
                "category_id": BY_NAME[item.category].id,
                "bbox": [_pixels(n) for n in (left, top, right - left, bottom - top)],
                "area": round(pixels / SUPERSAMPLING**2, 2),
                "segmentation": _runs(visible) if item.crowd else [_outline(visible, top, bottom)],
                "iscrowd": int(item.crowd > 0),
            }
        )
    return found


def seen_items(scene: Scene, canvas: Canvas, covered: list[int]) -> list[SeenItem]:
    """The items that `annotate` annotates, in its order; the arguments are the same."""
    seen = np.bincount(np.asarray(canvas.mask).ravel(), minlength=256)
    items = [SeenItem(place, int(seen[place + 1])) for place in range(len(scene.items))]
    return [
        item
        for item in items
        if item.pixels >= max(SEEN_PIXELS * SUPERSAMPLING**2, SEEN_PART * covered[item.place])
    ]


def _pixels(canvas_pixels: int) -> float:
    return round(canvas_pixels / SUPERSAMPLING, 2)


def _outline(visible: npt.NDArray[np.bool_], top: int, bottom: int) -> list[float]:
    """A staircase down the left side and up the right side of what is seen."""
    count = min(_BANDS, bottom - top)
    edges = [top + (bottom - top) * step // count for step in range(count + 1)]
    down: list[float] = []
    up: list[tuple[float, float]] = []
    for first, last in pairwise(edges):
        columns = np.flatnonzero(visible[first:last].any(axis=0))
        if not columns.size:  # hidden by something that lies across
            continue
        left, right = _pixels(int(columns[0])), _pixels(int(columns[-1]) + 1)
        down += [left, _pixels(first), left, _pixels(last)]
        up += [(right, _pixels(first)), (right, _pixels(last))]
    return down + [part for point in reversed(up) for part in point]


def _runs(visible: npt.NDArray[np.bool_]) -> Runs:
    """Run lengths at the size of the finished picture."""
    small = visible[SUPERSAMPLING // 2 :: SUPERSAMPLING, SUPERSAMPLING // 2 :: SUPERSAMPLING]
    flat = np.concatenate(([False], small.ravel(order="F"), [False]))
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    edges = np.concatenate(([0], changes, [small.size]))
    counts = [int(n) for n in np.diff(edges)]
    if counts and counts[-1] == 0:
        counts.pop()
    return {"counts": counts, "size": [int(n) for n in small.shape]}
