"""Which test images a figure shows: chosen by a rule that the caption states, never by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Decisions = npt.NDArray[np.bool_]


def evenly(candidates: Sequence[int], count: int) -> list[int]:
    """So many of them at equal distances, the first and the last among them; all if there are few.

    Args:
        candidates: in the order that counts.
        count: at least 1.
    """
    if len(candidates) <= count:
        return list(candidates)
    places = np.linspace(0, len(candidates) - 1, count).round().astype(int)
    return [candidates[place] for place in places]


def from_best_to_worst(decisions: Decisions, target: Decisions, count: int) -> list[int]:
    """Images with at least two labels, at equal distances from the best to the worst F1.

    Args:
        decisions: (B, K), the labels given.
        target: (B, K).
        count: of images.
    Returns:
        Ascending ranks: the first has the highest F1; equal ones stand in the order of the images.
    """
    rows = np.flatnonzero(target.sum(axis=1) >= 2)
    f1 = image_f1(decisions[rows], target[rows])
    return evenly(rows[np.argsort(-f1, kind="stable")].tolist(), count)


def image_f1(decisions: Decisions, target: Decisions) -> npt.NDArray[np.float64]:
    """(B,): the F1 of each image's labels; 0 where none is given and none is true."""
    correct = (decisions & target).sum(axis=1)
    total = decisions.sum(axis=1) + target.sum(axis=1)
    f1: npt.NDArray[np.float64] = np.divide(
        2 * correct, total, out=np.zeros(len(total)), where=total > 0
    )
    return f1


def first_two_right(
    best_path: npt.NDArray[np.int16], target: Decisions, count: int
) -> tuple[list[int], str]:
    """Images whose first two predicted labels are both right, at equal distances in their order.

    Where there is none: images with two predicted labels, right or not.

    Args:
        best_path: (B, T), padded with -1.
        target: (B, K).
        count: of images.
    Returns:
        The images, none if no path has two labels; and the rule in words.
    """
    two = np.full((len(best_path), 2), -1, dtype=np.int64)
    two[:, : best_path.shape[1]] = best_path[:, :2]
    there = (two >= 0).all(axis=1)
    right = there & np.take_along_axis(target, two.clip(min=0), axis=1).all(axis=1)
    if right.any():
        return evenly(np.flatnonzero(right).tolist(), count), (
            "test images whose first two predicted labels are right"
        )
    return evenly(np.flatnonzero(there).tolist(), count), (
        "test images with two predicted labels (of none are both right)"
    )


def with_labels(target: Decisions, least: int, count: int) -> list[int]:
    """Images with at least so many labels, at equal distances in their order."""
    return evenly(np.flatnonzero(target.sum(axis=1) >= least).tolist(), count)
