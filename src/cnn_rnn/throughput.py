"""Images a second of the training loop, logged once an epoch to whatever loggers there are."""

from __future__ import annotations

import time
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback


class Throughput(Callback):
    """Logs `throughput/images_per_second` of each training epoch, of all processes together.

    The clock runs from the first batch that is waited for to the end of the last step: reading data
    counts, validation does not. On an accelerator the last steps may still be under way then.
    """

    def __init__(self) -> None:
        self._began = 0.0
        self._seconds = 0.0
        self._images = 0

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Starts the clock."""
        self._began = time.perf_counter()
        self._seconds, self._images = 0.0, 0

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Counts the images of a step."""
        self._images += len(batch["target"])
        self._seconds = time.perf_counter() - self._began

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Logs the rate; those of several processes are added."""
        if self._seconds > 0:
            pl_module.log(
                "throughput/images_per_second",
                self._images / self._seconds,
                sync_dist=True,
                reduce_fx="sum",
            )
