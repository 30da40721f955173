"""Which labels were given, which were missed, and which were given in the place of missed ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class ClassQuality(NamedTuple):
    """How well a class is decided on; None where a share is undefined."""

    label: str
    precision: float | None  # None: never given
    recall: float | None  # None: no positives
    f1: float | None  # None: neither given nor positive
    positives: int
    given: int


class Confusion(NamedTuple):
    """How often one label was missed in an image that was given another one wrongly."""

    missed: str
    given_instead: str
    times: int
    share: float  # of the images in which the label was missed


class LabelCounts:
    """Counts over decisions; the counts of several processes or batches add up.

    Args:
        num_labels: K.
        device: where decisions lie.

    Attributes:
        right: (K,) int64, given and true.
        given: (K,) int64.
        positives: (K,) int64.
        instead: (K, K) int64: images in which the first label was missed and the second was given
            although it is not there.
    """

    def __init__(self, num_labels: int, device: torch.device | str = "cpu") -> None:
        self.right, self.given, self.positives = (
            torch.zeros(num_labels, dtype=torch.int64, device=device) for _ in range(3)
        )
        self.instead = torch.zeros(num_labels, num_labels, dtype=torch.int64, device=device)

    def update(self, decisions: Tensor, target: Tensor, ignored: Tensor) -> None:
        """Counts a batch.

        Args:
            decisions: (B, K) bool.
            target: (B, K) bool.
            ignored: (B, K) bool: counted nowhere.
        """
        given, true = decisions & ~ignored, target & ~ignored
        self.right += (given & true).sum(dim=0)
        self.given += given.sum(dim=0)
        self.positives += true.sum(dim=0)
        missed, wrong = true & ~given, given & ~true
        # Counts up to the size of a batch are exact in float32.
        self.instead += (missed.float().T @ wrong.float()).long()

    def classes(self, names: Sequence[str]) -> list[ClassQuality]:
        """Precision, recall and F1 of each class, in the order of the ids."""
        counts = zip(
            names, self.right.tolist(), self.given.tolist(), self.positives.tolist(), strict=True
        )
        return [
            ClassQuality(
                name,
                right / given if given else None,
                right / positives if positives else None,
                2 * right / (given + positives) if given + positives else None,
                positives,
                given,
            )
            for name, right, given, positives in counts
        ]

    def confusions(self, names: Sequence[str], top: int) -> list[Confusion]:
        """The most frequent pairs, most frequent first; of equal ones the lower ids come first.

        Args:
            names: K.
            top: at most so many; pairs that never occurred are left out.
        """
        times, places = self.instead.flatten().sort(descending=True, stable=True)
        missed_in = (self.positives - self.right).tolist()
        found = []
        for count, place in zip(times[:top].tolist(), places[:top].tolist(), strict=True):
            if count == 0:
                break
            missed, given = divmod(place, len(names))
            found.append(Confusion(names[missed], names[given], count, count / missed_in[missed]))
        return found
