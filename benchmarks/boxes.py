"""Which part of an image a label's boxes cover, at the size of the images that a model sees."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from data_modules.records import ImageBoxes

FloatArray = npt.NDArray[np.float64]


def coverage(image: ImageBoxes, label_id: int, height: int, width: int) -> FloatArray:
    """How much of each pixel lies within a box of the label.

    The image is taken to be stretched to (height, width), as the transform `square` does.

    Args:
        image: its boxes.
        label_id: whose boxes.
        height: of the result.
        width: of the result.
    Returns:
        (height, width) in [0, 1]; where boxes overlap, the larger part; zeros without any box.
    """
    covered = np.zeros((height, width))
    scale = np.array([width / image.width, height / image.height] * 2)
    for box in image.boxes[image.label_ids == label_id].double().numpy():
        left, top, wide, high = box * scale
        rows, columns = _along(height, top, top + high), _along(width, left, left + wide)
        np.maximum(covered, np.outer(rows, columns), out=covered)
    return covered


def _along(size: int, start: float, end: float) -> FloatArray:
    """The part of each of `size` cells that lies between two places."""
    cells = np.arange(size)
    part: FloatArray = np.clip(np.minimum(cells + 1, end) - np.maximum(cells, start), 0, 1)
    return part
