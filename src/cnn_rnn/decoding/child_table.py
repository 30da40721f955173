"""Which prefix follows which: from a prefix and a label to the row of the longer prefix.

An edge is one number, ``row of the prefix * K + label``. With few labels, a table with a place for
every label of every prefix is looked up fastest; with many it would outgrow the states.
"""

from typing import Protocol

import torch
from torch import Tensor

# A dense table takes 4 bytes a label and prefix: 1 kB here, a quarter of an LSTM's state of 512.
MOST_DENSE_LABELS = 256


class ChildTable(Protocol):
    """A map of edges to rows."""

    @property
    def bytes_per_node(self) -> int:
        """Memory for each prefix."""

    def reserve(self, nodes: int) -> None:
        """Make room for the edges of that many prefixes."""

    def find(self, edges: Tensor) -> Tensor:
        """(R,) int64 -> rows (R,) int64, -1 where there is none."""

    def add(self, edges: Tensor, first: int) -> None:
        """New edges, (n,) int64 in rising order: to the rows from ``first`` on."""


def child_table(num_labels: int, device: torch.device) -> ChildTable:
    """An empty table that fits K labels."""
    if num_labels <= MOST_DENSE_LABELS:
        return DenseChildren(num_labels, device)
    return SortedChildren(device)


class DenseChildren:
    """A place for every edge.

    Args:
        num_labels: K.
        device: of the table.
    """

    def __init__(self, num_labels: int, device: torch.device) -> None:
        self._num_labels = num_labels
        self._rows = torch.empty(0, dtype=torch.int32, device=device)

    @property
    def bytes_per_node(self) -> int:
        """See ``ChildTable``."""
        return 4 * self._num_labels

    def reserve(self, nodes: int) -> None:
        """See ``ChildTable``."""
        rows = self._rows.new_full((nodes * self._num_labels,), -1)
        rows[: self._rows.shape[0]] = self._rows
        self._rows = rows

    def find(self, edges: Tensor) -> Tensor:
        """See ``ChildTable``."""
        return self._rows[edges].to(torch.int64)

    def add(self, edges: Tensor, first: int) -> None:
        """See ``ChildTable``."""
        last = first + edges.shape[0]
        self._rows[edges] = torch.arange(first, last, dtype=torch.int32, device=edges.device)


class SortedChildren:
    """The edges that exist, in rising order, and their rows.

    Args:
        device: of the table.
    """

    def __init__(self, device: torch.device) -> None:
        # One edge behind all others, so that a search for a place always finds one.
        self._edges = torch.tensor([torch.iinfo(torch.int64).max], device=device)
        self._rows = torch.tensor([-1], device=device)

    @property
    def bytes_per_node(self) -> int:
        """See ``ChildTable``."""
        return 16

    def reserve(self, nodes: int) -> None:
        """See ``ChildTable``; there is nothing to do."""

    def find(self, edges: Tensor) -> Tensor:
        """See ``ChildTable``."""
        places = torch.searchsorted(self._edges, edges)
        return torch.where(self._edges[places] == edges, self._rows[places], -1)

    def add(self, edges: Tensor, first: int) -> None:
        """See ``ChildTable``."""
        rows = torch.arange(first, first + edges.shape[0], device=edges.device)
        self._edges, order = torch.cat([self._edges, edges]).sort()
        self._rows = torch.cat([self._rows, rows])[order]
