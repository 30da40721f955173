"""An LSTM's step for the compiled search: the recurrent product, and the rest in one pass.

The input's share of the gates is looked up in a table, one row a label, and the new states go
straight to where the prefixes are kept. ``CNNRNN.advance`` gives the same, in more passes.
"""

import torch
from torch import Tensor

from cnn_rnn.cells import LSTMCell
from cnn_rnn.decoding.lstm_weights import lstm_weights
from cnn_rnn.decoding.native_build import load_library
from cnn_rnn.decoding.protocol import Weights
from cnn_rnn.network import CNNRNN


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

    def __call__(
        self, hidden: Tensor, memory: Tensor, parents: Tensor, label_ids: Tensor, first: int
    ) -> Tensor:
        """Write the states of new prefixes into the tables.

        Args:
            hidden: (capacity, H) contiguous; rows from ``first`` on are written.
            memory: like ``hidden``.
            parents: (n,) int64, rows below ``first``.
            label_ids: (n,) int64.
            first: the row of the first new prefix.

        Returns:
            The path embeddings, (n, D).
        """
        count, hidden_dim = parents.shape[0], hidden.shape[1]
        gates = self._input_gates.index_select(0, label_ids)
        outer = hidden.index_select(0, parents)
        if self._recurrent.dtype == torch.float32:
            gates.addmm_(outer, self._recurrent)
        else:
            gates += outer.to(self._recurrent.dtype) @ self._recurrent
        new = slice(first, first + count)
        load_library().lstm_step(
            gates.data_ptr(),
            memory.data_ptr(),
            parents.data_ptr(),
            count,
            hidden_dim,
            hidden[new].data_ptr(),
            memory[new].data_ptr(),
            torch.get_num_threads(),
        )
        return hidden[new] @ self._project_path
