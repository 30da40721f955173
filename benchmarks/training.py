"""Trains one row's task on frozen features, and asks it about the held-out and the test part."""

from __future__ import annotations

import copy
import importlib
import inspect
import logging
import tempfile
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import lightning
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint
from torch import Tensor

from benchmarks.data import DataSource
from benchmarks.spec import ResolvedRow, SpecError, Training
from cnn_rnn.feature_cache import FeatureDataModule
from cnn_rnn.tasks import MultiLabelTask

Part = Literal["val", "test"]
# Arguments that the suite gives to every task.
GIVEN = ("label_names", "label_counts", "backbone", "val_metrics_every")
DECODING_BATCH = 512  # images that are decoded at once: a larger batch shares more prefixes


class Trained(NamedTuple):
    """A task with its best weights, in evaluation mode.

    Attributes:
        task: on the device it was trained on.
        epochs: trained.
        best_epoch: whose weights these are, from 0.
        best_loss: on the held-out part, after that epoch.
    """

    task: MultiLabelTask
    epochs: int
    best_epoch: int
    best_loss: float


class Answers(NamedTuple):
    """What a task says of N images, and what is true of them.

    Attributes:
        image_ids: N names.
        scores: (N, K) float32.
        decisions: (N, K) bool: the task's own.
        best_path: (N, T) int64, padded with -1; None for ranking rows.
        target: (N, K) bool.
        ignored: (N, K) bool.
    """

    image_ids: list[str]
    scores: Tensor
    decisions: Tensor
    best_path: Tensor | None
    target: Tensor
    ignored: Tensor


def task_class(class_path: str, arguments: Mapping[str, Any]) -> type[MultiLabelTask]:
    """The class of a row's task, once its arguments are known to exist.

    Raises:
        SpecError: no such class, or it takes no such argument.
    """
    module_name, _, class_name = class_path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, ValueError, AttributeError) as error:
        raise SpecError(f"task {class_path}: {error}") from None
    if not (isinstance(found, type) and issubclass(found, MultiLabelTask)):
        raise SpecError(f"task {class_path}: expected a MultiLabelTask")
    known = [name for name in inspect.signature(found).parameters if name not in GIVEN]
    for name in arguments:
        if name not in known:
            raise SpecError(f"task {class_path} takes no {name!r}; known: {', '.join(known)}")
    return found


def opened(source: DataSource) -> Any:
    """The data module of a source; what it reads stays in memory, as it is the same for all runs.

    Raises:
        DataError: the data is missing or malformed.
    """
    return _opened(source.to_json())


@lru_cache(maxsize=1)
def _opened(source_json: str) -> Any:
    datamodule: Any = DataSource.from_json(source_json).open()
    datamodule.prepare_data()
    for split in datamodule.split_names:  # now, so that copies share all of it
        datamodule.dataset(split)
    return datamodule


def open_features(source: DataSource, training: Training, seed: int) -> FeatureDataModule:
    """Features for a run: the held-out part and the order of the batches follow the seed."""
    images = copy.copy(opened(source))
    images.seed, images.val_fraction = seed, training.held_out
    return FeatureDataModule(
        images,
        source.backbone_spec(),
        batch_size=training.batch_size,
        seed=seed,
    )


def train(
    row: ResolvedRow,
    source: DataSource,
    datamodule: FeatureDataModule,
    seed: int,
    tell: Callable[[str], None],
) -> Trained:
    """Trains until the held-out loss stops falling, and takes the best weights back.

    Args:
        row: what to train and how.
        source: whose backbone made the features.
        datamodule: the features; its seed is that of the batches and the held-out part.
        seed: of the initial weights and of dropout.
        tell: is told of each epoch.
    Raises:
        TrainingDivergedError: the held-out loss is not finite.
    """
    quieten_lightning()
    lightning.seed_everything(seed, workers=True, verbose=False)
    datamodule.setup("fit")
    task = task_class(row.task, row.arguments)(
        label_names=datamodule.label_names,
        label_counts=datamodule.label_counts.tolist(),
        backbone=source.backbone_spec().to_dict(),
        val_metrics_every=0,
        **row.arguments,
    )
    with tempfile.TemporaryDirectory(prefix="cnn-rnn-") as folder:
        best = ModelCheckpoint(folder, monitor="val/loss", save_weights_only=True)
        stop = EarlyStopping("val/loss", patience=row.training.patience, check_finite=False)
        trainer = lightning.Trainer(
            accelerator="auto",
            devices=1,
            max_epochs=row.training.max_epochs,
            gradient_clip_val=row.training.gradient_clip,
            callbacks=[best, stop, _Teller(tell)],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            deterministic="warn",
        )
        trainer.fit(task, datamodule=datamodule)
        checkpoint = torch.load(best.best_model_path, map_location="cpu", weights_only=True)
    task.load_state_dict(checkpoint["state_dict"])
    assert best.best_model_score is not None  # a first epoch is always the best so far
    return Trained(
        task.to(trainer.strategy.root_device).eval(),
        trainer.current_epoch,
        int(checkpoint["epoch"]),
        float(best.best_model_score),
    )


@torch.inference_mode()
def ask(task: MultiLabelTask, datamodule: FeatureDataModule, part: Part) -> Answers:
    """What a trained task says of a part of the data, in the order of the data set."""
    split, rows = datamodule.datamodule.split_indices(part)
    features = datamodule.features(split)
    labels = datamodule.datamodule.dataset(split)
    answers: list[tuple[Tensor, Tensor, Tensor | None]] = []
    for chunk in torch.split(rows, DECODING_BATCH):
        batch = torch.from_numpy(features[chunk.numpy()]).to(task.device, torch.float32)
        said = task.predict(batch)
        path = None if said.paths is None else said.paths.label_ids[:, 0].cpu()
        answers.append((said.scores.float().cpu(), said.decisions.cpu(), path))
    paths = [path for _, _, path in answers if path is not None]
    return Answers(
        image_ids=[labels.image_ids[index] for index in rows.tolist()],
        scores=torch.cat([scores for scores, _, _ in answers]),
        decisions=torch.cat([decisions for _, decisions, _ in answers]),
        best_path=torch.cat(paths) if paths else None,
        target=labels.targets[rows],
        ignored=labels.ignored[rows],
    )


def quieten_lightning() -> None:
    """No banners and no advice on data loaders: features come from memory."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"lightning\..*")


class _Teller(Callback):
    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell

    def on_validation_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        self.tell(f"epoch {trainer.current_epoch + 1}")
