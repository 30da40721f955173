"""The callback behind `lightning predict`: predictions of any number of processes in one file."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Protocol

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import BasePredictionWriter

from cnn_rnn.contact_sheet import ContactSheet
from cnn_rnn.prediction import predictions_of
from cnn_rnn.prediction_files import Entry, Parts, check_suffix, write_failures, write_predictions
from cnn_rnn.tasks import MultiLabelTask

logger = logging.getLogger(__name__)

# Of a task, what decides its predictions beside the weights.
_DECIDING = ("beam_width", "max_length", "min_length", "scoring", "top_k", "threshold")
_SHOWN = 5  # failures in the log; the list has all
_FORMAT = 1  # of the parts: parts of another are not gone on with


class PhotoSource(Protocol):
    """What a data module with `photos` offers: blocks that can be left out (a batch each)."""

    image_ids: list[str]
    image_paths: list[Path]

    @property
    def fingerprint(self) -> str:
        """Changes whenever a photo or the blocks do."""

    def __len__(self) -> int: ...

    def skip(self, done: Collection[int], /) -> None:
        """Leaves out blocks, each named by the position of its first photo."""


class PredictionWriter(BasePredictionWriter):
    """Writes one record an image while `predict` runs, and a contact sheet of photos behind it.

    A record is `Prediction.to_dict`: image, labels, the probability of each step, the N best paths
    and the ranking of all labels. Records stand in the order of the images, whatever the number of
    processes. Where the data module has `photos`, a killed run is gone on with, and broken photos
    are listed in `<stem>.failures.jsonl`.

    Args:
        file: where to, `.jsonl` or `.parquet`; its folder is made. A file that is there is replaced
            when all is written.
        sheet: write a contact sheet `<stem>.html` where the data module has photos.
        sheet_photos: at most so many photos on the sheet, the first ones.
        sheet_page: photos on a page of it; the others follow as `<stem>-2.html` ...

    Attributes:
        checkpoint: the file that the model comes from; without it no run is gone on with.
    """

    checkpoint: Path | None = None

    def __init__(
        self,
        file: str = "results/predictions.jsonl",
        sheet: bool = True,
        sheet_photos: int = 5000,
        sheet_page: int = 200,
    ) -> None:
        super().__init__(write_interval="batch")
        if sheet_photos < 1 or sheet_page < 1:
            raise ValueError(
                "predictions: sheet_photos and sheet_page must be at least 1, got "
                f"{sheet_photos} and {sheet_page}"
            )
        self.file = check_suffix(Path(file))
        self.sheet = sheet
        self.sheet_photos = sheet_photos
        self.sheet_page = sheet_page
        self._parts: Parts | None = None
        self._written = 0

    @property
    def failures_file(self) -> Path:
        """Lists the photos that could not be read."""
        return self.file.with_name(f"{self.file.stem}.failures.jsonl")

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Finds what an interrupted run has done, before the data are shared out."""
        if stage != "predict":
            return
        self._parts = Parts(self.file)
        self._written = 0
        photos = _photos(trainer)
        done: dict[int, int] = {}
        if trainer.is_global_zero:
            done = self._parts.begin(self._plan(pl_module, photos))
        done = trainer.strategy.broadcast(done)
        if photos is not None and done:
            photos.skip(done)
            logger.info(
                "Going on with an interrupted run: %d of %d photos are done",
                sum(done.values()),
                len(photos),
            )

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
        assert self._parts is not None
        assert isinstance(pl_module, MultiLabelTask)
        image_ids, said = prediction
        if not batch_indices:  # a loader that Lightning cannot look into: the usual share
            start = trainer.global_rank + self._written * trainer.world_size
            stop = start + len(image_ids) * trainer.world_size
            batch_indices = range(start, stop, trainer.world_size)
        self._written += len(image_ids)
        errors = batch.get("error") or [None] * len(image_ids)
        found = predictions_of(pl_module, image_ids, said, pl_module.features(batch))
        entries: list[Entry] = [
            {
                "position": position,
                "image": one.image,
                "record": one.to_dict() if error is None else None,
                "beam": one.beam.to_dict() if one.beam is not None and error is None else None,
                "error": error,
            }
            for position, one, error in zip(batch_indices, found, errors, strict=True)
        ]
        self._parts.write(trainer.global_rank, entries)

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Merges the parts of all processes, once all are written."""
        if stage != "predict" or self._parts is None:
            return
        trainer.strategy.barrier("predictions are written")
        if trainer.is_global_zero:
            self._merge(self._parts, _photos(trainer), pl_module)
        trainer.strategy.barrier("predictions are merged")
        self._parts = None

    def _merge(self, parts: Parts, photos: PhotoSource | None, task: LightningModule) -> None:
        count = write_predictions(
            self.file, (entry["record"] for entry in parts.read() if entry["record"] is not None)
        )
        logger.info("predictions: %d images in %s", count, self.file)
        failures = write_failures(self.failures_file, parts.read())
        if failures:
            logger.warning(
                "%d %s could not be read; see %s\n  %s",
                len(failures),
                "photo" if len(failures) == 1 else "photos",
                self.failures_file,
                "\n  ".join(failures[:_SHOWN]),
            )
        if photos is not None and self.sheet:
            assert isinstance(task, MultiLabelTask)
            model = type(task).__name__
            if self.checkpoint is not None:
                model = f"{model}, {self.checkpoint.name}"
            sheet = ContactSheet(self.file, self.sheet_photos, self.sheet_page, model, len(photos))
            paths = dict(zip(photos.image_ids, photos.image_paths, strict=True))
            pages = sheet.write(parts.read(), paths)
            logger.info("contact sheet: %s", pages[0])
        parts.remove()

    def _plan(self, task: LightningModule, photos: PhotoSource | None) -> dict[str, Any] | None:
        """What decides the predictions; None where it is not known."""
        if photos is None or self.checkpoint is None or not self.checkpoint.is_file():
            return None
        with self.checkpoint.open("rb") as content:
            weights = hashlib.file_digest(content, "sha256").hexdigest()
        return {
            "format": _FORMAT,
            "checkpoint": weights,
            "photos": photos.fingerprint,
            "task": {name: getattr(task, name, None) for name in _DECIDING},
        }


def _photos(trainer: Trainer) -> PhotoSource | None:
    photos: PhotoSource | None = getattr(getattr(trainer, "datamodule", None), "photos", None)
    return photos
