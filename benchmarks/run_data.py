"""The data of a run: features that are computed once, or images where the backbone is trained."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from benchmarks.data import DataSource
from benchmarks.spec import Inputs, ResolvedRow, Training
from cnn_rnn.feature_cache import FeatureDataModule
from cnn_rnn.feature_extraction import FrozenBackbone

Part = Literal["train", "val", "test"]


def opened(source: DataSource) -> Any:
    """The data module of a source; what it reads stays in memory, as it is the same for all runs.

    Raises:
        DataError: the data is missing or malformed.
    """
    return _opened(source.to_json())


@lru_cache(maxsize=4)  # as many as there are tables, which share their processes
def _opened(source_json: str) -> Any:
    datamodule: Any = DataSource.from_json(source_json).open()
    datamodule.prepare_data()
    for split in datamodule.split_names:  # now, so that copies share all of it
        datamodule.dataset(split)
    return datamodule


def open_for(row: ResolvedRow, source: DataSource, seed: int) -> Any:
    """The data module for a run of a row: of images if it is fine-tuned, otherwise of features."""
    if row.fine_tuned:
        return open_images(source, row.training, seed)
    return open_features(source, row.training, seed, row.inputs)


def open_features(
    source: DataSource, training: Training, seed: int, inputs: Inputs = "image"
) -> FeatureDataModule:
    """Features for a run: the held-out part and the order of the batches follow the seed."""
    images = _copy(source, training, seed)
    return FeatureDataModule(
        images,
        encoder(images, source, inputs),
        batch_size=training.batch_size,
        seed=seed,
    )


def encoder(images: Any, source: DataSource, inputs: Inputs) -> FrozenBackbone:
    """What makes features of images: the source's backbone, or what its pictures were drawn for."""
    drawn_for: FrozenBackbone | None = getattr(images, "drawn_for", None)
    return drawn_for or source.backbone_spec(inputs)


def open_images(source: DataSource, training: Training, seed: int) -> Any:
    """Images for a run, under the data module's own transforms.

    Drawn scenes are small: they are read by the run itself.
    """
    images = _copy(source, training, seed)
    images.batch_size, images.augment = training.batch_size, training.augment
    images.num_workers = 0 if source.is_mini else source.num_workers
    return images


def _copy(source: DataSource, training: Training, seed: int) -> Any:
    images = copy.copy(opened(source))
    images.seed, images.val_fraction = seed, training.held_out
    return images


def features_of(datamodule: FeatureDataModule, part: Part) -> Tensor:
    """(N, F) float32: all features of a part, in the order of the data set."""
    split, rows = datamodule.datamodule.split_indices(part)
    return _rows(datamodule, split, rows)


def chunks_of(datamodule: FeatureDataModule, part: Part, size: int) -> Iterator[Tensor]:
    """The features of a part, (up to `size`, F) float32 at a time."""
    split, rows = datamodule.datamodule.split_indices(part)
    for chunk in torch.split(rows, size):
        yield _rows(datamodule, split, chunk)


def _rows(datamodule: FeatureDataModule, split: str, rows: Tensor) -> Tensor:
    found = datamodule.features(split)[rows.numpy()]
    return torch.from_numpy(np.ascontiguousarray(found, dtype=np.float32))


def labels_of(datamodule: Any, part: Part) -> tuple[list[str], Tensor, Tensor]:
    """Names of the N images of a part, their targets and ignored labels, (N, K) bool."""
    split, rows = datamodule.split_indices(part)
    labels = datamodule.dataset(split)
    names = [labels.image_ids[index] for index in rows.tolist()]
    return names, labels.targets[rows], labels.ignored[rows]
