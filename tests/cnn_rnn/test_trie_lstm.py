"""The LSTM over a trie: the states of the plain cell, and its gradients."""

import pytest
import torch
from torch import Tensor

from cnn_rnn.prefix_trie import PrefixTrie, build_prefix_trie
from cnn_rnn.trie_lstm import run_trie_lstm

NUM_LABELS, UNITS = 4, 3


def build(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor, PrefixTrie]:
    generator = torch.Generator().manual_seed(0)
    input_gates = torch.randn(NUM_LABELS + 1, 4 * UNITS, generator=generator, dtype=dtype)
    recurrent_weight = torch.randn(4 * UNITS, UNITS, generator=generator, dtype=dtype)
    paths = torch.tensor([[0, 2, 3], [0, 2, -1], [0, 1, 3], [-1, -1, -1], [3, 0, 1], [0, 1, -1]])
    return input_gates, recurrent_weight, build_prefix_trie(paths, NUM_LABELS)


def plain(input_gates: Tensor, recurrent_weight: Tensor, trie: PrefixTrie) -> Tensor:
    """The equations of an LSTM, level by level, through autograd."""

    def step(gates: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        entering, kept, candidate, shown = gates.chunk(4, dim=1)
        memory = kept.sigmoid() * memory + entering.sigmoid() * candidate.tanh()
        return shown.sigmoid() * memory.tanh(), memory

    hidden, memory = step(input_gates[-1:], input_gates.new_zeros(1, UNITS))
    found = [hidden]
    for parents, label_ids in zip(trie.parents, trie.label_ids, strict=True):
        gates = input_gates[label_ids] + hidden[parents] @ recurrent_weight.T
        hidden, memory = step(gates, memory[parents])
        found.append(hidden)
    return torch.cat(found)


def test_states_and_gradients_are_those_of_the_plain_cell() -> None:
    input_gates, recurrent_weight, trie = build()
    weights = input_gates.requires_grad_(), recurrent_weight.requires_grad_()
    found = run_trie_lstm(*weights, trie, NUM_LABELS)
    expected = plain(*weights, trie)
    torch.testing.assert_close(found, expected)
    signal = torch.randn(found.shape, dtype=found.dtype)
    ours = torch.autograd.grad((found * signal).sum(), weights)
    theirs = torch.autograd.grad((expected * signal).sum(), weights)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)


def test_gradients_agree_with_finite_differences() -> None:
    input_gates, recurrent_weight, trie = build()
    weights = input_gates.requires_grad_(), recurrent_weight.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda gates, weight: run_trie_lstm(gates, weight, trie, NUM_LABELS), weights
    )


def test_gradients_under_autocast_are_those_of_a_forward_outside_of_it() -> None:
    input_gates, recurrent_weight, trie = build(torch.float32)
    weights = input_gates.requires_grad_(), recurrent_weight.requires_grad_()
    found = run_trie_lstm(*weights, trie, NUM_LABELS).square().sum()
    expected = torch.autograd.grad(found, weights, retain_graph=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        under = torch.autograd.grad(found, weights)
    assert all(torch.equal(*pair) for pair in zip(under, expected, strict=True))


def test_start_alone_is_one_node() -> None:
    input_gates, recurrent_weight, _ = build()
    trie = build_prefix_trie(torch.empty(2, 0, dtype=torch.int64), NUM_LABELS)
    weights = input_gates.requires_grad_(), recurrent_weight.requires_grad_()
    hidden = run_trie_lstm(*weights, trie, NUM_LABELS)
    assert hidden.shape == (1, UNITS)
    gradient = torch.autograd.grad(hidden.sum(), weights)
    assert gradient[0][-1].abs().sum() > 0
    assert gradient[0][:-1].abs().sum() == gradient[1].abs().sum() == 0


def test_a_node_is_multiplied_once_for_all_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    input_gates, recurrent_weight, trie = build()
    rows, multiply = [], Tensor.__matmul__

    def count(left: Tensor, right: Tensor) -> Tensor:
        rows.append(len(left))
        product: Tensor = multiply(left, right)
        return product

    monkeypatch.setattr(Tensor, "__matmul__", count)
    run_trie_lstm(input_gates, recurrent_weight, trie, NUM_LABELS)
    assert trie.num_nodes == 9
    assert rows == [1, 2, 3]  # START; 0 and 3; 0 1, 0 2 and 3 0
