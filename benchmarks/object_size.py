"""How much of its image a label's largest object covers, and the bins of the paper's Figure 8."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from data_modules.records import ImageBoxes


def size_shares(images: Iterable[ImageBoxes], num_labels: int) -> npt.NDArray[np.float64]:
    """The area of each label's largest box as a share of its image.

    Args:
        images: the boxes of B images.
        num_labels: K.
    Returns:
        (B, K) in [0, 1]; NaN for a label without a box.
    """
    rows: list[npt.NDArray[np.float64]] = []
    for image in images:
        row = np.full(num_labels, -np.inf)
        areas = image.boxes[:, 2].double() * image.boxes[:, 3].double()
        shares = areas.numpy() / (image.width * image.height)
        np.maximum.at(row, image.label_ids.numpy(), shares)
        rows.append(row)
    found = np.stack(rows) if rows else np.zeros((0, num_labels))
    return np.where(np.isinf(found), np.nan, np.minimum(found, 1.0))


def bin_of(shares: npt.NDArray[np.float64], edges: Sequence[float]) -> npt.NDArray[np.int64]:
    """The bin of each share: 0 below the first edge, and so on; -1 for NaN.

    Args:
        shares: any shape.
        edges: ascending; a share equal to an edge lies above it.
    """
    bins = np.searchsorted(np.asarray(edges), shares, side="right")
    return np.where(np.isnan(shares), -1, bins)


def bin_names(edges: Sequence[float]) -> list[str]:
    """`< 1%`, `1% to 4%`, ..., `>= 16%`."""
    shown = [f"{100 * edge:g}%" for edge in edges]
    between = [f"{low} to {high}" for low, high in itertools.pairwise(shown)]
    return [f"< {shown[0]}", *between, f">= {shown[-1]}"]
