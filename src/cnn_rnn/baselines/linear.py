"""One linear layer from image features to label scores: the head of every ranking row."""

from __future__ import annotations

from torch import Tensor, nn


class LinearClassifier(nn.Module):
    """Dropout and a linear layer.

    Args:
        feature_dim: F.
        num_labels: K.
        dropout: on the features.
    """

    def __init__(self, feature_dim: int, num_labels: int, dropout: float = 0.5) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(feature_dim, num_labels)

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, F) -> scores (B, K), unbounded."""
        scores: Tensor = self.linear(self.dropout(features))
        return scores
