"""Recurrent cells: the paper's ReLU-gated cell (section 3.1), LSTM, GRU, and the linear ablation.

A cell maps the embedding of the label just chosen and its state to the next state and an output:
`cell(inputs (B, D), state) -> (state, output (B, H))`. States are tuples of (B, ...) tensors.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

CellName = Literal["paper", "paper_bounded", "lstm", "gru", "linear"]
State = tuple[Tensor, ...]

STATE_LIMIT = 10.0  # bound of the state of `paper_bounded`: our choice


class PaperCell(nn.Module):
    """The cell of section 3.1, equations (1) to (3): ReLU everywhere, no biases, one state.

    x = relu(U_r r + U_w w); i, f, o = relu of the same two inputs by weights of their own;
    r' = f * r + i * x; output = r' * o. The output gate acts on the output only. Unbounded gates
    can diverge: train it with a learning rate of 1e-4 and clipped gradients.

    Args:
        input_dim: D.
        hidden_dim: H.
        bounded: clamp the gates to [0, 1] and the state to at most 10 (not in the paper).
    """

    def __init__(self, input_dim: int, hidden_dim: int, bounded: bool = False) -> None:
        super().__init__()
        self.hidden_dim = hidden_dim
        self.bounded = bounded
        self.from_state = nn.Linear(hidden_dim, 4 * hidden_dim, bias=False)
        self.from_input = nn.Linear(input_dim, 4 * hidden_dim, bias=False)

    def initial_state(self, batch_size: int) -> State:
        """r(0) = 0."""
        return (self.from_state.weight.new_zeros(batch_size, self.hidden_dim),)

    def forward(self, inputs: Tensor, state: State) -> tuple[State, Tensor]:
        """One step."""
        (recurrent,) = state
        mixed = torch.relu(self.from_state(recurrent) + self.from_input(inputs))
        candidate, input_gate, forget_gate, output_gate = mixed.chunk(4, dim=-1)
        if self.bounded:
            input_gate = input_gate.clamp(max=1)
            forget_gate = forget_gate.clamp(max=1)
            output_gate = output_gate.clamp(max=1)
        recurrent = forget_gate * recurrent + input_gate * candidate
        if self.bounded:
            recurrent = recurrent.clamp(max=STATE_LIMIT)
        return (recurrent,), recurrent * output_gate


class LSTMCell(nn.Module):
    """A standard LSTM: state (hidden, cell), output = hidden."""

    def __init__(self, input_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(input_dim, hidden_dim)

    def initial_state(self, batch_size: int) -> State:
        """Zeros."""
        zeros = self.cell.weight_hh.new_zeros(batch_size, self.cell.hidden_size)
        return zeros, zeros

    def forward(self, inputs: Tensor, state: State) -> tuple[State, Tensor]:
        """One step."""
        hidden, memory = self.cell(inputs, (state[0], state[1]))
        return (hidden, memory), hidden


class GRUCell(nn.Module):
    """A standard GRU: state and output are the same."""

    def __init__(self, input_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.cell = nn.GRUCell(input_dim, hidden_dim)

    def initial_state(self, batch_size: int) -> State:
        """Zeros."""
        return (self.cell.weight_hh.new_zeros(batch_size, self.cell.hidden_size),)

    def forward(self, inputs: Tensor, state: State) -> tuple[State, Tensor]:
        """One step."""
        hidden = self.cell(inputs, state[0])
        return (hidden,), hidden


class LinearCell(nn.Module):
    """A linear layer of the previous label in place of the recurrent one: "No RNN", section 4.3.

    It sees the previous label and nothing before it; its state is empty, (B, 0).
    """

    def __init__(self, input_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.linear = nn.Linear(input_dim, hidden_dim)

    def initial_state(self, batch_size: int) -> State:
        """Nothing to remember."""
        return (self.linear.weight.new_zeros(batch_size, 0),)

    def forward(self, inputs: Tensor, state: State) -> tuple[State, Tensor]:
        """One step."""
        return state, self.linear(inputs)


Cell = PaperCell | LSTMCell | GRUCell | LinearCell


def build_cell(name: CellName, input_dim: int, hidden_dim: int) -> Cell:
    """A cell by name.

    Raises:
        ValueError: no such cell.
    """
    if name == "lstm":
        return LSTMCell(input_dim, hidden_dim)
    if name == "gru":
        return GRUCell(input_dim, hidden_dim)
    if name == "linear":
        return LinearCell(input_dim, hidden_dim)
    if name in ("paper", "paper_bounded"):
        return PaperCell(input_dim, hidden_dim, bounded=name == "paper_bounded")
    raise ValueError(f"unknown cell {name!r}: expected one of {get_args(CellName)}")
