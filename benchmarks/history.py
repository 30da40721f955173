"""The learning curve of a run: losses and learning rate of each epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict

import lightning
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor


class Epoch(TypedDict):
    """An epoch, from 0: mean losses an image, and the learning rate at its end."""

    epoch: int
    train_loss: float
    val_loss: float
    lr: float


class History(Callback):
    """Gathers the epochs of a training, and tells of each.

    Args:
        tell: is told of each epoch.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self.epochs: list[Epoch] = []
        self._sum = torch.zeros(())
        self._images = 0

    def on_train_epoch_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Starts a mean."""
        self._sum, self._images = torch.zeros((), device=pl_module.device), 0

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        pl_module: lightning.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Adds a batch; its loss stays on the device."""
        loss: Tensor = outputs["loss"]
        self._sum += loss.detach() * len(batch["target"])
        self._images += len(batch["target"])

    def on_train_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Keeps the epoch; its validation is over."""
        self.epochs.append(
            {
                "epoch": trainer.current_epoch,
                "train_loss": float(self._sum) / max(1, self._images),
                "val_loss": float(trainer.callback_metrics["val/loss"]),
                "lr": float(trainer.optimizers[0].param_groups[0]["lr"]),
            }
        )
        self.tell(f"epoch {trainer.current_epoch + 1}")
