"""Joint embedding of images and labels as a LightningModule: a row of Table 1 (section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from cnn_rnn.backbones import BackboneSpec
from cnn_rnn.baselines import JointEmbedding
from cnn_rnn.tasks.base import Batch
from cnn_rnn.tasks.baseline import BaselineTask


class JointEmbeddingTask(BaselineTask):
    """WSABIE (Weston et al. 2011): image and label vectors of few dimensions, trained to rank.

    The loss is WARP over the scores; after each step the vectors are shortened to `max_norm`.
    Departures: the rank of a violated label is exact instead of sampled (see `losses.warp`), and
    the optimiser is that of all rows, RMSprop, instead of plain gradient steps.

    Args:
        label_names: K names in the order of the ids; linked from the data by the CLI.
        label_counts: K training counts; linked likewise.
        backbone: the image encoder.
        fine_tune: train the backbone too.
        embedding_dim: D, of the space shared by images and labels.
        max_norm: longest column of the image map, and longest label vector; None: any.
        loss: `warp`; `softmax` or `bce` give the same low-rank model another objective.
        dropout: on the features.
        top_k: labels given to each image; None: as in `BaselineTask`.
        threshold: on the score; None is the natural one of the loss.
        lr: learning rate of RMSprop after the warm-up.
        momentum: of RMSprop.
        weight_decay: of RMSprop.
        warmup_steps: of the schedule; a cosine to zero follows.
        val_metrics_every: epochs between two validations with predictions; 0: the loss alone.
    Raises:
        ValueError: an argument is out of range.
    """

    network: JointEmbedding

    def __init__(
        self,
        label_names: Sequence[str],
        label_counts: Sequence[int],
        backbone: BackboneSpec | dict[str, Any] = BackboneSpec(),  # noqa: B008  # frozen
        fine_tune: bool = False,
        embedding_dim: int = 64,
        max_norm: float | None = 1.0,
        loss: Literal["warp", "softmax", "bce"] = "warp",
        dropout: float = 0.5,
        top_k: int | None = None,
        threshold: float | None = None,
        lr: float = 1e-4,
        momentum: float = 0.9,
        weight_decay: float = 1e-4,
        warmup_steps: int = 20,
        val_metrics_every: int = 1,
    ) -> None:
        super().__init__(
            label_names,
            label_counts,
            backbone,
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
        )
        self.network = JointEmbedding(
            self.backbone_spec.feature_dim,
            self.labels.num_labels,
            embedding_dim,
            max_norm,
            dropout,
        )

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:
        """Shortens the vectors that the step made too long."""
        self.network.constrain()
