"""What every LightningModule of this project shares; a task adds a head, a loss and a decision."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple, NotRequired, TypedDict

import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor

from cnn_rnn.backbones import Backbone, BackboneSpec
from cnn_rnn.decoding import Paths
from cnn_rnn.label_space import LabelSpace
from cnn_rnn.metrics import MeanAveragePrecision, PrecisionRecallF1
from cnn_rnn.optimization import parameter_groups, rmsprop_with_cosine


class Batch(TypedDict):
    """What a data module yields: images, or their features, and the labels."""

    image: NotRequired[Tensor]  # (B, 3, H, W) uint8, or float in [0, 1]
    features: NotRequired[Tensor]  # (B, F)
    target: Tensor  # (B, K) bool
    ignored: Tensor  # (B, K) bool: neither right nor wrong
    image_id: list[str]


class Predictions(NamedTuple):
    """What a model says of a batch."""

    scores: Tensor  # (B, K): a ranking of all labels
    decisions: Tensor  # (B, K) bool: the labels it gives
    paths: Paths | None  # of path models


class TrainingDivergedError(RuntimeError):
    """The loss is not finite any more; says what to change."""

    is_user_error = True


class MultiLabelTask(LightningModule):
    """Training, validation, test and prediction of a head on image features.

    A subclass gives `compute_loss` and `predict`. A frozen backbone is no part of the checkpoint
    (its name and weights are); it is built only when a batch brings images instead of features.

    Args:
        label_names: K names in the order of the ids; linked from the data by the CLI.
        label_counts: K training counts; linked likewise.
        backbone: the image encoder.
        fine_tune: train the backbone too (section 3.4 freezes it): from its weights, with its
            dropout; batch normalisation keeps its pre-trained statistics.
        lr: learning rate of RMSprop after the warm-up.
        momentum: of RMSprop.
        weight_decay: of RMSprop.
        warmup_steps: of the schedule; a cosine to zero follows.
        val_metrics_every: epochs between two validations with predictions; 0: the loss alone.
        backbone_lr_factor: with `fine_tune`, the backbone's learning rate in parts of `lr`, as
            trained weights want smaller steps than a new head.

    Raises:
        ValueError: `backbone_lr_factor` is not above zero.
    """

    def __init__(
        self,
        label_names: Sequence[str],
        label_counts: Sequence[int],
        backbone: BackboneSpec | dict[str, Any],
        fine_tune: bool,
        lr: float,
        momentum: float,
        weight_decay: float,
        warmup_steps: int,
        val_metrics_every: int,
        backbone_lr_factor: float = 0.1,
    ) -> None:
        super().__init__()
        if not backbone_lr_factor > 0:
            raise ValueError(
                f"backbone_lr_factor must be above 0, got {backbone_lr_factor}; "
                "fine_tune=false freezes the backbone"
            )
        self.labels = LabelSpace(label_names, label_counts)
        self.backbone_spec = BackboneSpec.parse(backbone)
        self.fine_tune = fine_tune
        self.backbone_lr_factor = backbone_lr_factor
        self.backbone: Backbone | None = None
        if fine_tune:  # half the time of a step on a CPU in this layout
            self.backbone = self.backbone_spec.build().to(memory_format=torch.channels_last).train()
        self._frozen_backbone: list[Backbone] = []  # in a list: not a submodule, not saved
        self.preprocessing: dict[str, Any] | None = None  # of a checkpoint without data modules
        self.lr = lr
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.warmup_steps = warmup_steps
        self.val_metrics_every = val_metrics_every
        self.val_decided = PrecisionRecallF1(self.labels.num_labels)
        self.val_ranked = MeanAveragePrecision(self.labels.num_labels)
        self.test_decided = PrecisionRecallF1(self.labels.num_labels)
        self.test_ranked = MeanAveragePrecision(self.labels.num_labels)

    @abstractmethod
    def compute_loss(self, features: Tensor, batch: Batch) -> Tensor:
        """The loss of a batch, 0-d, from features (B, F)."""

    @abstractmethod
    def predict(self, features: Tensor) -> Predictions:
        """Scores and decisions from features (B, F)."""

    def features(self, batch: Batch) -> Tensor:
        """(B, F): the batch's own, or the backbone's of its images."""
        if "features" in batch:
            return batch["features"]
        images = batch["image"]
        if images.device.type == "cpu":
            images = images.contiguous(memory_format=torch.channels_last)
        if self.backbone is not None:
            encoded: Tensor = self.backbone(images)
            return encoded
        with torch.no_grad():
            frozen: Tensor = self.image_encoder()(images)
        return frozen

    def image_encoder(self) -> Backbone:
        """The backbone on the task's device: its own, or the frozen one, built when first asked."""
        if self.backbone is not None:
            return self.backbone
        if not self._frozen_backbone:
            self._frozen_backbone.append(self.backbone_spec.build().requires_grad_(False))
        return self._frozen_backbone[0].to(self.device)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """One step; logs train/loss."""
        loss = self.compute_loss(self.features(batch), batch)
        self.log("train/loss", loss, batch_size=len(batch["target"]), prog_bar=True)
        return loss

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Loss, decisions and ranking of a batch.

        Raises:
            TrainingDivergedError: the loss is not finite.
        """
        features = self.features(batch)
        loss = self.compute_loss(features, batch)
        if not torch.isfinite(loss):
            raise TrainingDivergedError(
                f"the loss is {loss.item()} in epoch {self.current_epoch}: training diverged; "
                f"lower lr (now {self.lr:g}) or trainer.gradient_clip_val"
            )
        size = len(batch["target"])
        self.log("val/loss", loss, batch_size=size, prog_bar=True, sync_dist=True)
        if self._predicts_in_validation():
            self._observe(self.predict(features), batch, self.val_decided, self.val_ranked)

    def on_validation_epoch_end(self) -> None:
        """Logs val/c_f1, val/o_f1, val/map and their kin."""
        if self._predicts_in_validation():
            self._log_metrics("val", self.val_decided, self.val_ranked)

    def _predicts_in_validation(self) -> bool:
        """Outside of fit always; within it every `val_metrics_every` epochs."""
        if self.trainer.state.fn != TrainerFn.FITTING:
            return True
        every = self.val_metrics_every
        return every > 0 and (self.current_epoch + 1) % every == 0

    def test_step(self, batch: Batch, batch_idx: int) -> None:
        """Decisions and ranking of a batch."""
        self._observe(
            self.predict(self.features(batch)), batch, self.test_decided, self.test_ranked
        )

    def on_test_epoch_end(self) -> None:
        """Logs test/c_p, ... , test/map."""
        self._log_metrics("test", self.test_decided, self.test_ranked)

    def predict_step(self, batch: Batch, batch_idx: int) -> tuple[list[str], Predictions]:
        """The ids of a batch's images, and what the model says of them.

        The features stay in the batch, for callbacks that look closer.
        """
        batch["features"] = self.features(batch)
        return batch["image_id"], self.predict(batch["features"])

    def _observe(
        self,
        predictions: Predictions,
        batch: Batch,
        decided: PrecisionRecallF1,
        ranked: MeanAveragePrecision,
    ) -> None:
        decided.update(predictions.decisions, batch["target"], batch["ignored"])
        ranked.update(predictions.scores, batch["target"], batch["ignored"])

    def _log_metrics(
        self, stage: str, decided: PrecisionRecallF1, ranked: MeanAveragePrecision
    ) -> None:
        values = {f"{stage}/{name}": value for name, value in decided.compute().items()}
        values[f"{stage}/map"] = ranked.compute()
        for name, value in values.items():
            # Equal on all processes already; said to every one of them, as any may be monitored.
            self.log(
                name,
                value,
                prog_bar=name in ("val/c_f1", "val/o_f1", "val/map"),
                sync_dist=True,
            )
        decided.reset()
        ranked.reset()

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """RMSprop, a warm-up, a cosine; a backbone that is trained has its own learning rate."""
        optimizer, schedule = rmsprop_with_cosine(
            parameter_groups(self, "backbone.", self.lr * self.backbone_lr_factor),
            self.lr,
            self.momentum,
            self.weight_decay,
            self.warmup_steps,
            int(self.trainer.estimated_stepping_batches),
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def setup(self, stage: str) -> None:
        """Compares the data's labels with the model's.

        Raises:
            LabelSpaceError: they differ.
        """
        names = getattr(getattr(self.trainer, "datamodule", None), "label_names", None)
        if names is not None:
            self.labels.check(names, "the data")

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """All that a photo needs: labels, the task's class, how images were made into batches."""
        checkpoint["label_names"] = list(self.labels.names)
        checkpoint["task"] = f"{type(self).__module__}.{type(self).__qualname__}"
        data: Any = getattr(self._trainer, "datamodule", None)  # also of cached features
        if hasattr(data, "transform_id") and hasattr(data, "image_size"):
            self.preprocessing = {
                "image_size": int(data.image_size),
                "transform_id": str(data.transform_id),
            }
        if self.preprocessing is not None:
            checkpoint["preprocessing"] = dict(self.preprocessing)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuses a checkpoint of other labels.

        Raises:
            LabelSpaceError: the checkpoint's labels differ.
        """
        self.labels.check(checkpoint.get("label_names", []), "the checkpoint")
        self.preprocessing = checkpoint.get("preprocessing")
