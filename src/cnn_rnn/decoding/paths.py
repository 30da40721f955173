"""The result of a beam search: the N best label paths of each image (section 3.3)."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

PADDING_ID = -1
MISSING_LENGTH = -1


class Paths(NamedTuple):
    """The most probable prediction paths of B images, best first.

    A slot that no complete path fills has length -1, log-probability -inf and only padding.

    Attributes:
        label_ids: (B, N, T) int64, T = ``max_length``; the labels in path order, padded with -1.
            START and END are never stored.
        lengths: (B, N) int64, labels on the path without END; -1 marks an empty slot.
        log_probs: (B, N) float32 (float64 if the network computes in it), log P(path and END).
    """

    label_ids: Tensor
    lengths: Tensor
    log_probs: Tensor


def empty_paths(
    batch_size: int,
    beam_width: int,
    max_length: int,
    *,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> Paths:
    """Paths whose every slot is empty; sizes may be 0."""
    label_ids = torch.full((batch_size, beam_width, max_length), PADDING_ID, device=device)
    lengths = torch.full((batch_size, beam_width), MISSING_LENGTH, device=device)
    log_probs = torch.full((batch_size, beam_width), -torch.inf, dtype=dtype, device=device)
    return Paths(label_ids, lengths, log_probs)


def concatenate_paths(parts: Sequence[Paths]) -> Paths:
    """Join the paths of consecutive parts of a batch.

    Args:
        parts: at least one; equal N and T.
    """
    return Paths(
        torch.cat([part.label_ids for part in parts]),
        torch.cat([part.lengths for part in parts]),
        torch.cat([part.log_probs for part in parts]),
    )
