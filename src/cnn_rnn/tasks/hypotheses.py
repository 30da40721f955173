"""Hypotheses-CNN-pooling as a LightningModule: the HCP row of Table 4 (section 4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from torch import Tensor

from cnn_rnn.backbones import BackboneSpec
from cnn_rnn.hypotheses import HypothesisPooling
from cnn_rnn.tasks.base import Batch
from cnn_rnn.tasks.baseline import BaselineTask

HypothesisLoss = Literal["squared", "bce"]


class HypothesisPoolingTask(BaselineTask):
    """A linear layer on R region hypotheses of an image, max-pooled over them.

    A light form of HCP (Wei et al.): proposals by `cnn_rnn.regions` instead of a learned
    objectness measure, and by default a frozen backbone. HCP first fits its network to whole images
    (I-FT), then to hypotheses; here one training does both, as its loss is a mean of the whole
    image's and the pooled scores'. (Frozen, 8 regions, 150 held-out mini-VOC images: mAP 48 by
    both losses, 31 by pooling alone from random weights.) The backbone must have `regions`.

    Args:
        label_names: K names in the order of the ids; linked from the data by the CLI.
        label_counts: K training counts; linked likewise.
        backbone: the image encoder; its `regions` is R, at least 2.
        fine_tune: train the backbone too: R images an image, so R times the time.
        loss: `squared`, HCP's distance from 0 and 1, or `bce`.
        dropout: on the features.
        top_k: labels given to each image; None: those whose score passes `threshold`.
        threshold: on the score; None is the natural one of the loss.
        lr: learning rate of RMSprop after the warm-up.
        momentum: of RMSprop.
        weight_decay: of RMSprop.
        warmup_steps: of the schedule; a cosine to zero follows.
        val_metrics_every: epochs between two validations with predictions; 0: the loss alone.
        backbone_lr_factor: with `fine_tune`, the backbone's learning rate in parts of `lr`.
        whole_image_weight: 0..1, of the whole image's loss in that mean; 0: pooled scores alone.

    Raises:
        ValueError: the backbone has no regions, or another argument is out of range.
    """

    network: HypothesisPooling

    def __init__(
        self,
        label_names: Sequence[str],
        label_counts: Sequence[int],
        backbone: BackboneSpec | dict[str, Any],
        fine_tune: bool = False,
        loss: HypothesisLoss = "squared",
        dropout: float = 0.5,
        top_k: int | None = None,
        threshold: float | None = None,
        lr: float = 1e-4,
        momentum: float = 0.9,
        weight_decay: float = 1e-4,
        warmup_steps: int = 20,
        val_metrics_every: int = 1,
        backbone_lr_factor: float = 0.1,
        whole_image_weight: float = 0.5,
    ) -> None:
        spec = BackboneSpec.parse(backbone)
        if spec.regions < 2:
            raise ValueError(
                "HypothesisPoolingTask pools over region hypotheses: set backbone.regions to 2 or "
                f"more (10 is a good start), got {spec.regions}"
            )
        if loss not in get_args(HypothesisLoss):
            raise ValueError(f"loss must be one of {get_args(HypothesisLoss)}, got {loss!r}")
        if not 0 <= whole_image_weight <= 1:
            raise ValueError(f"whole_image_weight must lie in 0..1, got {whole_image_weight}")
        super().__init__(
            label_names,
            label_counts,
            spec,
            fine_tune=fine_tune,
            loss=loss,
            dropout=dropout,
            top_k=top_k,
            threshold=threshold,
            lr=lr,
            momentum=momentum,
            weight_decay=weight_decay,
            warmup_steps=warmup_steps,
            val_metrics_every=val_metrics_every,
            backbone_lr_factor=backbone_lr_factor,
        )
        self.whole_image_weight = whole_image_weight

    def build_head(self, dropout: float) -> HypothesisPooling:
        """The trained layer: features (B, R * F) -> scores (B, K)."""
        spec = self.backbone_spec
        feature_dim = spec.feature_dim // spec.regions
        return HypothesisPooling(feature_dim, self.labels.num_labels, spec.regions, dropout)

    def compute_loss(self, features: Tensor, batch: Batch) -> Tensor:
        """The loss of the pooled scores and of the whole image's, over labels not ignored."""
        each = self.network.each(features)  # (B, R, K), the whole image first
        pooled = self.loss(each.max(dim=1).values, batch["target"], batch["ignored"])
        whole = self.loss(each[:, 0], batch["target"], batch["ignored"])
        return pooled + self.whole_image_weight * (whole - pooled)
