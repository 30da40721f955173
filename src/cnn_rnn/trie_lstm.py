"""An LSTM over a trie of label prefixes, each node once, with its gradients (section 3.2).

What the labels bring to the gates is looked up in a table. What a node brings to the gates of its
children is one row of a matrix product, however many they are; so is what they send back. The
gradient of the recurrent weights is one product over all nodes with children: autograd would take
one for each level and add them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from cnn_rnn.prefix_trie import PrefixTrie


def run_trie_lstm(
    input_gates: Tensor, recurrent_weight: Tensor, trie: PrefixTrie, start_id: int
) -> Tensor:
    """The hidden state of each node.

    Args:
        input_gates: (K+1, 4H), what each label and START bring to the gates, biases included; the
            gates are PyTorch's: input, forget, cell, output.
        recurrent_weight: (4H, H), PyTorch's `weight_hh`.
        trie: of the prefixes; node 0 is START alone.
        start_id: the row of START in `input_gates`.
    Returns:
        (nodes, H), of the dtype of `input_gates`; differentiable once in the first two arguments.
    """
    root = trie.nodes.new_tensor([start_id])
    label_ids = torch.cat([root, *trie.label_ids])
    hidden: Tensor = _TrieLSTM.apply(input_gates, recurrent_weight, label_ids, _levels_of(trie))
    return hidden


class _Level(NamedTuple):
    """The n nodes of one length, and the m nodes above that have children; START has none above.

    Attributes:
        first: the number of its first node; nodes are numbered level by level.
        last: of the first node behind it.
        parents: (n,) int64, the number of each node's parent.
        outer: (m,) int64, the same numbers, each once.
        outer_of: (n,) int64, the place of each node's parent in ``outer``.
    """

    first: int
    last: int
    parents: Tensor
    outer: Tensor
    outer_of: Tensor


def _levels_of(trie: PrefixTrie) -> list[_Level]:
    none = trie.nodes.new_empty(0)
    levels = [_Level(0, 1, none, none, none)]
    for parents in trie.parents:
        above, first = levels[-1].first, levels[-1].last
        # The nodes of a level are sorted by parent.
        outer, outer_of = torch.unique_consecutive(parents, return_inverse=True)
        levels.append(_Level(first, first + len(parents), parents + above, outer + above, outer_of))
    return levels


class _TrieLSTM(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        input_gates: Tensor,
        recurrent_weight: Tensor,
        label_ids: Tensor,
        levels: list[_Level],
    ) -> Tensor:
        """All levels, from START on."""
        units = recurrent_weight.shape[1]
        gates = input_gates.index_select(0, label_ids)  # (nodes, 4H)
        hidden = gates.new_empty(len(label_ids), units)
        memory, squashed = torch.empty_like(hidden), torch.empty_like(hidden)
        for first, last, parents, outer, outer_of in levels:
            level = gates[first:last]
            if first > 0:
                products = hidden.index_select(0, outer) @ recurrent_weight.T
                level += products.index_select(0, outer_of)
            entering, kept, candidate, shown = level.chunk(4, dim=1)
            level[:, : 2 * units].sigmoid_()
            candidate.tanh_()
            shown.sigmoid_()
            torch.mul(entering, candidate, out=memory[first:last])
            if first > 0:
                memory[first:last].addcmul_(kept, memory.index_select(0, parents))
            torch.tanh(memory[first:last], out=squashed[first:last])
            torch.mul(shown, squashed[first:last], out=hidden[first:last])
        ctx.save_for_backward(recurrent_weight, label_ids, gates, hidden, memory, squashed)
        ctx.levels = levels
        ctx.num_rows = len(input_gates)
        return hidden

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        """From the last level up; children's gradients are added up at their parent."""
        # As the forward pass was: under autocast there is none (``CNNRNN.forward``).
        with torch.autocast(grad_outputs[0].device.type, enabled=False):
            return (*_gradients(ctx, grad_outputs[0]), None, None)


def _gradients(ctx: Any, grad_output: Tensor) -> tuple[Tensor, Tensor]:
    """Of the input gates, (K+1, 4H), and of the recurrent weight, (4H, H)."""
    recurrent_weight, label_ids, gates, hidden, memory, squashed = ctx.saved_tensors
    units = recurrent_weight.shape[1]
    grad_hidden = grad_output.clone(memory_format=torch.contiguous_format)
    grad_memory = torch.zeros_like(grad_hidden)
    grad_gates = torch.empty_like(gates)
    every_outer = torch.cat([level.outer for level in ctx.levels])
    # What the children of each node send back to the gates, added up.
    grad_products = gates.new_zeros(len(every_outer), 4 * units)
    end = len(every_outer)
    for first, last, parents, outer, outer_of in reversed(ctx.levels):
        entering, kept, candidate, shown = gates[first:last].chunk(4, dim=1)
        into = grad_gates[first:last]
        to_entering, to_kept, to_candidate, to_shown = into.chunk(4, dim=1)
        grad_here, tanh = grad_hidden[first:last], squashed[first:last]
        inner = grad_here * shown
        inner.addcmul_(inner * tanh, tanh, value=-1).add_(grad_memory[first:last])
        torch.mul(grad_here, tanh, out=to_shown)
        torch.mul(inner, candidate, out=to_entering)
        torch.mul(inner, entering, out=to_candidate)
        to_candidate.addcmul_(to_candidate * candidate, candidate, value=-1)
        to_shown.mul_(shown).addcmul_(to_shown, shown, value=-1)
        to_entering.mul_(entering).addcmul_(to_entering, entering, value=-1)
        if first == 0:
            to_kept.zero_()
            break
        torch.mul(inner, memory.index_select(0, parents), out=to_kept)
        to_kept.mul_(kept).addcmul_(to_kept, kept, value=-1)
        sums = grad_products[end - len(outer) : end].index_add_(0, outer_of, into)
        end -= len(outer)
        grad_hidden.index_add_(0, outer, sums @ recurrent_weight)
        grad_memory.index_add_(0, parents, inner * kept)
    grad_input = gates.new_zeros(ctx.num_rows, 4 * units).index_add_(0, label_ids, grad_gates)
    grad_recurrent = grad_products.T @ hidden.index_select(0, every_outer)
    return grad_input, grad_recurrent
