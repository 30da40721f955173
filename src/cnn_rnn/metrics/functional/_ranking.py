"""The order of things that are ranked by score, and how many to rank at once."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

# Scores ranked at once: an order and its counts take about 40 bytes each, so 160 MB. Our choice.
CHUNK_ELEMENTS = 1 << 22


def descending_order(scores: Tensor) -> Tensor:
    """Positions of each row's entries, best first; equals keep their order (lower index first).

    Args:
        scores: (R, M) without NaN; -inf is the last.
    Returns:
        (R, M) int64.
    """
    return scores.argsort(dim=1, descending=True, stable=True)


def chunks(count: int, width: int) -> Iterator[slice]:
    """Slices that cover 0..count, each of at most `CHUNK_ELEMENTS` entries, but at least one row.

    Args:
        count: rows.
        width: entries of a row.
    """
    step = max(1, CHUNK_ELEMENTS // max(1, width))
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))
