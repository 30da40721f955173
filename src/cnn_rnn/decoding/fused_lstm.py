"""An LSTM's step on CUDA: one matrix product, and one Triton kernel for all the rest (section 3.2).

What a hidden state brings to the gates is the same for every label that follows, so the product is
taken of states, not of their continuations. The kernel looks up what the label brings, and reads
the product and the memory cell of each parent in their places. ``native_lstm`` does so on the CPU;
``CNNRNN.advance`` gives the same in more steps.
"""

# Triton reads annotations as its own: none but constexpr may stand in a kernel.
# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator"

import torch
import triton  # type: ignore[import-untyped]  # it has no types
import triton.language as tl  # type: ignore[import-untyped]
from torch import Tensor

from cnn_rnn.cells import LSTMCell
from cnn_rnn.decoding.lstm_weights import lstm_weights
from cnn_rnn.decoding.protocol import State, Weights
from cnn_rnn.network import CNNRNN

BLOCK = 128  # units a program; one warp a 32 of them


class FusedLSTM:
    """Advances prefixes of a network with an LSTM; reads its weights once, when it is built.

    Args:
        network: in evaluation mode, float32.
        cell: the network's.
        weights: of the recurrent product.
    """

    def __init__(self, network: CNNRNN, cell: LSTMCell, weights: Weights) -> None:
        read = lstm_weights(network, cell, weights)
        self._input_gates, self._recurrent, self._project_path = read

    def __call__(self, state: State, rows: Tensor, label_ids: Tensor) -> tuple[State, Tensor]:
        """One more label: rows of ``state`` (R,), labels (R,) -> state (R, ...), (R, D).

        Every row of ``state`` is multiplied, none is gathered.
        """
        return self._advance(state, state[0], rows, rows, label_ids)

    def advance_few(self, state: State, rows: Tensor, label_ids: Tensor) -> tuple[State, Tensor]:
        """The same where few rows of ``state`` are parents: these alone are multiplied, each once.

        ``rows`` are sorted. Makes the host wait for the device.
        """
        outer, product_of = torch.unique_consecutive(rows, return_inverse=True)
        return self._advance(state, state[0].index_select(0, outer), product_of, rows, label_ids)

    def _advance(
        self, state: State, outer: Tensor, product_of: Tensor, rows: Tensor, label_ids: Tensor
    ) -> tuple[State, Tensor]:
        products = outer.to(self._recurrent.dtype) @ self._recurrent
        next_state = lstm_step(products, product_of, self._input_gates, state[1], rows, label_ids)
        return next_state, next_state[0] @ self._project_path


@torch.library.custom_op("cnn_rnn::lstm_step", mutates_args=())
def lstm_step(
    products: Tensor,
    product_of: Tensor,
    input_gates: Tensor,
    memory: Tensor,
    rows: Tensor,
    label_ids: Tensor,
) -> tuple[Tensor, Tensor]:
    """The gates of an LSTM at work; PyTorch's order: input, forget, cell, output.

    Args:
        products: (m, 4H), what hidden states bring; float32 or bfloat16.
        product_of: (R,) int64, each parent's row in ``products``.
        input_gates: (K+1, 4H) float32, what each label brings, biases included.
        memory: (nodes, H) float32, memory cells, the parents' among them.
        rows: (R,) int64, each parent's row in ``memory``.
        label_ids: (R,) int64.

    Returns:
        Hidden states and memory cells, (R, H) float32.
    """
    units = memory.shape[1]
    size = (rows.shape[0], units)
    next_hidden, next_memory = memory.new_empty(size), memory.new_empty(size)
    # Triton launches on the current device.
    with torch.cuda.device_of(memory):
        lstm_step_kernel[(rows.shape[0], triton.cdiv(units, BLOCK))](
            products.contiguous(),
            product_of.contiguous(),
            input_gates.contiguous(),
            memory.contiguous(),
            rows.contiguous(),
            label_ids.contiguous(),
            next_hidden,
            next_memory,
            units,
            BLOCK=BLOCK,
            num_warps=4,
        )
    return next_hidden, next_memory


@lstm_step.register_fake
def _(
    products: Tensor,
    product_of: Tensor,
    input_gates: Tensor,
    memory: Tensor,
    rows: Tensor,
    label_ids: Tensor,
) -> tuple[Tensor, Tensor]:
    size = (rows.shape[0], memory.shape[1])
    return memory.new_empty(size), memory.new_empty(size)


@triton.jit
def lstm_step_kernel(
    products,
    product_of,
    input_gates,
    memory,
    rows,
    label_ids,
    next_hidden,
    next_memory,
    units,
    BLOCK: tl.constexpr,  # noqa: N803
):
    """Some units of one prefix."""
    place = tl.program_id(0).to(tl.int64)
    unit = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = unit < units
    own = products + tl.load(product_of + place) * 4 * units + unit
    label = input_gates + tl.load(label_ids + place) * 4 * units + unit
    entering = tl.load(own, mask=inside, other=0.0).to(tl.float32)
    kept = tl.load(own + units, mask=inside, other=0.0).to(tl.float32)
    candidate = tl.load(own + 2 * units, mask=inside, other=0.0).to(tl.float32)
    shown = tl.load(own + 3 * units, mask=inside, other=0.0).to(tl.float32)
    entering = _sigmoid(entering + tl.load(label, mask=inside, other=0.0))
    kept = _sigmoid(kept + tl.load(label + units, mask=inside, other=0.0))
    candidate = _tanh(candidate + tl.load(label + 2 * units, mask=inside, other=0.0))
    shown = _sigmoid(shown + tl.load(label + 3 * units, mask=inside, other=0.0))
    before = tl.load(memory + tl.load(rows + place) * units + unit, mask=inside, other=0.0)
    after = kept * before + entering * candidate
    tl.store(next_memory + place * units + unit, after, mask=inside)
    tl.store(next_hidden + place * units + unit, shown * _tanh(after), mask=inside)


@triton.jit
def _sigmoid(values):
    return 1 / (1 + tl.exp(-values))


@triton.jit
def _tanh(values):
    # exp of what is at most 0 cannot overflow.
    shrunk = tl.exp(-2 * tl.abs(values))
    size = (1 - shrunk) / (1 + shrunk)
    return tl.where(values < 0, -size, size)
