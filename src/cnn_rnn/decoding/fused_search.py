"""The loop of the fused search: no step of it waits for the device (section 3.3).

Paths are kept as back-pointers, and states are read through the rows of their prefixes. All shapes
are known before the first step, as long as the prefixes' are: then it can be captured in a CUDA
graph (``fused_graph``).
"""

from typing import NamedTuple

import torch
from torch import Tensor

from cnn_rnn.decoding.fused_ops import beam_step, read_paths
from cnn_rnn.decoding.paths import Paths
from cnn_rnn.decoding.prefix_cache import Prefixes
from cnn_rnn.decoding.protocol import NAN_MESSAGE

# Asking whether all images have finished makes the host wait for the device. Our choice.
STEPS_BETWEEN_CHECKS = 4


class Progress(NamedTuple):
    """Where a search stands; both are of one element, on the device."""

    done: Tensor  # no live path is left
    nan: Tensor  # a live path has met a NaN


class FusedSearch:
    """The search of a batch, some steps at a time; B images, N beams.

    Args:
        prefixes: of the network.
        table: (K+1, D) float32, output embeddings, END last.
        max_length: T.
        min_length: labels before END is allowed.
        relu: whether h is ReLU; the identity otherwise.
    """

    def __init__(
        self, prefixes: Prefixes, table: Tensor, max_length: int, min_length: int, relu: bool
    ) -> None:
        self._prefixes = prefixes
        self._table = table
        self._max_length, self._min_length, self._relu = max_length, min_length, relu

    def begin(self, image_embedding: Tensor, costs: Tensor) -> None:
        """Start anew.

        Args:
            image_embedding: (B, D) float32.
            costs: (B, N) float32: 0 for the empty path of an image, in slot 0; inf elsewhere.
        """
        self._image_embedding, self._costs = image_embedding, costs
        words = (self._table.shape[0] + 31) // 32
        self._used = torch.zeros((*costs.shape, words), dtype=torch.int32, device=costs.device)
        self._candidate_costs = torch.full_like(costs, torch.inf)
        self._candidates = torch.full_like(costs, -1, dtype=torch.int64)
        self._rows = torch.zeros_like(self._candidates)
        self._nan = torch.zeros(costs.shape[0], dtype=torch.bool, device=costs.device)
        self._parents: list[Tensor] = []
        self._label_ids: list[Tensor] = []
        self._prefixes.begin()

    def advance(self, steps: range) -> Progress:
        """Take these steps, the next ones of 0..T."""
        for step in steps:
            if step > 0:
                # Dead paths all feed the first label to the empty prefix.
                parent_rows = self._rows.gather(1, self._parents[-1])
                parent_rows = parent_rows.masked_fill(self._costs == torch.inf, 0)
                rows = self._prefixes.extend(parent_rows.flatten(), self._label_ids[-1].flatten())
                self._rows = rows.view(parent_rows.shape)
            (
                self._costs,
                self._used,
                parents,
                label_ids,
                self._candidate_costs,
                self._candidates,
                nan,
            ) = beam_step(
                self._image_embedding,
                self._prefixes.embeddings.float(),
                self._rows,
                self._table,
                self._costs,
                self._used,
                self._candidate_costs,
                self._candidates,
                step,
                self._min_length,
                self._max_length,
                self._relu,
            )
            self._parents.append(parents)
            self._label_ids.append(label_ids)
            self._nan = self._nan | nan
        return Progress((self._costs == torch.inf).all(), self._nan.any())

    def paths(self) -> Paths:
        """The candidates so far, best first."""
        label_ids, lengths = read_paths(
            torch.stack(self._parents),
            torch.stack(self._label_ids),
            self._candidates,
            self._max_length,
        )
        return Paths(label_ids, lengths, -self._candidate_costs)


def chunks_of_steps(max_length: int) -> list[range]:
    """The steps 0..T of a search, as many at a time as are taken without a look at its progress."""
    last = max_length + 1
    return [
        range(first, min(first + STEPS_BETWEEN_CHECKS, last))
        for first in range(0, last, STEPS_BETWEEN_CHECKS)
    ]


def start_costs(image_embedding: Tensor, beam_width: int) -> Tensor:
    """(B, N): the empty path of each image, and nothing else."""
    costs = image_embedding.new_full((image_embedding.shape[0], beam_width), torch.inf)
    costs[:, 0] = 0
    return costs


def check_progress(progress: Progress) -> None:
    """Waits for the device.

    Raises:
        ValueError: a live path has met a NaN.
    """
    if bool(progress.nan):
        raise ValueError(NAN_MESSAGE)


def run_search(
    search: FusedSearch, image_embedding: Tensor, beam_width: int, max_length: int
) -> Paths:
    """The paths of all images, step after step.

    Raises:
        ValueError: a live path has met a NaN.
    """
    search.begin(image_embedding, start_costs(image_embedding, beam_width))
    for steps in chunks_of_steps(max_length):
        progress = search.advance(steps)
        if steps.stop <= max_length and bool(progress.done):
            break
    check_progress(progress)
    return search.paths()
