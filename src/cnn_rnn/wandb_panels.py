"""What a W&B run shows beside its curves: classes, images, attention, label map, confusion."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.trainer.states import TrainerFn

from cnn_rnn import wandb_lineage, wandb_tables
from cnn_rnn.checkpoint_file import read_checkpoint
from cnn_rnn.label_counts import LabelCounts
from cnn_rnn.network import CNNRNN
from cnn_rnn.tasks import MultiLabelTask
from cnn_rnn.wandb_examples import attention_of, examined
from cnn_rnn.wandb_settings import data_facts, resolved_config

if TYPE_CHECKING:
    from wandb import Run

logger = logging.getLogger(__name__)


class WandbPanels(Callback):
    """Adds to each W&B run of the trainer what its loggers do not.

    At the start: the resolved config, data fingerprint, commit, and the data as an input artifact.
    After training, on the held-out part and with the weights of the best epoch, and after
    `validate` and `test` on their part: tables and bars of the classes, a table of images with
    truth, path, step probabilities and attention, the map of the label embedding, and the confusion
    between labels. Tables and the best checkpoint are artifacts; an evaluation has its checkpoint
    as an input. With several processes all count, and the first one's share shows the images.

    Args:
        images: so many in the table, from all over the part; 0: no table.
        attention: with a picture of the attention at each step, of CNN-RNN.
        confusions: so many pairs of labels at most.
    """

    def __init__(self, images: int = 16, attention: bool = True, confusions: int = 200) -> None:
        if images < 0 or confusions < 1:
            raise ValueError(
                f"expected images >= 0 and confusions >= 1, got {images} and {confusions}"
            )
        self.images = images
        self.attention = attention
        self.confusions = confusions

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Describes the run."""
        self._describe(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Shows the best epoch on the held-out part, and keeps its checkpoint."""
        if not _runs_on_wandb(trainer) or trainer.interrupted:
            return
        best = _best_checkpoint(trainer)
        with _weights_of(best, pl_module):
            self._show(trainer, pl_module, "val", trainer.val_dataloaders, trainer.num_val_batches)
        if best is not None:
            score = getattr(trainer.checkpoint_callback, "best_model_score", None)
            for run in _runs(trainer):
                said = {"score": None if score is None else float(score)}
                run.log_artifact(wandb_lineage.checkpoint(best, said), aliases=["best"])

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """After `validate`."""
        if trainer.state.fn == TrainerFn.VALIDATING and _runs_on_wandb(trainer):
            self._evaluated(trainer, pl_module, "val")

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """After `test`."""
        if _runs_on_wandb(trainer):
            self._evaluated(trainer, pl_module, "test")

    def _evaluated(self, trainer: Trainer, task: LightningModule, part: str) -> None:
        self._describe(trainer)
        if trainer.ckpt_path:
            for run in _runs(trainer):
                wandb_lineage.use(run, wandb_lineage.checkpoint(Path(str(trainer.ckpt_path))))
        loaders = trainer.test_dataloaders if part == "test" else trainer.val_dataloaders
        batches = trainer.num_test_batches if part == "test" else trainer.num_val_batches
        self._show(trainer, task, part, loaders, batches)

    def _describe(self, trainer: Trainer) -> None:
        facts = data_facts(trainer)
        said = {
            "lightning": resolved_config(trainer),
            "commit": wandb_lineage.source_commit(),
            "data": facts,
        }
        for run in _runs(trainer):
            known = {name: value for name, value in said.items() if value}
            run.config.update(known, allow_val_change=True)  # type: ignore[no-untyped-call]
            if facts:
                if facts["is_mini"]:
                    run.tags = tuple(dict.fromkeys([*(run.tags or ()), "MINI"]))
                made = wandb_lineage.artifact(facts["class"], "dataset", content=facts)
                wandb_lineage.use(run, made)

    def _show(
        self, trainer: Trainer, task: LightningModule, part: str, loader: Any, batches: list[Any]
    ) -> None:
        if not isinstance(task, MultiLabelTask) or loader is None:
            logger.info("No panels: they are of this project's tasks, with their data modules")
            return
        names, network = task.labels.names, getattr(task, "network", None)
        with _evaluating(task):
            counts = LabelCounts(len(names), task.device)
            examples = examined(trainer, task, part, loader, int(batches[0]), counts, self.images)
            for one in (counts.right, counts.given, counts.positives, counts.instead):
                one.copy_(trainer.strategy.reduce(one, reduce_op="sum"))
            if not trainer.is_global_zero:
                return
            panels = wandb_tables.class_panels(part, counts, names)
            panels[f"{part}/confusion"] = wandb_tables.confusion_table(
                counts, names, self.confusions
            )
            if examples:
                maps = attention_of(task, examples) if self.attention else None
                panels[f"{part}/images"] = wandb_tables.example_table(examples, maps)
            if isinstance(network, CNNRNN):
                panels |= wandb_tables.label_map(part, network, names, task.labels.counts)
        for run in _runs(trainer):
            run.log({**panels, "trainer/global_step": trainer.global_step})


def _runs(trainer: Trainer) -> list[Run]:
    """The W&B runs that this process writes."""
    if not trainer.is_global_zero:
        return []
    return [one.experiment for one in trainer.loggers if isinstance(one, WandbLogger)]


def _runs_on_wandb(trainer: Trainer) -> bool:
    """The same answer on every process."""
    return any(isinstance(one, WandbLogger) for one in trainer.loggers)


def _best_checkpoint(trainer: Trainer) -> Path | None:
    path = getattr(trainer.checkpoint_callback, "best_model_path", "")
    return Path(path) if path and Path(path).is_file() else None


@contextmanager
def _weights_of(checkpoint: Path | None, task: LightningModule) -> Iterator[None]:
    """Inside, the task has the weights of a checkpoint; None: its own."""
    if checkpoint is None:
        yield
        return
    own = {name: value.clone() for name, value in task.state_dict().items()}
    task.load_state_dict(read_checkpoint(checkpoint)["state_dict"])
    try:
        yield
    finally:
        task.load_state_dict(own)


@contextmanager
def _evaluating(task: LightningModule) -> Iterator[None]:
    """Inside, the task is in evaluation mode; each of its parts gets its own mode back."""
    modes = {module: module.training for module in task.modules()}
    task.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes.items():
            module.training = training
