"""The head of hypotheses-CNN-pooling (HCP, Wei et al.; section 4.4): a label's best region counts.

Written for the regions of `cnn_rnn.regions`; it only needs R features an image in a row.
"""

from __future__ import annotations

from torch import Tensor, nn

from cnn_rnn.baselines import LinearClassifier


class HypothesisPooling(nn.Module):
    """The same linear layer on every hypothesis; a label's score is its largest over them.

    Args:
        feature_dim: F, of one hypothesis.
        num_labels: K.
        num_regions: R.
        dropout: on the features.
    """

    def __init__(
        self, feature_dim: int, num_labels: int, num_regions: int, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.num_regions = num_regions
        self.classifier = LinearClassifier(feature_dim, num_labels, dropout)

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, R * F) -> scores (B, K), unbounded."""
        return self.each(features).max(dim=1).values

    def each(self, features: Tensor) -> Tensor:
        """Features (B, R * F) -> the scores of every hypothesis, (B, R, K)."""
        scores: Tensor = self.classifier(features.view(len(features), self.num_regions, -1))
        return scores
