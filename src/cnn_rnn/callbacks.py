"""Callbacks: predictions as JSON Lines."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import BasePredictionWriter

from cnn_rnn.tasks import MultiLabelTask, Predictions

logger = logging.getLogger(__name__)


class PredictionWriter(BasePredictionWriter):
    """Writes one JSON object an image while `predict` runs.

    Keys: `image`; `labels`, the labels given, of path models in the order of the path; `ranking`,
    all labels from best to worst with their scores; and, of path models, `paths`: the N best, each
    with its `labels` and `log_prob`. Process r > 0 writes `<stem>.rank<r><suffix>` beside it.

    Args:
        file: where to; its folder is made. A file that is there is replaced when all is written.
    """

    def __init__(self, file: str = "results/predictions.jsonl") -> None:
        super().__init__(write_interval="batch")
        self.file = Path(file)
        self._stream: TextIO | None = None

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Opens a temporary file beside the final one."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self._unfinished(trainer).open("w", encoding="utf-8")

    def write_on_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        prediction: Any,
        batch_indices: Sequence[int] | None,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int,
    ) -> None:
        """Writes the images of a batch."""
        assert self._stream is not None
        assert isinstance(pl_module, MultiLabelTask)
        image_ids, predictions = prediction
        for record in prediction_records(image_ids, predictions, pl_module.labels.names):
            self._stream.write(json.dumps(record, ensure_ascii=False) + "\n")

    def on_predict_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Puts the finished file in its place."""
        if self._stream is None:
            return
        self._stream.close()
        self._stream = None
        final = self._final(trainer)
        self._unfinished(trainer).replace(final)
        logger.info("predictions: %s", final)

    def _final(self, trainer: Trainer) -> Path:
        if trainer.global_rank == 0:
            return self.file
        return self.file.with_suffix(f".rank{trainer.global_rank}{self.file.suffix}")

    def _unfinished(self, trainer: Trainer) -> Path:
        return self._final(trainer).with_suffix(".unfinished")


def prediction_records(
    image_ids: Sequence[str], predictions: Predictions, names: Sequence[str]
) -> list[dict[str, Any]]:
    """Predictions of a batch in plain types.

    Args:
        image_ids: B ids.
        predictions: of the same B images.
        names: K label names.
    Returns:
        B dictionaries with the keys that `PredictionWriter` documents.
    """
    scores = predictions.scores.float().cpu()
    ranking = scores.argsort(dim=1, descending=True, stable=True).tolist()
    decisions = predictions.decisions.cpu()
    records = []
    for image, image_id in enumerate(image_ids):
        record: dict[str, Any] = {"image": image_id}
        if predictions.paths is None:
            record["labels"] = [names[k] for k in ranking[image] if decisions[image, k]]
        else:
            record["paths"] = _paths(predictions, image, names)
            record["labels"] = record["paths"][0]["labels"] if record["paths"] else []
        record["ranking"] = [[names[k], round(scores[image, k].item(), 6)] for k in ranking[image]]
        records.append(record)
    return records


def _paths(predictions: Predictions, image: int, names: Sequence[str]) -> list[dict[str, Any]]:
    assert predictions.paths is not None
    label_ids, lengths, log_probs = (part[image].tolist() for part in predictions.paths)
    return [
        {"labels": [names[k] for k in path[:length]], "log_prob": round(log_prob, 6)}
        for path, length, log_prob in zip(label_ids, lengths, log_probs, strict=True)
        if length >= 0
    ]
