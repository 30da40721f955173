"""From a prefix and a label to the longer prefix, by a dense table and by a sorted one."""

import pytest
import torch

from cnn_rnn.decoding.child_table import (
    MOST_DENSE_LABELS,
    DenseChildren,
    SortedChildren,
    child_table,
)

CPU = torch.device("cpu")


@pytest.mark.parametrize("kind", ["dense", "sorted"])
def test_edges_lead_to_the_rows_they_were_given(kind: str) -> None:
    num_labels, nodes = 7, 40
    table = DenseChildren(num_labels, CPU) if kind == "dense" else SortedChildren(CPU)
    table.reserve(nodes // 2)
    generator = torch.Generator().manual_seed(0)
    edges = torch.randperm(nodes // 2 * num_labels, generator=generator)[:30]
    expected = torch.full((nodes * num_labels,), -1)
    every = torch.arange(nodes // 2 * num_labels)
    assert (table.find(every) == -1).all()
    for first, part in zip((1, 11, 21), edges.chunk(3), strict=True):
        new = part.sort().values
        table.add(new, first)
        expected[new] = torch.arange(first, first + len(new))
        assert torch.equal(table.find(every), expected[every])
    table.reserve(nodes)
    every = torch.arange(nodes * num_labels)
    table.add(every[-3:], 31)
    expected[-3:] = torch.tensor([31, 32, 33])
    assert torch.equal(table.find(every), expected)
    assert torch.equal(table.find(every.flip(0)[:50]), expected.flip(0)[:50])


def test_many_labels_do_not_cost_memory_for_each() -> None:
    assert child_table(MOST_DENSE_LABELS, CPU).bytes_per_node == 4 * MOST_DENSE_LABELS
    assert child_table(5000, CPU).bytes_per_node == 16
