"""The trie of a batch of paths."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from cnn_rnn.prefix_trie import PrefixTrie, build_prefix_trie


def prefixes(trie: PrefixTrie) -> list[tuple[int, ...]]:
    """Each node's prefix, read off parents and labels."""
    levels: list[list[tuple[int, ...]]] = [[()]]
    for parents, label_ids in zip(trie.parents, trie.label_ids, strict=True):
        levels.append(
            [
                (*levels[-1][parent], label)
                for parent, label in zip(parents.tolist(), label_ids.tolist(), strict=True)
            ]
        )
    return [prefix for level in levels for prefix in level]


@given(st.lists(st.lists(st.integers(0, 4), max_size=4, unique=True), min_size=1, max_size=8))
def test_each_position_points_at_its_prefix_and_no_prefix_stands_twice(
    rows: list[list[int]],
) -> None:
    longest = max(len(row) for row in rows)
    paths = torch.tensor([row + [-1] * (longest - len(row)) for row in rows], dtype=torch.int64)
    trie = build_prefix_trie(paths.reshape(len(rows), longest), num_labels=5)
    known = prefixes(trie)
    assert len(set(known)) == len(known) == trie.num_nodes
    assert set(known) == {tuple(row[:step]) for row in rows for step in range(len(row) + 1)}
    for row, nodes in zip(rows, trie.nodes.tolist(), strict=True):
        assert [known[node] for node in nodes] == [
            tuple(row[: min(step, len(row))]) for step in range(longest + 1)
        ]
