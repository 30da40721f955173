"""What a beam search asks of a network, and what a listener hears of the search (section 3.3)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

State = Tensor | tuple[Tensor, ...]
"""A recurrent state: a tensor or a tuple of tensors, each with one row a prefix."""

Weights = Literal["float32", "bfloat16"]
"""Of the recurrent product, which is most of the work; everything else is float32."""

Observer = Callable[[int, Tensor, Tensor, Tensor], None]
"""Called at each step t < max_length, before the next live paths are chosen, with

step: t, the number of labels on each live path.
images: (b,) int64, the rows of ``features`` that are searched on.
prefix_log_probs: (b, n), log-probability of each live path; -inf marks none.
label_log_probs: (b, n, K), log-probability of that path continued by each label; -inf where the
    continuation does not exist (the label is on the path already, or there is no path).

The tensors belong to the search: an observer reads them and keeps no reference.
"""


class PathNetwork(Protocol):
    """The four methods and three numbers from which paths are decoded.

    The image enters only in ``logits``: the state depends on the labels of the prefix alone, and
    each row of a result depends on the same row of the arguments alone. The caller puts the
    network into evaluation mode.
    """

    @property
    def num_labels(self) -> int:
        """K."""

    @property
    def start_id(self) -> int:
        """The input id that begins each path."""

    @property
    def end_id(self) -> int:
        """The output id that ends a path: K."""

    def encode_image(self, features: Tensor) -> Tensor:
        """(B, F) -> (B, D)."""

    # Each network knows its own kind of ``State``, which the search only hands back to it.
    def initial_state(self, batch_size: int) -> Any:
        """The state before START, ``batch_size`` rows."""

    def advance(self, state: Any, label_ids: Tensor) -> tuple[Any, Tensor]:
        """Feed one label, or START, to each row: (B,) int64 -> state, (B, D) path embedding."""

    def logits(self, image_embedding: Tensor, path_embedding: Tensor) -> Tensor:
        """(B, D), (B, D) -> (B, K+1), unnormalised."""


def log_probs_of(network: PathNetwork, image_embedding: Tensor, path_embedding: Tensor) -> Tensor:
    """(B, K+1) log-probabilities, at least float32: half-precision logits are widened first."""
    logits = network.logits(image_embedding, path_embedding)
    dtype = torch.promote_types(logits.dtype, torch.float32)
    return torch.log_softmax(logits, dim=-1, dtype=dtype)


def select_rows(state: State, rows: Tensor) -> State:
    """The given rows of a state, in the given order; (R,) int64."""
    if isinstance(state, Tensor):
        return state.index_select(0, rows)
    return tuple(part.index_select(0, rows) for part in state)


NAN_MESSAGE = (
    "expected log-probabilities, got NaN: the network's logits hold NaN, +inf or a row of only "
    "-inf; check the weights (training may have diverged) and the features"
)


@contextmanager
def outlasting() -> Iterator[None]:
    """No gradients, and what is kept for later searches may be written to by all of them.

    Tensors of inference mode could not, outside of it.
    """
    with torch.inference_mode(False), torch.no_grad():
        yield
