"""The labels of a data set: names, counts, START and END, and label sets as paths (section 3)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class LabelSpaceError(ValueError):
    """The labels of two things that must agree do not; says which differ."""

    is_user_error = True


class LabelSpace:
    """K label names in the order of their ids, and how often each occurs in training.

    Attributes:
        names: K names; the index is the label's id.
        counts: (K,) int64, images of the training split that show the label.
    """

    def __init__(self, names: Sequence[str], counts: Sequence[int] | None = None) -> None:
        if not names or len(set(names)) != len(names):
            raise ValueError("label names must be different from each other, and at least one")
        if counts is not None and len(counts) != len(names):
            raise ValueError(f"{len(counts)} counts for {len(names)} label names")
        self.names = list(names)
        self.counts = torch.as_tensor(
            [0] * len(names) if counts is None else list(counts), dtype=torch.int64
        )

    @property
    def num_labels(self) -> int:
        """K."""
        return len(self.names)

    @property
    def start_id(self) -> int:
        """Id of START, an input only: K."""
        return self.num_labels

    @property
    def end_id(self) -> int:
        """Id of END, an output only: K."""
        return self.num_labels

    def check(self, names: Sequence[str], whose: str) -> None:
        """Compare with the labels of something else, by name and order.

        Raises:
            LabelSpaceError: they differ; says how.
        """
        if list(names) == self.names:
            return
        missing = [name for name in self.names if name not in set(names)]
        added = [name for name in names if name not in set(self.names)]
        difference = (
            f"absent there: {missing[:5]}, new there: {added[:5]}"
            if missing or added
            else "the same names in another order"
        )
        raise LabelSpaceError(
            f"the labels of {whose} ({len(names)}) are not those of the model "
            f"({self.num_labels}): {difference}; use the data set it was trained on"
        )


def targets_to_paths(target: Tensor, order: Tensor) -> Tensor:
    """The label sets of a batch as paths in a fixed order (section 3.4).

    Args:
        target: (B, K) bool.
        order: (K,) int64, label ids from the first of a path to the last.
    Returns:
        (B, T) int64 label ids, padded with -1; T is the largest number of labels (0 for none).
    """
    ordered = target.index_select(1, order)  # (B, K)
    lengths = ordered.sum(dim=1)
    longest = int(lengths.max()) if len(target) else 0
    # A stable sort puts the labels that are there first and keeps their order.
    positions = torch.argsort((~ordered).to(torch.uint8), dim=1, stable=True)[:, :longest]
    steps = torch.arange(longest, device=target.device)
    return torch.where(steps < lengths.unsqueeze(1), order[positions], -1)


def paths_to_targets(paths: Tensor, num_labels: int) -> Tensor:
    """The sets of labels that stand on paths.

    Args:
        paths: (..., T) int64, padded with -1.
        num_labels: K.
    Returns:
        (..., K) bool.
    """
    columns = torch.where(paths < 0, num_labels, paths)
    target = torch.zeros(*paths.shape[:-1], num_labels + 1, dtype=torch.bool, device=paths.device)
    return target.scatter(-1, columns, True)[..., :num_labels]
