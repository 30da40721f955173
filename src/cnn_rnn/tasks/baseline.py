"""The ranking rows as a LightningModule: a linear layer on the features, one of several losses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, get_args

from torch import Tensor, nn

from cnn_rnn import losses
from cnn_rnn.backbones import BackboneSpec
from cnn_rnn.baselines import LinearClassifier
from cnn_rnn.metrics.functional import exactly_k
from cnn_rnn.tasks.base import Batch, MultiLabelTask, Predictions

LossName = Literal["softmax", "warp", "bce", "squared", "asymmetric"]
LOSSES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "softmax": losses.softmax_cross_entropy,
    "warp": losses.warp,
    "bce": losses.binary_cross_entropy,
    "squared": losses.squared_error,
    "asymmetric": losses.asymmetric,
}

NATURAL_THRESHOLDS = {"bce": 0.0, "squared": 0.5, "asymmetric": 0.0}
PAPER_K = 3


class BaselineTask(MultiLabelTask):
    """Softmax, WARP, binary cross-entropy, squared or asymmetric loss over a linear layer.

    Args:
        label_names: K names in the order of the ids; linked from the data by the CLI.
        label_counts: K training counts; linked likewise.
        backbone: the image encoder.
        fine_tune: train the backbone too.
        loss: `softmax` on the normalised label set, `warp`, `bce`, `squared` (as I-FT), or
            `asymmetric` (Ridnik et al. 2021).
        dropout: on the features.
        top_k: labels given to each image; None: those whose score passes `threshold`.
        threshold: on the score; None is the natural one of the loss, probability one half of `bce`
            and `asymmetric` and 0.5 of `squared`; the others have none and give three labels (the
            paper's k).
        gamma_neg: of `asymmetric`; the other losses do not look at it, nor at the next two.
        gamma_pos: of `asymmetric`.
        probability_margin: of `asymmetric`.
        lr: learning rate of RMSprop after the warm-up.
        momentum: of RMSprop.
        weight_decay: of RMSprop.
        warmup_steps: of the schedule; a cosine to zero follows.
        val_metrics_every: epochs between two validations with predictions; 0: the loss alone.
        backbone_lr_factor: with `fine_tune`, the backbone's learning rate in parts of `lr`.
    """

    def __init__(
        self,
        label_names: Sequence[str],
        label_counts: Sequence[int],
        backbone: BackboneSpec | dict[str, Any] = BackboneSpec(),  # noqa: B008  # frozen
        fine_tune: bool = False,
        loss: LossName = "bce",
        dropout: float = 0.5,
        top_k: int | None = None,
        threshold: float | None = None,
        gamma_neg: float = 4.0,
        gamma_pos: float = 0.0,
        probability_margin: float = 0.05,
        lr: float = 1e-4,
        momentum: float = 0.9,
        weight_decay: float = 1e-4,
        warmup_steps: int = 20,
        val_metrics_every: int = 1,
        backbone_lr_factor: float = 0.1,
    ) -> None:
        super().__init__(
            label_names,
            label_counts,
            backbone,
            fine_tune,
            lr,
            momentum,
            weight_decay,
            warmup_steps,
            val_metrics_every,
            backbone_lr_factor,
        )
        if loss not in LOSSES:
            raise ValueError(f"loss must be one of {get_args(LossName)}, got {loss!r}")
        if top_k is not None and not 1 <= top_k <= self.labels.num_labels:
            raise ValueError(f"top_k must lie in 1..{self.labels.num_labels}, got {top_k}")
        # In plain types: checkpoints hold no class, and loggers do not take a frozen dataclass.
        self.save_hyperparameters(ignore=["backbone"])
        self.save_hyperparameters({"backbone": self.backbone_spec.to_dict()})
        self.network = self.build_head(dropout)
        self.loss = LOSSES[loss]
        if loss == "asymmetric":
            losses.check_asymmetry(gamma_neg, gamma_pos, probability_margin)
            self.loss = partial(
                losses.asymmetric,
                gamma_neg=gamma_neg,
                gamma_pos=gamma_pos,
                margin=probability_margin,
            )
        self.normalised = loss == "softmax"
        self.threshold = NATURAL_THRESHOLDS.get(loss) if threshold is None else threshold
        if top_k is None and self.threshold is None:
            top_k = min(PAPER_K, self.labels.num_labels)
        self.top_k = top_k

    def build_head(self, dropout: float) -> nn.Module:
        """The trained layer: features (B, F) -> scores (B, K)."""
        return LinearClassifier(self.backbone_spec.feature_dim, self.labels.num_labels, dropout)

    def compute_loss(self, features: Tensor, batch: Batch) -> Tensor:
        """The loss chosen, over the labels that are not ignored."""
        return self.loss(self.network(features), batch["target"], batch["ignored"])

    def predict(self, features: Tensor) -> Predictions:
        """Scores, and the `top_k` best labels or those above the threshold.

        Scores are what the layer gives; of `softmax` log-probabilities, as its own scores can be
        compared within an image only.
        """
        scores: Tensor = self.network(features)
        if self.normalised:
            scores = scores.log_softmax(dim=1)
        if self.top_k is not None:
            return Predictions(scores, exactly_k(scores, self.top_k), None)
        assert self.threshold is not None  # the constructor sees to it
        return Predictions(scores, scores > self.threshold, None)
