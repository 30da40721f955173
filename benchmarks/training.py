"""Trains one row: a task by Lightning on features or images, an estimator on features."""

from __future__ import annotations

import importlib
import inspect
import logging
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import lightning
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint

from benchmarks.data import DataSource
from benchmarks.history import Epoch, History
from benchmarks.run_data import features_of, labels_of
from benchmarks.spec import ResolvedRow, SpecError
from cnn_rnn.baselines import FeatureEstimator
from cnn_rnn.tasks import MultiLabelTask

# Arguments that the suite gives to every task.
GIVEN = ("label_names", "label_counts", "backbone", "val_metrics_every")


class Trained(NamedTuple):
    """A row with its best weights, in evaluation mode.

    Attributes:
        model: a task on the device it was trained on, or an estimator.
        epochs: trained; None of an estimator, as the next two.
        best_epoch: whose weights these are, from 0.
        best_loss: on the held-out part, after that epoch.
        parameters: numbers that were learned; None of an estimator.
        history: of each epoch; empty of an estimator.
        weights: a Lightning checkpoint of the best epoch, without the optimizer; None of an
            estimator.
    """

    model: MultiLabelTask | FeatureEstimator
    epochs: int | None = None
    best_epoch: int | None = None
    best_loss: float | None = None
    parameters: int | None = None
    history: tuple[Epoch, ...] = ()
    weights: bytes | None = None


def task_class(
    class_path: str, arguments: Mapping[str, Any]
) -> type[MultiLabelTask] | type[FeatureEstimator]:
    """The class of a row's task, once its arguments are known to exist.

    Raises:
        SpecError: no such class, or it takes no such argument.
    """
    module_name, _, class_name = class_path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, ValueError, AttributeError) as error:
        raise SpecError(f"task {class_path}: {error}") from None
    kinds = (MultiLabelTask, FeatureEstimator)
    if not (isinstance(found, type) and issubclass(found, kinds)):
        raise SpecError(f"task {class_path}: expected a MultiLabelTask or a FeatureEstimator")
    known = [name for name in inspect.signature(found).parameters if name not in GIVEN]
    for name in arguments:
        if name not in known:
            raise SpecError(f"task {class_path} takes no {name!r}; known: {', '.join(known)}")
    return found


def train(
    row: ResolvedRow,
    source: DataSource,
    datamodule: Any,
    seed: int,
    tell: Callable[[str], None],
) -> Trained:
    """Trains a row on the training part, without what is held out.

    A task is trained until the held-out loss stops falling, and gets its best weights back.

    Args:
        row: what to train and how.
        source: whose backbone made the features, or is trained.
        datamodule: the data as `run_data.open_for` gives it; its seed is that of the batches and
            the held-out part.
        seed: of the initial weights and of dropout.
        tell: is told of each epoch.
    Raises:
        TrainingDivergedError: the held-out loss is not finite.
    """
    lightning.seed_everything(seed, workers=True, verbose=False)
    datamodule.setup("fit")
    found = task_class(row.task, row.arguments)
    if issubclass(found, FeatureEstimator):
        tell("fitting")
        estimator = found(**row.arguments)
        _, target, ignored = labels_of(datamodule, "train")
        estimator.fit(features_of(datamodule, "train"), target, ignored, seed=seed)
        return Trained(estimator)
    task = found(
        label_names=datamodule.label_names,
        label_counts=datamodule.label_counts.tolist(),
        backbone=source.backbone_spec(row.inputs).to_dict(),
        val_metrics_every=0,
        **row.arguments,
    )
    return _train_task(task, row, datamodule, tell)


def _train_task(
    task: MultiLabelTask, row: ResolvedRow, datamodule: Any, tell: Callable[[str], None]
) -> Trained:
    quieten_lightning()
    history = History(tell)
    with tempfile.TemporaryDirectory(prefix="cnn-rnn-") as folder:
        best = ModelCheckpoint(folder, monitor="val/loss", save_weights_only=True)
        stop = EarlyStopping("val/loss", patience=row.training.patience, check_finite=False)
        trainer = lightning.Trainer(
            accelerator="auto",
            devices=1,
            max_epochs=row.training.max_epochs,
            gradient_clip_val=row.training.gradient_clip,
            callbacks=[best, stop, history],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            deterministic="warn",
        )
        trainer.fit(task, datamodule=datamodule)
        weights = Path(best.best_model_path).read_bytes()
        checkpoint = torch.load(best.best_model_path, map_location="cpu", weights_only=True)
    task.load_state_dict(checkpoint["state_dict"])
    assert best.best_model_score is not None  # a first epoch is always the best so far
    return Trained(
        task.to(trainer.strategy.root_device).eval(),
        trainer.current_epoch,
        int(checkpoint["epoch"]),
        float(best.best_model_score),
        sum(weight.numel() for weight in task.parameters()),
        tuple(history.epochs),
        weights,
    )


def quieten_lightning() -> None:
    """No banners and no advice on data loaders: features come from memory."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"lightning\..*")
