"""Each different label prefix of a batch once: the recurrent state depends on the prefix alone.

Frequency-first paths share most of their prefixes, so teacher forcing over the trie runs the
recurrent cell on a fraction of the (image, step) positions and gives the same result.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class PrefixTrie(NamedTuple):
    """The different prefixes of a batch of paths, numbered level by level; node 0 is the empty one.

    Attributes:
        parents: for each level 1..T, (nodes,) int64: index of the parent *within* its level.
        label_ids: for each level 1..T, (nodes,) int64: the label that extends the parent.
        nodes: (B, T+1) int64: the node of each image's first t labels; positions behind the end
            of a path repeat its last node.
    """

    parents: list[Tensor]
    label_ids: list[Tensor]
    nodes: Tensor

    @property
    def num_nodes(self) -> int:
        """Different prefixes, the empty one among them."""
        return 1 + sum(len(level) for level in self.label_ids)


def build_prefix_trie(paths: Tensor, num_labels: int) -> PrefixTrie:
    """The trie of a batch.

    Args:
        paths: (B, T) int64 label ids, padded with -1 behind each path.
        num_labels: K.
    """
    batch_size, longest = paths.shape
    nodes = paths.new_zeros(batch_size, longest + 1)
    parents, label_ids = [], []
    within = paths.new_zeros(batch_size)  # index of each image's node within its level
    first = 0  # number of the level's first node
    level_size = 1
    for step in range(longest):
        (rows,) = torch.nonzero(paths[:, step] >= 0, as_tuple=True)
        key = within[rows] * num_labels + paths[rows, step]
        level, inverse = torch.unique(key, return_inverse=True)
        parents.append(level // num_labels)
        label_ids.append(level % num_labels)
        first += level_size
        level_size = len(level)
        within = within.index_copy(0, rows, inverse)
        nodes[:, step + 1] = nodes[:, step].index_copy(0, rows, inverse + first)
    return PrefixTrie(parents, label_ids, nodes)
