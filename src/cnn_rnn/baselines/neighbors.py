"""The nearest training images of each image, exactly and in bounded memory."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import normalize

Metric = Literal["cosine", "euclidean"]

QUERY_CHUNK = 512  # images looked up together
TRAINING_CHUNK = 8192  # training images compared with them at once: 16 MiB of similarities
GATHERED = 2**22  # features gathered at once to measure distances exactly: 16 MiB


def nearest(
    training: Tensor, queries: Tensor, neighbors: int, metric: Metric
) -> tuple[Tensor, Tensor]:
    """The nearest training images of each query, nearest first.

    All pairs are compared, a block at a time; the (B, N) matrix never exists. Candidates come from
    products of matrices, whose rounding can swap images that are equally far but for it; distances
    are then measured directly. Which of several equally far images comes last or is left out is
    not specified, though the same call gives the same answer.

    Args:
        training: (N, F) float.
        queries: (B, F) of the same dtype.
        neighbors: 1..N.
        metric: `cosine` distance is 1 - cosine, and 1 to or from a vector of zeros.
    Returns:
        distances (B, neighbors), at least 0, and the int64 rows of `training` (B, neighbors).
    """
    parts = [
        _nearest_of_chunk(training, queries[start : start + QUERY_CHUNK], neighbors, metric)
        for start in range(0, len(queries), QUERY_CHUNK)
    ]
    if not parts:
        empty = queries.new_zeros(0, neighbors)
        return empty, empty.long()
    distances, rows = zip(*parts, strict=True)
    return torch.cat(distances), torch.cat(rows)


def _nearest_of_chunk(
    training: Tensor, queries: Tensor, neighbors: int, metric: Metric
) -> tuple[Tensor, Tensor]:
    if metric == "cosine":
        queries = normalize(queries, dim=1)
    best = queries.new_zeros(len(queries), 0)
    best_rows = torch.zeros(len(queries), 0, dtype=torch.int64)
    for start in range(0, len(training), TRAINING_CHUNK):
        block = training[start : start + TRAINING_CHUNK]
        if metric == "cosine":
            closeness = queries @ normalize(block, dim=1).T
        else:
            # Minus half the squared distance, without the query's own norm: the same order.
            closeness = torch.addmm(block.square().sum(dim=1) / -2, queries, block.T)
        found, rows = closeness.topk(min(neighbors, len(block)), dim=1)
        best = torch.cat([best, found], dim=1)
        best_rows = torch.cat([best_rows, rows + start], dim=1)
        best, kept = best.topk(min(neighbors, best.shape[1]), dim=1)
        best_rows = best_rows.gather(1, kept)
    if metric == "cosine":
        return (1 - best).clamp(min=0), best_rows
    distances = _euclidean(training, queries, best_rows)
    distances, order = distances.sort(dim=1, stable=True)
    return distances, best_rows.gather(1, order)


def _euclidean(training: Tensor, queries: Tensor, rows: Tensor) -> Tensor:
    """(B, n) distances; the difference of squared norms would lose small ones to rounding."""
    at_once = max(1, GATHERED // (rows.shape[1] * training.shape[1]))
    parts = []
    for start in range(0, len(queries), at_once):
        chunk = slice(start, start + at_once)
        difference = training[rows[chunk]] - queries[chunk].unsqueeze(1)  # (chunk, n, F)
        parts.append(difference.square().sum(dim=2).sqrt())
    return torch.cat(parts)
