"""An LSTM's step for the compiled search: the recurrent product, and the rest in one pass.

What a prefix's hidden state brings to the gates is the same for all labels that follow, so the
product is taken once for each prefix that goes on, and kept. What a label brings is looked up in a
table, and new states go straight to where the prefixes are kept. ``CNNRNN.advance`` gives the
same, in more products and passes.
"""

import ctypes
from typing import NamedTuple

import torch
from torch import Tensor

from cnn_rnn.cells import LSTMCell
from cnn_rnn.decoding.lstm_weights import lstm_weights
from cnn_rnn.decoding.native_build import load_library
from cnn_rnn.decoding.prefix_cache import grown
from cnn_rnn.decoding.protocol import Weights
from cnn_rnn.network import CNNRNN


class _LSTMRows(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_void_p)
        for name in (
            "products",
            "input_gates",
            "memory",
            "product_of",
            "label_ids",
            "parents",
            "hidden_out",
            "memory_out",
        )
    ]


class NewPrefixes(NamedTuple):
    """What the trie says of n prefixes that are to be computed.

    Attributes:
        parents: (n,) int64, the rows of the prefixes without their last labels.
        label_ids: (n,) int64, the last labels.
        product_of: (n,) int64, the rows of the parents' products.
        outer: (m,) int64, the parents whose products are new; their rows are the next ones.
    """

    parents: Tensor
    label_ids: Tensor
    product_of: Tensor
    outer: Tensor


def prefer_large_pages(table: Tensor) -> None:
    """Have the system give memory that nothing was written to in large pages, if it can."""
    load_library().prefer_large_pages(table.data_ptr(), table.nbytes)


class LSTMStep:
    """The weights of a network's LSTM, as the step reads them; float32, on the CPU.

    Args:
        network: in evaluation mode.
        cell: the network's.
        weights: of the recurrent product.
    """

    def __init__(self, network: CNNRNN, cell: LSTMCell, weights: Weights = "float32") -> None:
        read = lstm_weights(network, cell, weights)
        self._input_gates, self._recurrent, self._project_path = read
        self._products = self._input_gates[:0]  # (capacity, 4H)
        self.num_products = 0

    @property
    def bytes_per_product(self) -> int:
        """Memory of what a prefix brings to the gates of those that continue it."""
        return self._products.element_size() * self._products.shape[1]

    def grow(self, capacity: int) -> None:
        """Make room for that many products."""
        self._products = grown(self._products, capacity, prefer_large_pages)

    def __call__(self, hidden: Tensor, memory: Tensor, new: NewPrefixes, first: int) -> Tensor:
        """Write the states of new prefixes into the tables.

        Args:
            hidden: (capacity, H) contiguous; rows from ``first`` on are written.
            memory: like ``hidden``.
            new: the prefixes; parents are rows below ``first``.
            first: the row of the first new prefix.

        Returns:
            The path embeddings, (n, D).
        """
        self._multiply(hidden.index_select(0, new.outer))
        rows = slice(first, first + new.parents.shape[0])
        arguments = _LSTMRows(
            self._products.data_ptr(),
            self._input_gates.data_ptr(),
            memory.data_ptr(),
            new.product_of.data_ptr(),
            new.label_ids.data_ptr(),
            new.parents.data_ptr(),
            hidden[rows].data_ptr(),
            memory[rows].data_ptr(),
        )
        load_library().lstm_step(
            ctypes.byref(arguments),
            new.parents.shape[0],
            hidden.shape[1],
            torch.get_num_threads(),
        )
        return hidden[rows] @ self._project_path

    def _multiply(self, outer: Tensor) -> None:
        """Append the products of these hidden states, (m, H)."""
        last = self.num_products + outer.shape[0]
        if last > self._products.shape[0]:
            self.grow(2 * last)
        into = self._products[self.num_products : last]
        if self._recurrent.dtype == torch.float32:
            torch.mm(outer, self._recurrent, out=into)
        else:
            into.copy_(outer.to(self._recurrent.dtype) @ self._recurrent)
        self.num_products = last
