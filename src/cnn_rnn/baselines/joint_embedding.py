"""Images and labels in one space of few dimensions: the head of the joint-embedding row."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class JointEmbedding(nn.Module):
    """Scores f_k(I) = w_k . (V I) with vectors of bounded length (Weston et al. 2011, section 2).

    V (D, F) maps features into the space of the label vectors w_k (D), without any bias; together
    they are a linear classifier of rank D. The length of every column of V and of every w_k is at
    most `max_norm` (their equations 3 and 4); `constrain` sees to it, as their step after each
    gradient step does. Departure: dropout, for the same care as the other rows.

    Args:
        feature_dim: F.
        num_labels: K.
        embedding_dim: D.
        max_norm: of the columns; None bounds nothing.
        dropout: on the features.
    Raises:
        ValueError: `embedding_dim` or `max_norm` is out of range.
    """

    def __init__(
        self,
        feature_dim: int,
        num_labels: int,
        embedding_dim: int = 64,
        max_norm: float | None = 1.0,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if embedding_dim < 1:
            raise ValueError(f"embedding_dim must be at least 1, got {embedding_dim}: 64 is usual")
        if max_norm is not None and not max_norm > 0:
            raise ValueError(f"max_norm must be positive, or null for none, got {max_norm}")
        self.max_norm = max_norm
        self.dropout = nn.Dropout(dropout)
        self.image = nn.Linear(feature_dim, embedding_dim, bias=False)  # weight: (D, F)
        self.label = nn.Linear(embedding_dim, num_labels, bias=False)  # weight: (K, D)
        # As in the original: deviation 1 / sqrt(D), so that lengths start near 1.
        for weight in (self.image.weight, self.label.weight):
            nn.init.normal_(weight, std=embedding_dim**-0.5)
        self.constrain()

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, F) -> scores (B, K), unbounded."""
        scores: Tensor = self.label(self.image(self.dropout(features)))
        return scores

    @torch.no_grad()
    def constrain(self) -> None:
        """Shortens each vector that is longer than `max_norm`; the others stay."""
        if self.max_norm is not None:
            self.image.weight.copy_(self.image.weight.renorm(2, 1, self.max_norm))
            self.label.weight.copy_(self.label.weight.renorm(2, 0, self.max_norm))
