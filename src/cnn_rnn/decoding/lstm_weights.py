"""The weights of an LSTM network, as the compiled steps read them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from cnn_rnn.cells import LSTMCell
from cnn_rnn.decoding.protocol import Weights
from cnn_rnn.network import CNNRNN


class LSTMWeights(NamedTuple):
    """What one more label costs no product for, and the two products that are left.

    Attributes:
        input_gates: (K+1, 4H), the gates' share of each label, biases included.
        recurrent: (H, 4H) contiguous, in the type asked for: on a CPU a product of a few rows with
            a transposed view takes up to three times as long.
        project_path: (H, D) contiguous.
    """

    input_gates: Tensor
    recurrent: Tensor
    project_path: Tensor


def lstm_weights(network: CNNRNN, cell: LSTMCell, weights: Weights) -> LSTMWeights:
    """Reads them once.

    Args:
        network: in evaluation mode, float32.
        cell: the network's.
        weights: of the recurrent product.
    """
    lstm = cell.cell
    bias = lstm.bias_ih + lstm.bias_hh
    return LSTMWeights(
        torch.nn.functional.linear(network.input_table, lstm.weight_ih, bias),
        lstm.weight_hh.T.to(getattr(torch, weights)).contiguous(),
        network.project_path.weight.T.contiguous(),
    )
