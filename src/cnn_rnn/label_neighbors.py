"""Nearest labels in the joint embedding: of a label (Table 5, section 4.5), of an image (Figure 9).

Nearness is the cosine of two vectors. END and START are no labels and never among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from cnn_rnn.network import CNNRNN


class Neighbor(NamedTuple):
    """A label, and the cosine in [-1, 1] of its embedding with what was asked about."""

    label: str
    similarity: float


@torch.no_grad()
def nearest_labels(
    network: CNNRNN, names: Sequence[str], top: int = 5, centred: bool = False
) -> dict[str, list[Neighbor]]:
    """The nearest labels of each label, without itself (Table 5).

    Args:
        network: whose label embedding is asked.
        names: K, in the order of the ids.
        top: how many; K - 1 where there are fewer. Of equally near ones the lower id comes first.
        centred: take the mean of all labels away first. It adds the same to the scores of all
            labels, so that training may give it any size, and it makes all labels look alike.
    Raises:
        ValueError: other than K names, or top below 1.
    """
    labels = network.label_embedding.detach()
    if centred:
        labels = labels - labels.mean(dim=0)
    similarity = _cosines(labels, labels).fill_diagonal_(-torch.inf)
    found = _nearest(similarity, names, top, len(names) - 1)
    return dict(zip(names, found, strict=True))


@torch.no_grad()
def nearest_labels_of_images(
    network: CNNRNN, features: Tensor, names: Sequence[str], top: int = 5
) -> list[list[Neighbor]]:
    """The labels nearest to each image in the joint space, before any label is given (Figure 9).

    Args:
        network: in evaluation mode.
        features: (B, F) float, of its backbone.
        names: K, in the order of the ids.
        top: how many; K where there are fewer. Of equally near ones the lower id comes first.
    Raises:
        ValueError: other than K names, or top below 1.
    """
    similarity = _cosines(network.encode_image(features), network.label_embedding)
    return _nearest(similarity, names, top, len(names))


def _cosines(left: Tensor, right: Tensor) -> Tensor:
    """(A, D) and (B, D) -> (A, B); 0 for a vector of zeros."""
    return nn.functional.normalize(left, dim=1) @ nn.functional.normalize(right, dim=1).T


def _nearest(similarity: Tensor, names: Sequence[str], top: int, most: int) -> list[list[Neighbor]]:
    if similarity.shape[1] != len(names):
        raise ValueError(f"expected {similarity.shape[1]} label names, got {len(names)}")
    if top < 1:
        raise ValueError(f"top must be at least 1, got {top}")
    count = min(top, most)
    values, label_ids = similarity.sort(dim=1, descending=True, stable=True)
    return [
        [Neighbor(names[label], value) for value, label in zip(row, ids, strict=True)]
        for row, ids in zip(values[:, :count].tolist(), label_ids[:, :count].tolist(), strict=True)
    ]
