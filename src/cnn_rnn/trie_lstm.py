"""An LSTM over a trie of label prefixes, each node once, with its gradients (section 3.2).

What the labels bring to the gates is looked up in a table, and the gradient of the recurrent
weights is one matrix product over all nodes: autograd would take one for each level and add them.
"""

from __future__ import annotations

import itertools
from typing import Any

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
    starts = [0, 1]
    for level in trie.label_ids:
        starts.append(starts[-1] + len(level))
    root = trie.nodes.new_tensor([start_id])
    label_ids = torch.cat([root, *trie.label_ids])
    parents = torch.cat(
        [root.new_zeros(1)]
        + [level + first for level, first in zip(trie.parents, starts, strict=False)]
    )
    hidden: Tensor = _TrieLSTM.apply(input_gates, recurrent_weight, parents, label_ids, starts)
    return hidden


class _TrieLSTM(torch.autograd.Function):
    """Nodes are numbered level by level; level l is `starts[l]` to `starts[l + 1]`."""

    @staticmethod
    def forward(
        ctx: Any,
        input_gates: Tensor,
        recurrent_weight: Tensor,
        parents: Tensor,
        label_ids: Tensor,
        starts: list[int],
    ) -> Tensor:
        """All levels, from START on."""
        units = recurrent_weight.shape[1]
        gates = input_gates.index_select(0, label_ids)  # (nodes, 4H)
        hidden = gates.new_empty(len(label_ids), units)
        memory, squashed = torch.empty_like(hidden), torch.empty_like(hidden)
        for first, last in itertools.pairwise(starts):
            level = gates[first:last]
            above = parents[first:last]
            if first > 0:
                level.addmm_(hidden.index_select(0, above), recurrent_weight.T)
            entering, kept, candidate, shown = level.chunk(4, dim=1)
            level[:, : 2 * units].sigmoid_()
            candidate.tanh_()
            shown.sigmoid_()
            torch.mul(entering, candidate, out=memory[first:last])
            if first > 0:
                memory[first:last].addcmul_(kept, memory.index_select(0, above))
            torch.tanh(memory[first:last], out=squashed[first:last])
            torch.mul(shown, squashed[first:last], out=hidden[first:last])
        ctx.save_for_backward(recurrent_weight, parents, label_ids, gates, hidden, memory, squashed)
        ctx.starts = starts
        ctx.num_rows = len(input_gates)
        return hidden

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        """From the last level up; children's gradients are added up at their parent."""
        recurrent_weight, parents, label_ids, gates, hidden, memory, squashed = ctx.saved_tensors
        units = recurrent_weight.shape[1]
        grad_hidden = grad_outputs[0].clone(memory_format=torch.contiguous_format)
        grad_memory = torch.zeros_like(grad_hidden)
        grad_gates = torch.empty_like(gates)
        for first, last in reversed(list(itertools.pairwise(ctx.starts))):
            entering, kept, candidate, shown = gates[first:last].chunk(4, dim=1)
            into = grad_gates[first:last]
            to_entering, to_kept, to_candidate, to_shown = into.chunk(4, dim=1)
            above = parents[first:last]
            outer, tanh = grad_hidden[first:last], squashed[first:last]
            inner = outer * shown
            inner.addcmul_(inner * tanh, tanh, value=-1).add_(grad_memory[first:last])
            torch.mul(outer, tanh, out=to_shown)
            torch.mul(inner, candidate, out=to_entering)
            torch.mul(inner, entering, out=to_candidate)
            to_candidate.addcmul_(to_candidate * candidate, candidate, value=-1)
            to_shown.mul_(shown).addcmul_(to_shown, shown, value=-1)
            to_entering.mul_(entering).addcmul_(to_entering, entering, value=-1)
            if first == 0:
                to_kept.zero_()
                break
            torch.mul(inner, memory.index_select(0, above), out=to_kept)
            to_kept.mul_(kept).addcmul_(to_kept, kept, value=-1)
            grad_hidden.index_add_(0, above, into @ recurrent_weight)
            grad_memory.index_add_(0, above, inner * kept)
        grad_input = gates.new_zeros(ctx.num_rows, 4 * units).index_add_(0, label_ids, grad_gates)
        grad_recurrent = grad_gates[1:].T @ hidden.index_select(0, parents[1:])
        return grad_input, grad_recurrent, None, None, None
