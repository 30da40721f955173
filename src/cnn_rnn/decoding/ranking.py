"""The N best of each row, equals in index order (the tie rule of the search)."""

import torch
from torch import Tensor

_INDEX_BITS = 32
_INDEX_MASK = (1 << _INDEX_BITS) - 1


def best_of_rows(log_probs: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The ``count`` largest entries of each row, largest first, equals by lower index.

    ``torch.topk`` leaves the order of equals open. For float32, the value and the index are packed
    into one integer key, so that no two keys are equal.

    Args:
        log_probs: (R, M) float, each at most 0; -inf allowed, NaN gives an arbitrary order.
        count: 0..M, and M below 2**32.

    Returns:
        values (R, count) and indices (R, count) int64.
    """
    if log_probs.dtype != torch.float32:
        values, indices = torch.sort(log_probs, dim=-1, descending=True, stable=True)
        return values[:, :count], indices[:, :count]
    # The bits of floats >= 0 order as integers do, so the best entry has the smallest key.
    keys = log_probs.abs().view(torch.int32).to(torch.int64)
    keys.bitwise_left_shift_(_INDEX_BITS)
    keys.add_(torch.arange(log_probs.shape[1], device=log_probs.device))
    best = torch.topk(keys, count, dim=-1, largest=False, sorted=True).values
    indices = best.bitwise_and(_INDEX_MASK)
    return log_probs.gather(1, indices), indices
