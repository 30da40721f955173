"""Asks a trained row about the held-out and the test part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from benchmarks.run_data import chunks_of, labels_of
from cnn_rnn.baselines import FeatureEstimator
from cnn_rnn.tasks import MultiLabelTask

DECODING_BATCH = 512  # images that are decoded at once: a larger batch shares more prefixes


class Answers(NamedTuple):
    """What a row says of N images, and what is true of them.

    Attributes:
        image_ids: N names.
        scores: (N, K) float32.
        best_path: (N, T) int64, padded with -1; None for ranking rows.
        target: (N, K) bool.
        ignored: (N, K) bool.
    """

    image_ids: list[str]
    scores: Tensor
    best_path: Tensor | None
    target: Tensor
    ignored: Tensor


@torch.inference_mode()
def ask(
    model: MultiLabelTask | FeatureEstimator, datamodule: Any, part: Literal["val", "test"]
) -> Answers:
    """What a trained row says of a part of the data, in the order of the data set.

    Args:
        model: a task in evaluation mode, or an estimator that was fitted.
        datamodule: of images for a task that trains its backbone, otherwise of features.
        part: which.
    """
    scores: list[Tensor] = []
    paths: list[Tensor] = []
    if isinstance(model, FeatureEstimator):
        scores = [model.scores(chunk) for chunk in chunks_of(datamodule, part, DECODING_BATCH)]
    else:
        for features in _features(model, datamodule, part):
            said = model.predict(features)
            scores.append(said.scores)
            if said.paths is not None:
                paths.append(said.paths.label_ids[:, 0].cpu())
    image_ids, target, ignored = labels_of(datamodule, part)
    return Answers(
        image_ids,
        torch.cat([chunk.float().cpu() for chunk in scores]),
        torch.cat(paths) if paths else None,
        target,
        ignored,
    )


def _features(
    task: MultiLabelTask, datamodule: Any, part: Literal["val", "test"]
) -> Iterator[Tensor]:
    """Features of a part on the task's device, many at once."""
    if task.backbone is None:
        for chunk in chunks_of(datamodule, part, DECODING_BATCH):
            yield chunk.to(task.device)
        return
    waiting: list[Tensor] = []
    loader = datamodule.val_dataloader() if part == "val" else datamodule.test_dataloader()
    for batch in loader:
        waiting.append(task.backbone(batch["image"].to(task.device)))
        if sum(map(len, waiting)) >= DECODING_BATCH:
            yield torch.cat(waiting)
            waiting = []
    if waiting:
        yield torch.cat(waiting)
